//! Lengths, areas and distances of lines and polygons, and whether a point is in a polygon.

use super::points::points;
use super::shapes::{Lines, Polygons};
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, Kernel,
    ParameterType::{DynamicBag, Number},
    ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{Bool, Real};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;

static LINE: [Signature; 1] = [sig(&[p("lineString", DynamicBag)], Returns::Is(Real))];
static POLYGON: [Signature; 1] = [sig(&[p("polygon", DynamicBag)], Returns::Is(Real))];
static POINT_LINE: [Signature; 1] =
    [sig(&[p("longitude", Number), p("latitude", Number), p("lineString", DynamicBag)], Returns::Is(Real))];
static POINT_POLYGON: [Signature; 1] =
    [sig(&[p("longitude", Number), p("latitude", Number), p("polygon", DynamicBag)], Returns::Is(Real))];

macro_rules! measure {
    ($row:ident, $name:literal, $signatures:ident, $page:literal, $summary:literal, $eval:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: &$signatures,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: $eval,
        };
    };
}

measure!(
    LINE_LENGTH,
    "geo_line_length",
    LINE,
    "geo-line-length-function",
    "The length in metres of a line of GeoJSON.",
    Eval::Kernel(|call| {
        let lines = call.strings(0)?;
        kernel::reals(call.rows, |i| Some(Lines::parse(lines.get(i))?.length()))
    })
);
measure!(
    POLYGON_PERIMETER,
    "geo_polygon_perimeter",
    POLYGON,
    "geo-polygon-perimeter-function",
    "The length in metres of the edges of a polygon of GeoJSON.",
    Eval::Kernel(|call| of_polygons(call, Polygons::perimeter))
);
measure!(
    POLYGON_AREA,
    "geo_polygon_area",
    POLYGON,
    "geo-polygon-area-function",
    "The area in square metres of a polygon of GeoJSON.",
    Eval::Kernel(|call| of_polygons(call, Polygons::area))
);
measure!(
    DISTANCE_POINT_TO_LINE,
    "geo_distance_point_to_line",
    POINT_LINE,
    "geo-distance-point-to-line-function",
    "The metres between a point and a line of GeoJSON.",
    Eval::Compiled(|info| Ok(reals(info, Lines::parse, |lines, point| lines.distance(point))))
);
measure!(
    DISTANCE_POINT_TO_POLYGON,
    "geo_distance_point_to_polygon",
    POINT_POLYGON,
    "geo-distance-point-to-polygon-function",
    "The metres between a point and a polygon of GeoJSON, 0 inside.",
    Eval::Compiled(|info| Ok(reals(info, Polygons::parse, |polygons, point| polygons.distance(point))))
);

pub static POINT_IN_POLYGON: ScalarFunction = ScalarFunction {
    name: "geo_point_in_polygon",
    aliases: &[],
    signatures: &[sig(&[p("longitude", Number), p("latitude", Number), p("polygon", DynamicBag)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if a point is inside a GeoJSON polygon.",
    page: "geo-point-in-polygon-function",
    eval: Eval::Compiled(|info| {
        let constant = info.text(2).map(Polygons::parse);
        Ok(Box::new(move |call: &Call| {
            let (points, shapes) = (points::<1>(call)?, call.strings(2)?);
            kernel::bools(call.rows, |i| {
                let [point] = points(i)?;
                match &constant {
                    Some(polygons) => Some(polygons.as_ref()?.contains(point)),
                    None => Some(Polygons::parse(shapes.get(i))?.contains(point)),
                }
            })
        }))
    }),
};

/// A measure of polygons. Areas that two polygons share are measured once.
fn of_polygons(call: &Call, measure: fn(&Polygons) -> f64) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    let mut overlap = false;
    let result = kernel::reals(call.rows, |i| {
        let polygons = Polygons::parse(texts.get(i))?;
        let twice = super::overlap::counted_twice(&polygons);
        overlap |= twice.is_none();
        Some(measure(&polygons) - measure(&twice?))
    });
    if overlap { not_apart() } else { result }
}

/// The error for a measure of polygons that may overlap.
pub(super) fn not_apart() -> Result<ColumnarValue> {
    exec_err!("A MultiPolygon whose polygons overlap in this way is not supported.")
}

/// A measure of a point and a shape; a constant shape is parsed once.
fn reals<S: Send + Sync + 'static>(
    info: &CallInfo,
    parse: fn(&str) -> Option<S>,
    measure: fn(&S, super::sphere::Point) -> f64,
) -> Box<dyn Kernel> {
    let constant = info.text(2).map(parse);
    Box::new(move |call: &Call| -> Result<_> {
        let (points, shapes) = (points::<1>(call)?, call.strings(2)?);
        kernel::reals(call.rows, |i| {
            let [point] = points(i)?;
            match &constant {
                Some(shape) => Some(measure(shape.as_ref()?, point)),
                None => Some(measure(&parse(shapes.get(i))?, point)),
            }
        })
    })
}

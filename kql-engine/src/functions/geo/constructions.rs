//! Functions that create lines and polygons: buffers, unions, simplified shapes, coverings by hexagons.
//!
//! Kusto's corners of these shapes depend on the internals of a library and are not documented, so a query fails
//! at the first valid shape. An invalid shape returns null, as in Kusto, and so does a simplified shape that is
//! smaller than the tolerance. Consecutive lines are one line.

use super::chains::chain;
use super::shapes::{Lines, Polygons};
use super::sphere::{self, Point};
use crate::functions::kernel;
use crate::registry::{
    Call, Eval, Parameter,
    ParameterType::{DynamicArray, DynamicBag, Number},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::Dynamic;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;
use serde_json::Value;

static LINE_BUFFER_PARAMETERS: [Parameter; 3] =
    [p("lineString", DynamicBag), p("radius", Number), optional("tolerance", Number)];
static POLYGON_BUFFER_PARAMETERS: [Parameter; 3] =
    [p("polygon", DynamicBag), p("radius", Number), optional("tolerance", Number)];
static POINT_BUFFER_PARAMETERS: [Parameter; 4] =
    [p("longitude", Number), p("latitude", Number), p("radius", Number), optional("tolerance", Number)];
static SIMPLIFIED_LINE: [Parameter; 2] = [p("lineString", DynamicBag), optional("tolerance", Number)];
static SIMPLIFIED_POLYGON: [Parameter; 2] = [p("polygon", DynamicBag), optional("tolerance", Number)];
static SIMPLIFIED_POLYGONS: [Parameter; 2] = [p("polygons", DynamicArray), optional("tolerance", Number)];
static HEXAGONS: [Parameter; 3] =
    [p("polygon", DynamicBag), optional("resolution", Number), optional("radius", Number)];

macro_rules! construction {
    ($row:ident, $name:literal, $parameters:expr, $page:literal, $summary:literal, $valid:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: {
                static SIGNATURES: [Signature; 1] = [sig($parameters, Returns::Is(Dynamic))];
                &SIGNATURES
            },
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel(|call| stops_where(call, $name, $valid)),
        };
    };
}

construction!(
    LINE_BUFFER,
    "geo_line_buffer",
    &LINE_BUFFER_PARAMETERS,
    "geo-line-buffer-function",
    "Null where the line, the radius or the tolerance is invalid; stops otherwise.",
    |call| {
        let (texts, right) = (call.strings(0)?, buffers(call, 1)?);
        Ok(Box::new(move |i| right(i) && Lines::parse(texts.get(i)).is_some()))
    }
);
construction!(
    POLYGON_BUFFER,
    "geo_polygon_buffer",
    &POLYGON_BUFFER_PARAMETERS,
    "geo-polygon-buffer-function",
    "Null where the polygon, the radius or the tolerance is invalid; stops otherwise.",
    |call| {
        let (texts, right) = (call.strings(0)?, buffers(call, 1)?);
        Ok(Box::new(move |i| right(i) && Polygons::parse(texts.get(i)).is_some()))
    }
);
construction!(
    POINT_BUFFER,
    "geo_point_buffer",
    &POINT_BUFFER_PARAMETERS,
    "geo-point-buffer-function",
    "Null where the point, the radius or the tolerance is invalid; stops otherwise.",
    |call| {
        let (longitudes, latitudes, right) = (call.numbers(0)?, call.numbers(1)?, buffers(call, 2)?);
        Ok(Box::new(move |i| {
            let point = longitudes.get(i).zip(latitudes.get(i)).and_then(|(x, y)| Point::new(x, y));
            right(i) && point.is_some()
        }))
    }
);
construction!(
    LINE_SIMPLIFY,
    "geo_line_simplify",
    &SIMPLIFIED_LINE,
    "geo-line-simplify-function",
    "Null where the line or the tolerance is invalid; stops otherwise.",
    |call| {
        let (texts, right) = (call.strings(0)?, tolerances(call)?);
        let metres = metres(call)?;
        Ok(Box::new(move |i| {
            right(i) && Lines::parse(texts.get(i)).is_some_and(|l| !fits(l.0.iter().flatten(), metres(i)))
        }))
    }
);
construction!(
    POLYGON_SIMPLIFY,
    "geo_polygon_simplify",
    &SIMPLIFIED_POLYGON,
    "geo-polygon-simplify-function",
    "Null where the polygon or the tolerance is invalid; stops otherwise.",
    |call| {
        let (texts, right) = (call.strings(0)?, tolerances(call)?);
        let metres = metres(call)?;
        Ok(Box::new(move |i| right(i) && Polygons::parse(texts.get(i)).is_some_and(|p| !vanishes(&p, metres(i)))))
    }
);
construction!(
    SIMPLIFY_POLYGONS_ARRAY,
    "geo_simplify_polygons_array",
    &SIMPLIFIED_POLYGONS,
    "geo-simplify-polygons-array-function",
    "Null where a polygon or the tolerance is invalid; stops otherwise.",
    |call| {
        let (texts, right) = (call.strings(0)?, tolerances(call)?);
        let metres = metres(call)?;
        Ok(Box::new(move |i| {
            let shapes = all(texts.get(i), Polygons::parse);
            right(i) && shapes.is_some_and(|shapes| !shapes.iter().all(|p| vanishes(p, metres(i))))
        }))
    }
);
construction!(
    UNION_POLYGONS_ARRAY,
    "geo_union_polygons_array",
    &[p("polygons", DynamicArray)],
    "geo-union-polygons-array-function",
    "Null where a polygon is invalid; stops otherwise.",
    |call| {
        let texts = call.strings(0)?;
        Ok(Box::new(move |i| all(texts.get(i), Polygons::parse).is_some()))
    }
);

pub static UNION_LINES_ARRAY: ScalarFunction = ScalarFunction {
    name: "geo_union_lines_array",
    aliases: &[],
    signatures: &[sig(&[p("lineStrings", DynamicArray)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "Joins lines that follow one another into one; null if a line is invalid. The query stops if they do \
              not follow one another.",
    page: "geo-union-lines-array-function",
    eval: Eval::Kernel(|call| {
        let texts = call.strings(0)?;
        let mut unknown = false;
        let result = kernel::texts(call.rows, |i, out| {
            let Some(lines) = all(texts.get(i), Lines::parse) else { return false };
            match chain(&lines) {
                Some(corners) => sphere::lines(&[corners], out),
                None => unknown = true,
            }
            !unknown
        });
        if unknown { corners_unknown("geo_union_lines_array") } else { result }
    }),
};

construction!(
    POLYGON_TO_H3CELLS,
    "geo_polygon_to_h3cells",
    &HEXAGONS,
    "geo-polygon-to-h3cells-function",
    "Null where the polygon or the resolution is invalid; stops otherwise.",
    |call| {
        let texts = call.strings(0)?;
        let levels = if call.len() > 1 { Some(call.numbers(1)?) } else { None };
        Ok(Box::new(move |i| {
            let level = levels.as_ref().map_or(Some(6.0), |l| l.get(i));
            level.is_some_and(|l| (0.0..=15.0).contains(&l)) && Polygons::parse(texts.get(i)).is_some()
        }))
    }
);

/// Whether the arguments of a row are valid.
type Valid<'a> = Box<dyn Fn(usize) -> bool + 'a>;

fn stops_where(call: &Call, name: &str, valid: for<'a> fn(&Call<'a>) -> Result<Valid<'a>>) -> Result<ColumnarValue> {
    let valid = valid(call)?;
    if (0..call.rows).any(&valid) {
        return corners_unknown(name);
    }
    kernel::texts(call.rows, |_, _| false)
}

fn corners_unknown(name: &str) -> Result<ColumnarValue> {
    exec_err!("{name}() is not supported, because the exact shape of Kusto's result is not documented.")
}

/// Valid if the radius is greater than 0, and the tolerance too, if there is one.
fn buffers<'a>(call: &Call<'a>, radius: usize) -> Result<Valid<'a>> {
    let radii = call.numbers(radius)?;
    let tolerances = if call.len() > radius + 1 { Some(call.numbers(radius + 1)?) } else { None };
    Ok(Box::new(move |i| {
        radii.get(i).is_some_and(|r| r > 0.0) && tolerances.as_ref().is_none_or(|t| t.get(i).is_some_and(|t| t > 0.0))
    }))
}

/// Valid if the tolerance of the simplified shape, in metres, is greater than 0 or missing.
fn tolerances<'a>(call: &Call<'a>) -> Result<Valid<'a>> {
    let tolerances = if call.len() > 1 { Some(call.numbers(1)?) } else { None };
    Ok(Box::new(move |i| tolerances.as_ref().is_none_or(|t| t.get(i).is_some_and(|t| t > 0.0))))
}

/// The default tolerance of a simplified shape, in metres.
const TOLERANCE: f64 = 10.0;

/// The tolerance of each row.
fn metres<'a>(call: &Call<'a>) -> Result<impl Fn(usize) -> f64 + 'a> {
    let tolerances = if call.len() > 1 { Some(call.numbers(1)?) } else { None };
    Ok(move |i| tolerances.as_ref().map_or(Some(TOLERANCE), |t| t.get(i)).unwrap_or(TOLERANCE))
}

/// Whether no two corners are farther apart than this. The corners compared in pairs are those of one shape, and
/// there are few of them if all are near the first.
fn fits<'p>(corners: impl Iterator<Item = &'p Point>, metres: f64) -> bool {
    let corners: Vec<&Point> = corners.collect();
    let Some((first, rest)) = corners.split_first() else { return true };
    // if all are within half the distance from the first, they are within the distance from each other
    let near = rest.iter().all(|corner| first.distance(**corner) <= metres / 2.0);
    near || corners.iter().enumerate().all(|(n, a)| corners.iter().skip(n + 1).all(|b| a.distance(**b) <= metres))
}

/// Whether every polygon of a shape is smaller than the tolerance.
fn vanishes(polygons: &Polygons, metres: f64) -> bool {
    polygons.0.iter().all(|rings| fits(rings.iter().take(1).flatten(), metres))
}

/// The elements of an array; `None` if it is empty, or an element is invalid.
fn all<S>(text: &str, parse: fn(&str) -> Option<S>) -> Option<Vec<S>> {
    match serde_json::from_str::<Value>(text) {
        Ok(Value::Array(items)) if !items.is_empty() => items.iter().map(|item| parse(&item.to_string())).collect(),
        _ => None,
    }
}

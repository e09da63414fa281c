//! Points on lines and polygons: the nearest one, the middle, and those at a share of a line's length.

use super::arcs;
use super::measures::not_apart;
use super::points::points;
use super::shapes::{self, Last, Lines, Polygons};
use super::sphere::{self, Point};
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicBag, Number, NumberOrBool},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Dynamic, Real};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;

pub static CLOSEST_POINT_ON_LINE: ScalarFunction = ScalarFunction {
    name: "geo_closest_point_on_line",
    aliases: &[],
    signatures: &[sig(
        &[p("longitude", Number), p("latitude", Number), p("lineString", DynamicBag)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "The point on a GeoJSON line that is nearest to a given point.",
    page: "geo-closest-point-on-line-function",
    eval: Eval::Kernel(|call| {
        let (points, texts) = (points::<1>(call)?, call.strings(2)?);
        let mut last = Last::new(Lines::parse);
        located(call.rows, |i| {
            let [point] = points(i)?;
            shapes::nearest(point, last.get(texts.get(i))?.edges())
        })
    }),
};

pub static CLOSEST_POINT_ON_POLYGON: ScalarFunction = ScalarFunction {
    name: "geo_closest_point_on_polygon",
    aliases: &[],
    signatures: &[sig(
        &[p("longitude", Number), p("latitude", Number), p("polygon", DynamicBag)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "The point of a GeoJSON polygon that is nearest to a given point; for a point inside, the point \
              itself.",
    page: "geo-closest-point-on-polygon-function",
    eval: Eval::Kernel(|call| {
        let (points, texts) = (points::<1>(call)?, call.strings(2)?);
        let mut last = Last::new(Polygons::parse);
        located(call.rows, |i| {
            let [point] = points(i)?;
            let polygons = last.get(texts.get(i))?;
            if polygons.contains(point) { Some(point) } else { shapes::nearest(point, polygons.edges()) }
        })
    }),
};

pub static LINE_CENTROID: ScalarFunction = ScalarFunction {
    name: "geo_line_centroid",
    aliases: &[],
    signatures: &[sig(&[p("lineString", DynamicBag)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The centroid of a GeoJSON line.",
    page: "geo-line-centroid-function",
    eval: Eval::Kernel(|call| {
        let texts = call.strings(0)?;
        located(call.rows, |i| Lines::parse(texts.get(i))?.centroid())
    }),
};

pub static POLYGON_CENTROID: ScalarFunction = ScalarFunction {
    name: "geo_polygon_centroid",
    aliases: &[],
    signatures: &[sig(&[p("polygon", DynamicBag)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The centroid of a GeoJSON polygon.",
    page: "geo-polygon-centroid-function",
    eval: Eval::Kernel(|call| {
        let texts = call.strings(0)?;
        let mut overlap = false;
        let result = located(call.rows, |i| {
            let polygons = Polygons::parse(texts.get(i))?;
            let twice = super::overlap::counted_twice(&polygons);
            overlap |= twice.is_none();
            arcs::unit(arcs::add_scaled(polygons.moment(), -1.0, twice?.moment())).map(Point::of)
        });
        if overlap { not_apart() } else { result }
    }),
};

pub static LINE_INTERPOLATE_POINT: ScalarFunction = ScalarFunction {
    name: "geo_line_interpolate_point",
    aliases: &[],
    signatures: &[sig(&[p("lineString", DynamicBag), p("fraction", Number)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The point at a fraction (0 to 1) of the length of a GeoJSON line.",
    page: "geo-line-interpolate-point-function",
    eval: Eval::Kernel(|call| {
        let (texts, fractions) = (call.strings(0)?, call.numbers(1)?);
        let mut last = Last::new(single);
        located(call.rows, |i| {
            let fraction = fractions.get(i).filter(|f| (0.0..=1.0).contains(f))?;
            interpolate(last.get(texts.get(i))?, fraction)
        })
    }),
};

pub static LINE_LOCATE_POINT: ScalarFunction = ScalarFunction {
    name: "geo_line_locate_point",
    aliases: &[],
    signatures: &[sig(
        &[
            p("lineString", DynamicBag),
            p("longitude", Number),
            p("latitude", Number),
            optional("use_spheroid", NumberOrBool),
        ],
        Returns::Is(Real),
    )],
    result_name: ResultName::None,
    summary: "The fraction (0 to 1) of a line's length at which the line is nearest to a point.",
    page: "geo-line-locate-point-function",
    eval: Eval::Kernel(locate),
};

/// Points as GeoJSON.
fn located(rows: usize, mut find: impl FnMut(usize) -> Option<Point>) -> Result<ColumnarValue> {
    kernel::texts(rows, |i, out| find(i).map(|point| sphere::point(point, out)).is_some())
}

/// A single line.
fn single(text: &str) -> Option<Vec<Point>> {
    let mut lines = Lines::parse(text)?.0;
    if lines.len() == 1 { lines.pop() } else { None }
}

fn interpolate(line: &[Point], fraction: f64) -> Option<Point> {
    let edges = || line.iter().zip(line.iter().skip(1)).map(|(a, b)| (a.vector(), b.vector()));
    let mut left = fraction * edges().map(|(a, b)| arcs::angle(a, b)).sum::<f64>();
    for (a, b) in edges() {
        let angle = arcs::angle(a, b);
        if left < angle {
            return Some(Point::of(arcs::along(a, b, left)));
        }
        left -= angle;
    }
    line.last().copied()
}

fn locate(call: &Call) -> Result<ColumnarValue> {
    let (texts, longitudes, latitudes) = (call.strings(0)?, call.numbers(1)?, call.numbers(2)?);
    let (flags, numbers) = match call.types.get(3) {
        Some(Bool) => (Some(call.bools(3)?), None),
        Some(_) => (None, Some(call.numbers(3)?)),
        None => (None, None),
    };
    let mut spheroid = false;
    let mut last = Last::new(single);
    let result = kernel::reals(call.rows, |i| {
        spheroid |= match (&flags, &numbers) {
            (Some(flags), _) => flags.get(i)?,
            (_, Some(numbers)) => numbers.get(i)? != 0.0,
            _ => false,
        };
        let line = last.get(texts.get(i))?;
        let point = Point::new(longitudes.get(i)?, latitudes.get(i)?)?.vector();
        let (mut before, mut best) = (0.0, (f64::INFINITY, 0.0));
        for (a, b) in line.iter().zip(line.iter().skip(1)).map(|(a, b)| (a.vector(), b.vector())) {
            let place = arcs::nearest(point, a, b);
            let away = arcs::angle(point, place);
            if away < best.0 {
                best = (away, before + arcs::angle(a, place));
            }
            before += arcs::angle(a, b);
        }
        Some((best.1 / before).min(1.0))
    });
    if spheroid {
        return exec_err!(
            "geo_line_locate_point() on a spheroid is not supported; omit use_spheroid to compute on a sphere."
        );
    }
    result
}

//! `geo_line_densify()`, `geo_polygon_densify()`
//!
//! An edge that is straight on a map of longitudes and latitudes is halved until none of its parts is farther than the
//! tolerance from the great circle between its ends, as in S2's tessellation of edges.

use super::arcs;
use super::shapes::{self, Polygons};
use super::sphere::{self, Point, RADIUS, Vector};
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicBag, Number, NumberOrBool},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Bool, Dynamic};
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;
use serde_json::Value;

pub static LINE_DENSIFY: ScalarFunction = ScalarFunction {
    name: "geo_line_densify",
    aliases: &[],
    signatures: &[sig(
        &[p("lineString", DynamicBag), optional("tolerance", Number), optional("preserve_crossing", NumberOrBool)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "Adds points to a GeoJSON line so that its great-circle edges stay close to straight edges on a map.",
    page: "geo-line-densify-function",
    eval: Eval::Kernel(|call| densified(call, "geo_line_densify", line)),
};

pub static POLYGON_DENSIFY: ScalarFunction = ScalarFunction {
    name: "geo_polygon_densify",
    aliases: &[],
    signatures: &[sig(
        &[p("polygon", DynamicBag), optional("tolerance", Number), optional("preserve_crossing", NumberOrBool)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "Adds points to a GeoJSON polygon so that its great-circle edges stay close to straight edges on a \
              map.",
    page: "geo-polygon-densify-function",
    eval: Eval::Kernel(|call| densified(call, "geo_polygon_densify", polygon)),
};

/// The result for a shape.
enum Densified {
    Done,
    Invalid,
    /// Kusto's result for it is not documented.
    Unknown,
}

/// The maximum number of points of a result.
const MOST: usize = 10_485_760;

fn densified(call: &Call, name: &str, run: fn(&str, f64, &mut String) -> Densified) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    let tolerances = if call.len() > 1 { Some(call.numbers(1)?) } else { None };
    let (flags, numbers) = match call.types.get(2) {
        Some(Bool) => (Some(call.bools(2)?), None),
        Some(_) => (None, Some(call.numbers(2)?)),
        None => (None, None),
    };
    let mut unknown = false;
    let result = kernel::texts(call.rows, |i, out| {
        let tolerance = tolerances.as_ref().map_or(Some(10.0), |t| t.get(i)).filter(|t| (0.1..=10_000.0).contains(t));
        let Some(tolerance) = tolerance else { return false };
        unknown |= flags.as_ref().is_some_and(|f| f.get(i) != Some(false));
        unknown |= numbers.as_ref().is_some_and(|n| n.get(i) != Some(0.0));
        match run(texts.get(i), tolerance / RADIUS, out) {
            Densified::Done => true,
            Densified::Invalid => false,
            Densified::Unknown => {
                unknown = true;
                false
            }
        }
    });
    if unknown {
        return exec_err!(
            "{name}() is not supported for shapes with several parts or holes, or across the antimeridian."
        );
    }
    result
}

/// A line, or several. A longitude beyond the antimeridian is kept: the edge goes the long way, and the result is
/// cut where it crosses the antimeridian.
fn line(json: &str, tolerance: f64, out: &mut String) -> Densified {
    let Some((written, several)) = written_lines(json) else { return Densified::Invalid };
    let mut lines: Vec<Vec<Point>> = Vec::new();
    for points in &written {
        let Some(places) = tessellated(points, tolerance) else { return Densified::Invalid };
        lines.push(Vec::new());
        let mut last: Option<(Point, Vector)> = None;
        for place in places {
            let point = Point::of(place);
            if let Some((before, from)) = last
                && (before.longitude - point.longitude).abs() > 180.0
            {
                let latitude = if several { None } else { at_antimeridian(from, place) };
                let Some(latitude) = latitude else { return Densified::Unknown };
                let edge = BEFORE_THE_END.copysign(before.longitude);
                lines.last_mut().into_iter().for_each(|l| l.push(Point { longitude: edge, latitude }));
                lines.push(vec![Point { longitude: -edge, latitude }]);
            }
            lines.last_mut().into_iter().for_each(|l| l.push(point));
            last = Some((point, place));
        }
    }
    match lines.as_slice() {
        [_] if several => return Densified::Unknown,
        lines => sphere::lines(lines, out),
    }
    Densified::Done
}

/// The points of lines as they are written, and whether the text is a `MultiLineString`.
fn written_lines(json: &str) -> Option<(Vec<Vec<Point>>, bool)> {
    let value: Value = serde_json::from_str(json).ok()?;
    let coordinates = value.get("coordinates")?;
    let position = |value: &Value| match value.as_array()?.as_slice() {
        [longitude, latitude, ..] => {
            let point = Point { longitude: longitude.as_f64()?, latitude: latitude.as_f64()? };
            (point.longitude.abs() <= 360.0 && point.latitude.abs() <= 90.0).then_some(point)
        }
        _ => None,
    };
    let line = |value: &Value| {
        let mut points = value.as_array()?.iter().map(position).collect::<Option<Vec<_>>>()?;
        points.dedup();
        (points.len() >= 2).then_some(points)
    };
    match value.get("type")?.as_str()? {
        "LineString" => Some((vec![line(coordinates)?], false)),
        "MultiLineString" => {
            let lines = coordinates.as_array()?.iter().map(line).collect::<Option<Vec<_>>>()?;
            (!lines.is_empty()).then_some((lines, true))
        }
        _ => None,
    }
}

/// The longitude where a line is cut at the antimeridian.
const BEFORE_THE_END: f64 = 179.999_999_999_999;

/// The latitude at which an edge crosses the antimeridian.
fn at_antimeridian(from: Vector, to: Vector) -> Option<f64> {
    let place = arcs::unit(arcs::cross(arcs::cross(from, to), [0.0, 1.0, 0.0]))?;
    let place = if place[0] > 0.0 { place.map(|x| -x) } else { place };
    Some(Point::of(place).latitude)
}

/// A polygon of one ring. Its corners are counterclockwise: a clockwise ring is reversed.
fn polygon(json: &str, tolerance: f64, out: &mut String) -> Densified {
    let Some(Polygons(polygons)) = Polygons::parse(json) else { return Densified::Invalid };
    let [rings] = polygons.as_slice() else { return Densified::Unknown };
    let [ring] = rings.as_slice() else { return Densified::Unknown };
    let longitudes = ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| b.longitude - a.longitude);
    if { longitudes }.any(|l| l.abs() > 180.0) {
        return Densified::Unknown;
    }
    let mut ring = shapes::counterclockwise(ring);
    ring.extend(ring.first().copied());
    let Some(places) = tessellated(&ring, tolerance) else { return Densified::Invalid };
    let points: Vec<Point> = places.into_iter().map(Point::of).collect();
    out.push_str("{\"type\":\"Polygon\",\"coordinates\":[");
    sphere::positions(&points, out);
    out.push_str("]}");
    Densified::Done
}

/// The points of the edges' parts; `None` if there are too many.
fn tessellated(points: &[Point], tolerance: f64) -> Option<Vec<Vector>> {
    let mut places: Vec<Vector> = points.first().map(|p| p.vector()).into_iter().collect();
    for (a, b) in points.iter().zip(points.iter().skip(1)) {
        halve((*a, a.vector()), (*b, b.vector()), SCALE * tolerance, 60, &mut places)?;
    }
    Some(places)
}

/// The share of an edge at which the distance is measured, and the factor for the greatest distance there: S2's constants.
const MEASURED_AT: f64 = 0.312_156_910_822_482_3;
const SCALE: f64 = 0.838_299_925_698_885_1;

fn halve(a: (Point, Vector), b: (Point, Vector), tolerance: f64, depth: u32, places: &mut Vec<Vector>) -> Option<()> {
    let on_map = |share: f64| Point {
        longitude: a.0.longitude * (1.0 - share) + b.0.longitude * share,
        latitude: a.0.latitude * (1.0 - share) + b.0.latitude * share,
    };
    let distance = |share: f64| {
        let between = arcs::along(a.1, b.1, arcs::angle(a.1, b.1) * share);
        arcs::angle(between, on_map(share).vector())
    };
    let far = arcs::dot(a.1, b.1) < -1e-14;
    if depth == 0 || !far && distance(MEASURED_AT).max(distance(1.0 - MEASURED_AT)) <= tolerance {
        places.push(b.1);
        return (places.len() <= MOST).then_some(());
    }
    let middle = on_map(0.5);
    let middle = (middle, middle.vector());
    halve(a, middle, tolerance, depth - 1, places)?;
    halve(middle, b, tolerance, depth - 1, places)
}

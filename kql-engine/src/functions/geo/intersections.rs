//! `geo_intersection_2lines()`, `geo_intersection_2polygons()`, `geo_intersection_line_with_polygon()`
//!
//! What two shapes have in common. The query fails if only the order of the parts is not documented, and if the
//! shapes share edges or touch within them.

use super::arcs::{self, Intersection};
use super::meetings::{Shape, meetings, unclear};
use super::overlap::{Common, common};
use super::shapes::{self, Last, Lines, Polygons};
use super::sphere::{self, Point};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::DynamicBag, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static INTERSECTION_2LINES: ScalarFunction = ScalarFunction {
    name: "geo_intersection_2lines",
    aliases: &[],
    signatures: &[sig(&[p("lineString1", DynamicBag), p("lineString2", DynamicBag)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The intersection of two GeoJSON lines.",
    page: "geo-intersection-2lines-function",
    eval: Eval::Kernel(|call| intersection(call, Lines::parse, Lines::parse, of_lines)),
};

pub static INTERSECTION_2POLYGONS: ScalarFunction = ScalarFunction {
    name: "geo_intersection_2polygons",
    aliases: &[],
    signatures: &[sig(&[p("polygon1", DynamicBag), p("polygon2", DynamicBag)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The intersection of two GeoJSON polygons.",
    page: "geo-intersection-2polygons-function",
    eval: Eval::Kernel(|call| intersection(call, Polygons::parse, Polygons::parse, of_polygons)),
};

pub static INTERSECTION_LINE_WITH_POLYGON: ScalarFunction = ScalarFunction {
    name: "geo_intersection_line_with_polygon",
    aliases: &[],
    signatures: &[sig(&[p("lineString", DynamicBag), p("polygon", DynamicBag)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The parts of a GeoJSON line that are inside a polygon.",
    page: "geo-intersection-line-with-polygon-function",
    eval: Eval::Kernel(|call| intersection(call, Shape::line, Shape::polygon, line_inside)),
};

/// What shapes have in common; `None` if it cannot be determined.
type Parts = Option<Vec<Part>>;

enum Part {
    Point(Point),
    Line(Vec<Point>),
    /// Its corners, without repeating the first one.
    Ring(Vec<Point>),
}

/// An invalid shape returns null.
fn intersection<A, B>(
    call: &Call,
    one: fn(&str) -> Option<A>,
    other: fn(&str) -> Option<B>,
    run: fn(&A, &B) -> Parts,
) -> Result<ColumnarValue> {
    let (ones, others) = (call.strings(0)?, call.strings(1)?);
    let (mut one, mut other) = (Last::new(one), Last::new(other));
    let mut stop = false;
    let result = kernel::texts(call.rows, |i, out| {
        let (Some(one), Some(other)) = (one.get(ones.get(i)), other.get(others.get(i))) else { return false };
        match run(one, other) {
            Some(parts) => write(&parts, out),
            None => stop = true,
        }
        !stop
    });
    if stop { unclear() } else { result }
}

fn write(parts: &[Part], out: &mut String) {
    if let [Part::Line(_), Part::Line(_), ..] = parts {
        let lines = parts.iter().filter_map(|part| if let Part::Line(points) = part { Some(points) } else { None });
        return sphere::lines(&lines.collect::<Vec<_>>(), out);
    }
    if let [part] = parts {
        return single(part, out);
    }
    out.push_str("{\"type\":\"GeometryCollection\",\"geometries\":");
    write::list(parts, out, single);
    out.push('}');
}

fn single(part: &Part, out: &mut String) {
    match part {
        Part::Point(point) => sphere::point(*point, out),
        Part::Ring(corners) => sphere::ring(corners, out),
        Part::Line(points) => sphere::lines(&[points], out),
    }
}

fn of_lines(one: &Lines, other: &Lines) -> Parts {
    if let ([a], [b]) = (one.0.as_slice(), other.0.as_slice())
        && a == b
        && a.len() == 2
    {
        return Some(vec![Part::Line(a.clone())]);
    }
    let (ones, others): (Vec<_>, Vec<_>) = (one.edges().collect(), other.edges().collect());
    let mut places: Vec<Point> = Vec::new();
    for (i, j, meeting) in meetings(&ones, &others) {
        let (a, b) = (ones.get(i)?, others.get(j)?);
        let place = match meeting {
            Intersection::Cross => Point::of(arcs::crossing(*a, *b)?),
            Intersection::Corner => {
                let mut shared = [a.0, a.1].into_iter().filter(|p| *p == b.0 || *p == b.1);
                let corner = shared.next()?;
                if shared.next().is_some() || along_each_other(*a, *b) {
                    return None;
                }
                corner
            }
            Intersection::Unclear | Intersection::Apart => return None,
        };
        if !places.contains(&place) {
            places.push(place);
        }
    }
    match places.as_slice() {
        [] => Some(Vec::new()),
        [place] => Some(vec![Part::Point(*place)]),
        // the order of several points is not documented
        _ => None,
    }
}

/// Whether edges that share an end are on one great circle.
fn along_each_other(one: arcs::Edge, other: arcs::Edge) -> bool {
    let normal = |(a, b): arcs::Edge| arcs::unit(arcs::cross(a.vector(), b.vector())).unwrap_or([0.0; 3]);
    arcs::length(arcs::cross(normal(one), normal(other))) < 1e-14
}

/// The parts of one line inside of a polygon, in their order along the line.
fn line_inside(shape: &Shape, area: &Shape) -> Parts {
    if shape.meets(area)? {
        let (Shape::Line(lines), Shape::Polygon(polygons)) = (shape, area) else { return None };
        let edges: Vec<_> = polygons.edges().collect();
        let [line] = lines.0.as_slice() else { return None };
        if !polygons.are_apart() {
            return None;
        }
        let mut parts: Vec<Vec<Point>> = Vec::new();
        let mut inside = polygons.contains(*line.first()?);
        if inside {
            parts.push(vec![*line.first()?]);
        }
        for (a, b) in line.iter().zip(line.iter().skip(1)) {
            let mut crossings = Vec::new();
            for (_, j, meeting) in meetings(&[(*a, *b)], &edges) {
                if meeting != Intersection::Cross {
                    return None;
                }
                let place = arcs::crossing((*a, *b), *edges.get(j)?)?;
                crossings.push((arcs::angle(a.vector(), place), Point::of(place)));
            }
            crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
            for (_, place) in crossings {
                inside = !inside;
                if inside {
                    parts.push(vec![place]);
                } else {
                    parts.last_mut()?.push(place);
                }
            }
            if inside {
                parts.last_mut()?.push(*b);
            }
        }
        return Some(parts.into_iter().map(Part::Line).collect());
    }
    Some(Vec::new())
}

/// Pairs of polygons without holes. A result exists only if no pair has more in common than one corner or one area.
fn of_polygons(one: &Polygons, other: &Polygons) -> Parts {
    let (mut corner, mut surface) = (None, None);
    if !one.are_apart() || !other.are_apart() {
        return None;
    }
    for a in &one.0 {
        for b in &other.0 {
            let ([a, a_holes @ ..], [b, b_holes @ ..]) = (a.as_slice(), b.as_slice()) else { return None };
            let (a, b) = (shapes::counterclockwise(a), shapes::counterclockwise(b));
            match common(&a, &b) {
                Common::Nothing => {}
                _ if !a_holes.is_empty() || !b_holes.is_empty() => return None,
                Common::Unclear => return None,
                Common::Corner(point) => {
                    if corner.replace(point).is_some_and(|p| p != point) {
                        return None;
                    }
                }
                Common::Rings(mut rings) => {
                    let ring = rings.pop()?;
                    if !rings.is_empty() || surface.replace(ring).is_some() {
                        return None;
                    }
                }
            }
        }
    }
    let parts = corner.map(Part::Point).into_iter().chain(surface.map(Part::Ring));
    Some(parts.collect())
}

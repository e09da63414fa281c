//! `geo_intersects_2lines()`, `geo_intersects_2polygons()`, `geo_intersects_line_with_polygon()`
//!
//! Shapes that touch at a corner intersect. If two edges come so near to each other that it is not certain whether they
//! touch, the query fails.

use super::arcs::{self, Edge, Intersection, Reach};
use super::shapes::{Last, Lines, Polygons};
use super::sphere::Point;
use crate::budget;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::DynamicBag, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Bool;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;

pub static INTERSECTS_2LINES: ScalarFunction = ScalarFunction {
    name: "geo_intersects_2lines",
    aliases: &[],
    signatures: &[sig(&[p("lineString1", DynamicBag), p("lineString2", DynamicBag)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if two GeoJSON lines have a point in common.",
    page: "geo-intersects-2lines-function",
    eval: Eval::Kernel(|call| intersects(call, Shape::line, Shape::line)),
};

pub static INTERSECTS_2POLYGONS: ScalarFunction = ScalarFunction {
    name: "geo_intersects_2polygons",
    aliases: &[],
    signatures: &[sig(&[p("polygon1", DynamicBag), p("polygon2", DynamicBag)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if two GeoJSON polygons have a point in common.",
    page: "geo-intersects-2polygons-function",
    eval: Eval::Kernel(|call| intersects(call, Shape::polygon, Shape::polygon)),
};

pub static INTERSECTS_LINE_WITH_POLYGON: ScalarFunction = ScalarFunction {
    name: "geo_intersects_line_with_polygon",
    aliases: &[],
    signatures: &[sig(&[p("lineString", DynamicBag), p("polygon", DynamicBag)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if a GeoJSON line and a GeoJSON polygon have a point in common.",
    page: "geo-intersects-line-with-polygon-function",
    eval: Eval::Kernel(|call| intersects(call, Shape::line, Shape::polygon)),
};

/// A line or a polygon.
pub(super) enum Shape {
    Line(Lines),
    Polygon(Polygons),
}

impl Shape {
    pub fn line(text: &str) -> Option<Shape> {
        Lines::parse(text).map(Shape::Line)
    }

    pub fn polygon(text: &str) -> Option<Shape> {
        Polygons::parse(text).map(Shape::Polygon)
    }

    pub fn edges(&self) -> Vec<Edge> {
        match self {
            Shape::Line(lines) => lines.edges().collect(),
            Shape::Polygon(polygons) => polygons.edges().collect(),
        }
    }

    /// One point of each part.
    fn starts(&self) -> Vec<Point> {
        match self {
            Shape::Line(lines) => lines.0.iter().filter_map(|line| line.first().copied()).collect(),
            Shape::Polygon(polygons) => polygons.0.iter().filter_map(|rings| rings.first()?.first().copied()).collect(),
        }
    }

    pub fn contains(&self, point: Point) -> bool {
        match self {
            Shape::Line(_) => false,
            Shape::Polygon(polygons) => polygons.contains(point),
        }
    }

    /// Whether they have a point in common; `None` if that cannot be determined.
    pub fn meets(&self, other: &Shape) -> Option<bool> {
        let mut unclear = false;
        for meeting in meetings(&self.edges(), &other.edges()) {
            match meeting.2 {
                Intersection::Cross | Intersection::Corner => return Some(true),
                Intersection::Unclear => unclear = true,
                Intersection::Apart => {}
            }
        }
        if self.starts().into_iter().any(|point| other.contains(point))
            || other.starts().into_iter().any(|point| self.contains(point))
        {
            return Some(true);
        }
        if unclear { None } else { Some(false) }
    }
}

/// The pairs of edges that meet, by their indices, and how.
pub(super) fn meetings(one: &[Edge], other: &[Edge]) -> impl Iterator<Item = (usize, usize, Intersection)> {
    let others: Vec<(Edge, Reach)> = other.iter().map(|edge| (*edge, Reach::of(*edge))).collect();
    let mut pairs = Vec::new();
    for (i, a) in one.iter().enumerate() {
        if budget::check().is_err() {
            break;
        }
        let reach = Reach::of(*a);
        for (j, (b, _)) in others.iter().enumerate().filter(|(_, (_, r))| r.meets(reach)) {
            let meeting = arcs::meeting(*a, *b);
            if meeting != Intersection::Apart {
                pairs.push((i, j, meeting));
            }
        }
    }
    pairs.into_iter()
}

/// The error if it cannot be determined how shapes meet.
pub(super) fn unclear() -> Result<ColumnarValue> {
    exec_err!("The shapes touch along their edges, so whether they intersect cannot be decided exactly.")
}

fn intersects(call: &Call, one: fn(&str) -> Option<Shape>, other: fn(&str) -> Option<Shape>) -> Result<ColumnarValue> {
    let (ones, others) = (call.strings(0)?, call.strings(1)?);
    let (mut one, mut other) = (Last::new(one), Last::new(other));
    let mut stop = false;
    let result = kernel::bools(call.rows, |i| {
        let meets = one.get(ones.get(i))?.meets(other.get(others.get(i))?);
        stop |= meets.is_none();
        meets
    });
    if stop { unclear() } else { result }
}

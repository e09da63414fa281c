//! Lines and polygons of GeoJSON, with edges along great circles.

use super::arcs::{self, Edge, Intersection, Reach};
use super::sphere::{Point, RADIUS, Vector};
use serde_json::Value;
use std::f64::consts::{PI, TAU};

/// One or several lines, or a polygon's rings, each as its points.
#[derive(Debug)]
pub struct Lines(pub Vec<Vec<Point>>);

/// Polygons: each an outer ring and holes. The last point of a ring, which equals the first, is omitted.
#[derive(Debug)]
pub struct Polygons(pub Vec<Vec<Vec<Point>>>);

impl Lines {
    /// Parses a `LineString` or `MultiLineString`; `None` if it is not valid.
    pub fn parse(json: &str) -> Option<Lines> {
        let value: Value = serde_json::from_str(json).ok()?;
        let coordinates = value.get("coordinates")?;
        let lines = match value.get("type")?.as_str()? {
            "LineString" => vec![line(coordinates)?],
            "MultiLineString" => coordinates.as_array()?.iter().map(line).collect::<Option<Vec<_>>>()?,
            _ => return None,
        };
        (!lines.is_empty()).then_some(Lines(lines))
    }

    /// Its edges.
    pub fn edges(&self) -> impl Iterator<Item = Edge> {
        self.0.iter().flat_map(|line| line.iter().zip(line.iter().skip(1)).map(|(a, b)| (*a, *b)))
    }

    /// Its length in metres.
    pub fn length(&self) -> f64 {
        self.edges().map(|(a, b)| a.distance(b)).sum()
    }

    /// The distance to a point in metres.
    pub fn distance(&self, point: Point) -> f64 {
        self.edges().map(|(a, b)| to_edge(point, a, b)).fold(f64::INFINITY, f64::min)
    }

    /// The middle of its length, on the sphere.
    pub fn centroid(&self) -> Option<Point> {
        let sum = self.edges().fold([0.0; 3], |sum, (a, b)| {
            let both = arcs::add_scaled(a.vector(), 1.0, b.vector());
            let apart = arcs::length(arcs::add_scaled(a.vector(), -1.0, b.vector()));
            arcs::add_scaled(sum, apart / arcs::length(both).max(f64::MIN_POSITIVE), both)
        });
        arcs::unit(sum).map(Point::of)
    }
}

/// The last parsed shape: a shape is parsed only if its text differs from that of the row before, so a constant is parsed
/// once.
pub struct Last<'t, S> {
    parse: fn(&str) -> Option<S>,
    text: Option<&'t str>,
    shape: Option<S>,
}

impl<'t, S> Last<'t, S> {
    /// With nothing parsed yet.
    pub fn new(parse: fn(&str) -> Option<S>) -> Last<'t, S> {
        Last { parse, text: None, shape: None }
    }

    /// The shape of a text; `None` if it is not valid.
    pub fn get(&mut self, text: &'t str) -> Option<&S> {
        if !self.text.is_some_and(|last| std::ptr::eq(last, text) || last == text) {
            self.shape = (self.parse)(text);
            self.text = Some(text);
        }
        self.shape.as_ref()
    }
}

/// The point on the edges that is nearest to another point.
pub fn nearest(point: Point, edges: impl Iterator<Item = Edge>) -> Option<Point> {
    let point = point.vector();
    let places = edges.map(|(a, b)| arcs::nearest(point, a.vector(), b.vector()));
    places.min_by(|a, b| arcs::angle(point, *a).total_cmp(&arcs::angle(point, *b))).map(Point::of)
}

impl Polygons {
    /// Parses a `Polygon` or `MultiPolygon`; `None` if it is not valid.
    pub fn parse(json: &str) -> Option<Polygons> {
        let value: Value = serde_json::from_str(json).ok()?;
        let coordinates = value.get("coordinates")?;
        let polygon = |rings: &Value| -> Option<Vec<Vec<Point>>> {
            let rings = rings.as_array()?.iter().map(ring).collect::<Option<Vec<_>>>()?;
            (!rings.is_empty() && !cross_each_other(&rings)).then_some(rings)
        };
        let polygons = match value.get("type")?.as_str()? {
            "Polygon" => vec![polygon(coordinates)?],
            "MultiPolygon" => coordinates.as_array()?.iter().map(polygon).collect::<Option<Vec<_>>>()?,
            _ => return None,
        };
        (!polygons.is_empty()).then_some(Polygons(polygons))
    }

    /// Whether a point is inside one of the polygons.
    pub fn contains(&self, point: Point) -> bool {
        self.0.iter().any(|rings| match rings.split_first() {
            Some((outer, holes)) => contains(outer, point) && !holes.iter().any(|hole| contains(hole, point)),
            None => false,
        })
    }

    /// Whether no two of them overlap, judging by their bounding boxes: the measure is then the sum of theirs.
    pub fn are_apart(&self) -> bool {
        let outer = self.0.iter().filter_map(|rings| rings.first());
        let mut boxes: Vec<(Point, Point)> = outer
            .map(|ring| {
                let of = |pick: fn(f64, f64) -> f64, start: f64| Point {
                    longitude: ring.iter().map(|p| p.longitude).fold(start, pick),
                    latitude: ring.iter().map(|p| p.latitude).fold(start, pick),
                };
                (of(f64::min, f64::INFINITY), of(f64::max, f64::NEG_INFINITY))
            })
            .collect();
        boxes.sort_by(|a, b| a.0.longitude.total_cmp(&b.0.longitude));
        boxes.iter().enumerate().all(|(n, (low, high))| {
            let near = boxes.iter().skip(n + 1).take_while(|(other, _)| other.longitude <= high.longitude);
            { near }.all(|(a, b)| a.latitude > high.latitude || b.latitude < low.latitude)
        })
    }

    /// The edges of all rings.
    pub fn edges(&self) -> impl Iterator<Item = Edge> {
        self.0.iter().flatten().flat_map(|ring| {
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).map(|(a, b)| (*a, *b))
        })
    }

    /// The distance to a point in metres, 0 inside.
    pub fn distance(&self, point: Point) -> f64 {
        if self.contains(point) {
            return 0.0;
        }
        self.edges().map(|(a, b)| to_edge(point, a, b)).fold(f64::INFINITY, f64::min)
    }

    /// The length of all rings in metres.
    pub fn perimeter(&self) -> f64 {
        self.edges().map(|(a, b)| a.distance(b)).sum()
    }

    /// The integral of the position over the area.
    pub fn moment(&self) -> Vector {
        self.0.iter().fold([0.0; 3], |sum, rings| {
            let mut sign = 1.0;
            rings
                .iter()
                .fold(sum, |sum, ring| arcs::add_scaled(sum, std::mem::replace(&mut sign, -1.0), surface(ring).0))
        })
    }

    /// The area in square metres.
    pub fn area(&self) -> f64 {
        let sum = self.0.iter().map(|rings| match rings.split_first() {
            Some((outer, holes)) => excess(outer) - holes.iter().map(|hole| excess(hole)).sum::<f64>(),
            None => 0.0,
        });
        sum.sum::<f64>() * RADIUS * RADIUS
    }
}

fn position(value: &Value) -> Option<Point> {
    let [longitude, latitude, ..] = value.as_array()?.as_slice() else { return None };
    Point::new(longitude.as_f64()?, latitude.as_f64()?)
}

fn line(value: &Value) -> Option<Vec<Point>> {
    let mut points = value.as_array()?.iter().map(position).collect::<Option<Vec<_>>>()?;
    points.dedup();
    (points.len() >= 2).then_some(points)
}

/// A ring must be closed, have an area, and visit each corner once.
fn ring(value: &Value) -> Option<Vec<Point>> {
    let mut points = value.as_array()?.iter().map(position).collect::<Option<Vec<_>>>()?;
    if points.len() < 4 || points.first() != points.last() {
        return None;
    }
    points.pop();
    points.dedup();
    let mut corners: Vec<_> = points.iter().map(|p| (p.longitude.to_bits(), p.latitude.to_bits())).collect();
    corners.sort_unstable();
    let once = corners.windows(2).all(|pair| pair.first() != pair.last());
    (points.len() >= 3 && once && excess(&points) > 0.0).then_some(points)
}

/// Whether edges of the rings cross.
fn cross_each_other(rings: &[Vec<Point>]) -> bool {
    let mut edges: Vec<(Reach, Edge)> = Vec::with_capacity(rings.iter().map(Vec::len).sum());
    for ring in rings {
        let ends = ring.iter().zip(ring.iter().cycle().skip(1));
        edges.extend(ends.map(|(a, b)| (Reach::of((*a, *b)), (*a, *b))));
    }
    edges.sort_by(|a, b| a.0.west.total_cmp(&b.0.west));
    edges.iter().enumerate().any(|(n, (reach, edge))| {
        let near = edges.iter().skip(n + 1).take_while(|(other, _)| !reach.ends_before(*other));
        { near }.any(|(other, e)| reach.meets(*other) && arcs::meeting(*edge, *e) == Intersection::Cross)
    })
}

/// The part of the integral of the position that an edge contributes, over the area to the left of it.
fn moment(a: Vector, b: Vector) -> Vector {
    let normal = arcs::cross(a, b);
    let angle = arcs::angle(a, b);
    let scale = if angle > 0.0 { 0.5 * angle / arcs::length(normal).max(f64::MIN_POSITIVE) } else { 0.0 };
    normal.map(|x| x * scale)
}

/// The integral of the position over the area inside a ring, and whether the ring is clockwise.
fn surface(ring: &[Point]) -> (Vector, bool) {
    let next = ring.iter().cycle().skip(1);
    let parts = ring.iter().zip(next).map(|(a, b)| moment(a.vector(), b.vector()));
    let sum = parts.fold([0.0; 3], |sum, part| arcs::add_scaled(sum, 1.0, part));
    // the inside is the smaller part of the sphere, on the side of the corners
    let corners = ring.iter().fold([0.0; 3], |sum, p| arcs::add_scaled(sum, 1.0, p.vector()));
    if arcs::dot(sum, corners) < 0.0 { (sum.map(|x| -x), true) } else { (sum, false) }
}

/// The corners of a ring in counterclockwise order.
pub fn counterclockwise(ring: &[Point]) -> Vec<Point> {
    let mut ring = ring.to_vec();
    if surface(&ring).1 {
        ring.reverse();
    }
    ring
}

/// Whether a ring encloses a point.
pub fn contains(ring: &[Point], point: Point) -> bool {
    let next = ring.iter().cycle().skip(1);
    let turns = ring.iter().zip(next).map(|(a, b)| {
        let turn = point.azimuth(*b) - point.azimuth(*a);
        if turn > PI {
            turn - TAU
        } else if turn < -PI {
            turn + TAU
        } else {
            turn
        }
    });
    turns.sum::<f64>().abs() > PI
}

/// The area of a ring on the unit sphere, in either orientation.
fn excess(ring: &[Point]) -> f64 {
    let next = ring.iter().cycle().skip(1);
    let parts = ring.iter().zip(next).map(|(a, b)| {
        let across = (b.longitude - a.longitude).to_radians();
        let across = (across + PI).rem_euclid(TAU) - PI;
        let (up_a, up_b) = ((a.latitude.to_radians() / 2.0).tan(), (b.latitude.to_radians() / 2.0).tan());
        2.0 * ((across / 2.0).tan() * (up_a + up_b)).atan2(1.0 + up_a * up_b)
    });
    parts.sum::<f64>().abs()
}

/// The distance from a point to an edge in metres.
fn to_edge(point: Point, from: Point, to: Point) -> f64 {
    let (from, to, point) = (from.vector(), to.vector(), point.vector());
    arcs::angle(point, arcs::nearest(point, from, to)) * RADIUS
}

//! Lines and polygons of GeoJSON, with edges along great circles.

use super::sphere::{Point, RADIUS, Vector};
use serde_json::Value;
use std::f64::consts::{PI, TAU};

/// A line or polygon, or several: rings or lines, each as its points.
#[derive(Debug)]
pub struct Lines(pub Vec<Vec<Point>>);

/// Polygons: each an outer ring and holes. The last point of a ring, which is its first, is left out.
#[derive(Debug)]
pub struct Polygons(pub Vec<Vec<Vec<Point>>>);

impl Lines {
    /// Of a `LineString` or `MultiLineString`; none where that is not valid.
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

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> {
        self.0.iter().flat_map(|line| line.iter().zip(line.iter().skip(1)).map(|(a, b)| (*a, *b)))
    }

    /// Its length in metres.
    pub fn length(&self) -> f64 {
        self.edges().map(|(a, b)| a.distance(b)).sum()
    }

    /// Metres to a point.
    pub fn distance(&self, point: Point) -> f64 {
        self.edges().map(|(a, b)| to_edge(point, a, b)).fold(f64::INFINITY, f64::min)
    }
}

impl Polygons {
    /// Of a `Polygon` or `MultiPolygon`; none where that is not valid.
    pub fn parse(json: &str) -> Option<Polygons> {
        let value: Value = serde_json::from_str(json).ok()?;
        let coordinates = value.get("coordinates")?;
        let polygon = |rings: &Value| -> Option<Vec<Vec<Point>>> {
            let rings = rings.as_array()?.iter().map(ring).collect::<Option<Vec<_>>>()?;
            (!rings.is_empty()).then_some(rings)
        };
        let polygons = match value.get("type")?.as_str()? {
            "Polygon" => vec![polygon(coordinates)?],
            "MultiPolygon" => coordinates.as_array()?.iter().map(polygon).collect::<Option<Vec<_>>>()?,
            _ => return None,
        };
        (!polygons.is_empty()).then_some(Polygons(polygons))
    }

    /// Whether a point is inside of one.
    pub fn contains(&self, point: Point) -> bool {
        self.0.iter().any(|rings| match rings.split_first() {
            Some((outer, holes)) => winds(outer, point) && !holes.iter().any(|hole| winds(hole, point)),
            None => false,
        })
    }

    /// Whether no two of them share a part, judged by the boxes around them: what they measure is then the sum.
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

    fn edges(&self) -> impl Iterator<Item = (Point, Point)> {
        self.0.iter().flatten().flat_map(|ring| {
            let next = ring.iter().cycle().skip(1);
            ring.iter().zip(next).map(|(a, b)| (*a, *b))
        })
    }

    /// Metres to a point, 0 inside.
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

/// A ring is closed and has an area.
fn ring(value: &Value) -> Option<Vec<Point>> {
    let mut points = value.as_array()?.iter().map(position).collect::<Option<Vec<_>>>()?;
    if points.len() < 4 || points.first() != points.last() {
        return None;
    }
    points.pop();
    points.dedup();
    (points.len() >= 3 && excess(&points) > 0.0).then_some(points)
}

/// Whether a ring goes around a point.
fn winds(ring: &[Point], point: Point) -> bool {
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

/// The area of a ring on the unit sphere, whichever way it is written.
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

fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

fn dot(a: Vector, b: Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Metres from a point to an edge.
fn to_edge(point: Point, from: Point, to: Point) -> f64 {
    let (a, b, p) = (from.vector(), to.vector(), point.vector());
    let normal = cross(a, b);
    let length = dot(normal, normal).sqrt();
    // the foot of the point lies on the edge where it is between the planes through its ends
    let between = dot(cross(normal, a), p) > 0.0 && dot(cross(b, normal), p) > 0.0;
    if length > 0.0 && between {
        return (dot(normal, p) / length).clamp(-1.0, 1.0).asin().abs() * RADIUS;
    }
    point.distance(from).min(point.distance(to))
}

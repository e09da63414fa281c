//! Points on a sphere: unit vectors, distances, angles.

use crate::dynamic::write;
use crate::types::ScalarType::Real;
use crate::value::Value;

/// The radius in metres of the sphere on which distances are measured.
pub const RADIUS: f64 = 6_371_010.0;

/// A point: longitude and latitude in degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// -180 to 180.
    pub longitude: f64,
    /// -90 to 90.
    pub latitude: f64,
}

/// A vector from the centre of the sphere.
pub type Vector = [f64; 3];

impl Point {
    /// A point; `None` if the coordinates are out of range.
    pub fn new(longitude: f64, latitude: f64) -> Option<Point> {
        ((-180.0..=180.0).contains(&longitude) && (-90.0..=90.0).contains(&latitude))
            .then_some(Point { longitude, latitude })
    }

    /// The unit vector to it.
    pub fn vector(self) -> Vector {
        let (longitude, latitude) = (self.longitude.to_radians(), self.latitude.to_radians());
        [latitude.cos() * longitude.cos(), latitude.cos() * longitude.sin(), latitude.sin()]
    }

    /// The point that a vector goes through.
    pub fn of(v: Vector) -> Point {
        Point {
            longitude: v[1].atan2(v[0]).to_degrees(),
            latitude: v[2].atan2((v[0] * v[0] + v[1] * v[1]).sqrt()).to_degrees(),
        }
    }

    /// The angle in radians between two points, seen from the centre.
    pub fn angle(self, other: Point) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let (up, across) = ((b - a) / 2.0, (other.longitude - self.longitude).to_radians() / 2.0);
        let half = up.sin().powi(2) + a.cos() * b.cos() * across.sin().powi(2);
        2.0 * half.min(1.0).sqrt().asin()
    }

    /// Metres between two points.
    pub fn distance(self, other: Point) -> f64 {
        self.angle(other) * RADIUS
    }

    /// The direction to another point, in radians from north to east, at least 0 and less than 2π.
    pub fn azimuth(self, other: Point) -> f64 {
        let (a, b) = (self.latitude.to_radians(), other.latitude.to_radians());
        let across = (other.longitude - self.longitude).to_radians();
        let east = across.sin() * b.cos();
        let north = a.cos() * b.sin() - a.sin() * b.cos() * across.cos();
        let angle = east.atan2(north);
        if angle < 0.0 { angle + std::f64::consts::TAU } else { angle }
    }

    /// `[longitude,latitude]`
    pub fn write(self, out: &mut String) {
        out.push('[');
        write::value(&Value::Real(self.longitude), Real, out);
        out.push(',');
        write::value(&Value::Real(self.latitude), Real, out);
        out.push(']');
    }
}

/// A point as GeoJSON.
pub fn point(point: Point, out: &mut String) {
    out.push_str("{\"type\":\"Point\",\"coordinates\":");
    point.write(out);
    out.push('}');
}

/// A polygon of one ring as GeoJSON; the first corner is repeated at the end.
pub fn ring(corners: &[Point], out: &mut String) {
    out.push_str("{\"type\":\"Polygon\",\"coordinates\":[[");
    for corner in corners.iter().chain(corners.first()) {
        if !out.ends_with('[') {
            out.push(',');
        }
        corner.write(out);
    }
    out.push_str("]]}");
}

/// Lines as GeoJSON: a `LineString` of one, a `MultiLineString` of several.
pub fn lines(lines: &[impl AsRef<[Point]>], out: &mut String) {
    if let [line] = lines {
        out.push_str("{\"type\":\"LineString\",\"coordinates\":");
        positions(line.as_ref(), out);
    } else {
        out.push_str("{\"type\":\"MultiLineString\",\"coordinates\":");
        write::list(lines, out, |line, out| positions(line.as_ref(), out));
    }
    out.push('}');
}

/// The points of a line, or of a closed ring, as GeoJSON positions.
pub fn positions(points: &[Point], out: &mut String) {
    write::list(points.iter(), out, |point, out| {
        point.write(out);
    });
}

//! Edges along great circles: their nearest point to another point, their crossings, the points on them.

use super::sphere::{Point, Vector};

/// An edge: start and end.
pub type Edge = (Point, Point);

/// A vector perpendicular to both.
pub fn cross(a: Vector, b: Vector) -> Vector {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

/// The scalar product.
pub fn dot(a: Vector, b: Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `a` plus `times` times `b`.
pub fn add_scaled(a: Vector, times: f64, b: Vector) -> Vector {
    [a[0] + times * b[0], a[1] + times * b[1], a[2] + times * b[2]]
}

/// The length of a vector.
pub fn length(v: Vector) -> f64 {
    dot(v, v).sqrt()
}

/// The vector of length 1 in the same direction; `None` for the zero vector.
pub fn unit(v: Vector) -> Option<Vector> {
    let length = length(v);
    (length > 0.0).then(|| v.map(|x| x / length))
}

/// The angle between two vectors, equally exact for small and large angles.
pub fn angle(a: Vector, b: Vector) -> f64 {
    length(cross(a, b)).atan2(dot(a, b))
}

/// The point of an edge that is nearest to another point.
pub fn nearest(point: Vector, from: Vector, to: Vector) -> Vector {
    let normal = cross(from, to);
    // the foot of the perpendicular is on the edge if it is between the planes through its ends
    if let Some(unit_normal) = unit(normal)
        && dot(cross(normal, from), point) > 0.0
        && dot(cross(to, normal), point) > 0.0
        && let Some(foot) = unit(add_scaled(point, -dot(unit_normal, point), unit_normal))
    {
        return foot;
    }
    if dot(point, from) >= dot(point, to) { from } else { to }
}

/// The point at a distance in radians from the start of an edge.
pub fn along(from: Vector, to: Vector, radians: f64) -> Vector {
    let tangent = unit(cross(cross(from, to), from)).unwrap_or([0.0; 3]);
    add_scaled(from.map(|x| x * radians.cos()), radians.sin(), tangent)
}

/// The range of longitudes and latitudes of an edge.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// The smallest longitude.
    pub west: f64,
    east: f64,
    south: f64,
    north: f64,
}

impl Reach {
    /// The whole earth if the edge is long or touches the antimeridian.
    pub fn of((a, b): Edge) -> Reach {
        let (west, east) = (a.longitude.min(b.longitude), a.longitude.max(b.longitude));
        let (south, north) = (a.latitude.min(b.latitude), a.latitude.max(b.latitude));
        let span = east - west;
        if span > 90.0 || west <= -180.0 || east >= 180.0 {
            return Reach { west: -180.0, east: 180.0, south: -90.0, north: 90.0 };
        }
        // a great circle exceeds the latitude of its ends by no more than this
        let rise = 0.002 * span * span + 1e-9;
        Reach { west: west - 1e-9, east: east + 1e-9, south: south - rise, north: north + rise }
    }

    /// Whether edges with these ranges can have a point in common.
    pub fn meets(self, other: Reach) -> bool {
        self.west <= other.east && other.west <= self.east && self.south <= other.north && other.south <= self.north
    }

    /// Whether this range is entirely west of the other one.
    pub fn ends_before(self, other: Reach) -> bool {
        self.east < other.west
    }
}

/// How two edges meet.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Intersection {
    /// They have no point in common.
    Apart,
    /// They share a corner.
    Corner,
    /// They cross inside of both.
    Cross,
    /// They are too near to each other to decide.
    Unclear,
}

/// Treated as zero: a point this near to an edge, in radians, could be on either side of it.
const TOO_NEAR: f64 = 1e-15;

/// How two edges meet.
pub fn meeting(one: Edge, other: Edge) -> Intersection {
    if one.0 == other.0 || one.0 == other.1 || one.1 == other.0 || one.1 == other.1 {
        return Intersection::Corner;
    }
    let ([a, b], [c, d]) = ([one.0.vector(), one.1.vector()], [other.0.vector(), other.1.vector()]);
    let (Some(first), Some(second)) = (unit(cross(a, b)), unit(cross(c, d))) else { return Intersection::Unclear };
    let sides = [-dot(first, c), dot(first, d), dot(second, a), -dot(second, b)];
    let beyond = |p: f64, q: f64| p * q < 0.0 && p.abs() > TOO_NEAR && q.abs() > TOO_NEAR;
    // both ends of an edge are on the same side of the other
    if beyond(sides[0], sides[1]) || beyond(sides[2], sides[3]) {
        return Intersection::Apart;
    }
    if sides.iter().any(|s| s.abs() <= TOO_NEAR) {
        let near = |p: Vector, from: Vector, to: Vector| angle(p, nearest(p, from, to)) <= 4.0 * TOO_NEAR;
        let touches = near(a, c, d) || near(b, c, d) || near(c, a, b) || near(d, a, b);
        return if touches { Intersection::Unclear } else { Intersection::Apart };
    }
    let positive = sides.iter().filter(|s| **s > 0.0).count();
    if positive == 0 || positive == 4 { Intersection::Cross } else { Intersection::Apart }
}

/// The point where two edges cross.
pub fn crossing(one: Edge, other: Edge) -> Option<Vector> {
    let ([a, b], [c, d]) = ([one.0.vector(), one.1.vector()], [other.0.vector(), other.1.vector()]);
    // the cross product of the difference and the sum is twice that of the vectors, and exact if they are near each other
    let normal = |p: Vector, q: Vector| cross(add_scaled(p, 1.0, q), add_scaled(q, -1.0, p));
    let place = unit(cross(normal(a, b), normal(c, d)))?;
    Some(if dot(place, add_scaled(a, 1.0, b)) < 0.0 { place.map(|x| -x) } else { place })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(longitude: f64, latitude: f64) -> Point {
        Point { longitude, latitude }
    }

    #[test]
    fn an_edge_stays_within_its_reach() {
        for (a, b) in [(p(0.0, 45.0), p(90.0, 45.0)), (p(0.0, 89.0), p(80.0, 89.5)), (p(10.0, -60.0), p(70.0, 20.0))] {
            let reach = Reach::of((a, b));
            for n in 0..=100 {
                let angle = angle(a.vector(), b.vector());
                let place = Point::of(along(a.vector(), b.vector(), angle * f64::from(n) / 100.0));
                assert!(reach.meets(Reach::of((place, place))), "{place:?} {reach:?}");
            }
        }
        assert!(!Reach::of((p(0.0, 0.0), p(1.0, 0.0))).meets(Reach::of((p(0.0, 1.0), p(1.0, 1.0)))));
    }

    #[test]
    fn edges_meet_or_do_not() {
        let one = (p(0.0, 0.0), p(10.0, 0.0));
        for (other, expected) in [
            ((p(5.0, -1.0), p(5.0, 1.0)), Intersection::Cross),
            ((p(5.0, 1.0), p(5.0, -1.0)), Intersection::Cross),
            ((p(11.0, -1.0), p(11.0, 1.0)), Intersection::Apart),
            ((p(5.0, 1.0), p(5.0, 2.0)), Intersection::Apart),
            ((p(10.0, 0.0), p(5.0, 2.0)), Intersection::Corner),
            ((p(5.0, 0.0), p(5.0, 2.0)), Intersection::Unclear),
            ((p(11.0, 0.0), p(12.0, 0.0)), Intersection::Apart),
            ((p(185.0, -1.0), p(185.0, 1.0)), Intersection::Apart),
        ] {
            assert!(meeting(one, other) == expected, "{other:?}");
            assert!(meeting(other, one) == expected, "{other:?}");
        }
        let place = crossing(one, (p(5.0, -1.0), p(5.0, 1.0))).map(Point::of);
        assert!(place.is_some_and(|place| place.angle(p(5.0, 0.0)) < 1e-15), "{place:?}");
    }
}

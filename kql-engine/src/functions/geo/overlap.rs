//! What two rings have in common.

use super::arcs::{self, Edge, Intersection};
use super::meetings::meetings;
use super::shapes::{self, Polygons};
use super::sphere::Point;

/// What two rings have in common.
pub enum Common {
    Nothing,
    /// A corner of both.
    Corner(Point),
    /// Surfaces.
    Rings(Vec<Vec<Point>>),
    /// They touch in a way that cannot be determined exactly.
    Unclear,
}

/// What two rings have in common. The corners of both must be counterclockwise; those of the result are too.
///
/// A ring of the result begins so that its last edge is the one that comes last in the input, first the edges of `one`, then
/// those of `other`.
pub fn common(one: &[Point], other: &[Point]) -> Common {
    let (ones, others) = (edges(one), edges(other));
    let mut crossings = Vec::new();
    let mut corners: Vec<Point> = Vec::new();
    for (i, j, meeting) in meetings(&ones, &others) {
        match (meeting, ones.get(i), others.get(j)) {
            (Intersection::Cross, Some(a), Some(b)) => match arcs::crossing(*a, *b) {
                Some(place) => crossings.push((i, j, Point::of(place))),
                None => return Common::Unclear,
            },
            (Intersection::Corner, Some(a), Some(b)) => {
                let shared = [a.0, a.1].into_iter().filter(|p| *p == b.0 || *p == b.1);
                corners.extend(shared);
            }
            _ => return Common::Unclear,
        }
    }
    let inside = |ring: &[Point], of: &[Point]| ring.iter().filter(|p| shapes::contains(of, **p)).count();
    if let Some(corner) = corners.first() {
        let alone = crossings.is_empty() && corners.iter().all(|c| c == corner);
        // the corner itself can count as inside
        let others_inside = [(one, other), (other, one)]
            .into_iter()
            .any(|(ring, of)| ring.iter().any(|p| p != corner && shapes::contains(of, *p)));
        return if alone && !others_inside { Common::Corner(*corner) } else { Common::Unclear };
    }
    if crossings.is_empty() {
        return match (inside(one, other), inside(other, one)) {
            (0, 0) => Common::Nothing,
            (n, _) if n == one.len() => Common::Rings(vec![one.to_vec()]),
            (_, n) if n == other.len() => Common::Rings(vec![other.to_vec()]),
            _ => Common::Unclear,
        };
    }
    traced(one, other, &crossings).map_or(Common::Unclear, Common::Rings)
}

/// Rings whose measures must be subtracted from the sum of the polygons' measures, so that what two of them have in common
/// is measured once; `None` if that cannot be determined.
pub fn counted_twice(polygons: &Polygons) -> Option<Polygons> {
    if polygons.are_apart() {
        return Some(Polygons(Vec::new()));
    }
    match polygons.0.as_slice() {
        [one, other] => match (one.as_slice(), other.as_slice()) {
            ([one], [other]) => match common(&shapes::counterclockwise(one), &shapes::counterclockwise(other)) {
                Common::Rings(rings) => Some(Polygons(rings.into_iter().map(|ring| vec![ring]).collect())),
                Common::Nothing => Some(Polygons(Vec::new())),
                Common::Corner(_) | Common::Unclear => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn edges(ring: &[Point]) -> Vec<Edge> {
    ring.iter().zip(ring.iter().cycle().skip(1)).map(|(a, b)| (*a, *b)).collect()
}

/// A corner of a ring, or a crossing with the other ring.
struct Stop {
    point: Point,
    /// The edge that begins here, or continues.
    edge: usize,
    /// The number of the crossing.
    crossing: Option<usize>,
}

/// The corners and crossings of a ring in order; `first` is the number of its first edge.
fn stops(ring: &[Point], crossings: impl Iterator<Item = (usize, usize, Point)>, first: usize) -> Vec<Stop> {
    let mut of_edges: Vec<Vec<(f64, usize, Point)>> = ring.iter().map(|_| Vec::new()).collect();
    for (number, edge, point) in crossings {
        if let (Some(list), Some(start)) = (of_edges.get_mut(edge), ring.get(edge)) {
            list.push((arcs::angle(start.vector(), point.vector()), number, point));
        }
    }
    let mut stops = Vec::new();
    for (edge, (start, mut list)) in ring.iter().zip(of_edges).enumerate() {
        stops.push(Stop { point: *start, edge: first + edge, crossing: None });
        list.sort_by(|a, b| a.0.total_cmp(&b.0));
        let places = list.into_iter();
        stops.extend(places.map(|(_, n, point)| Stop { point, edge: first + edge, crossing: Some(n) }));
    }
    stops
}

/// Follows the outline of what is inside of both: along a ring from where it enters the other to where it leaves it, then
/// along the other.
fn traced(one: &[Point], other: &[Point], crossings: &[(usize, usize, Point)]) -> Option<Vec<Vec<Point>>> {
    let rings = [
        stops(one, crossings.iter().enumerate().map(|(n, (i, _, p))| (n, *i, *p)), 0),
        stops(other, crossings.iter().enumerate().map(|(n, (_, j, p))| (n, *j, *p)), one.len()),
    ];
    let place = |ring: usize, crossing: usize| rings.get(ring)?.iter().position(|s| s.crossing == Some(crossing));
    // a ring enters and leaves in turn
    let mut comes_in = vec![[false; 2]; crossings.len()];
    for (ring, of) in [other, one].into_iter().enumerate() {
        let stops = rings.get(ring)?;
        let mut inside = shapes::contains(of, stops.first()?.point);
        let before = inside;
        for crossing in stops.iter().filter_map(|s| s.crossing) {
            inside = !inside;
            *comes_in.get_mut(crossing)?.get_mut(ring)? = inside;
        }
        if inside != before {
            return None;
        }
    }
    if comes_in.iter().any(|[a, b]| a == b) {
        return None;
    }
    let mut seen = vec![false; crossings.len()];
    let mut found = Vec::new();
    for start in 0..crossings.len() {
        if *seen.get(start)? {
            continue;
        }
        let mut corners: Vec<(Point, usize)> = Vec::new();
        let mut crossing = start;
        loop {
            *seen.get_mut(crossing)? = true;
            let ring = usize::from(comes_in.get(crossing)?[1]);
            let stops = rings.get(ring)?;
            let mut at = place(ring, crossing)?;
            loop {
                let stop = stops.get(at)?;
                corners.push((stop.point, stop.edge));
                at = (at + 1) % stops.len();
                if let Some(next) = stops.get(at)?.crossing {
                    crossing = next;
                    break;
                }
            }
            if crossing == start {
                break;
            }
            if *seen.get(crossing)? {
                return None;
            }
        }
        found.push(canonical_start(corners));
    }
    Some(found)
}

/// The corners of a ring, rotated so that the edge with the highest number is the last.
fn canonical_start(mut corners: Vec<(Point, usize)>) -> Vec<Point> {
    let highest = corners.iter().map(|c| c.1).max().unwrap_or(0);
    let next = |n: usize| corners.get((n + 1) % corners.len().max(1)).map(|c| c.1);
    let last =
        (0..corners.len()).rev().find(|n| corners.get(*n).map(|c| c.1) == Some(highest) && next(*n) != Some(highest));
    if let Some(last) = last {
        let start = (last + 1) % corners.len().max(1);
        corners.rotate_left(start);
    }
    corners.into_iter().map(|c| c.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(corners: &[(f64, f64)]) -> Vec<Point> {
        corners.iter().map(|(longitude, latitude)| Point { longitude: *longitude, latitude: *latitude }).collect()
    }

    #[test]
    fn a_comb_and_a_bar_have_several_rings_in_common() {
        let bar = ring(&[(0.0, 2.0), (10.0, 2.0), (10.0, 3.0), (0.0, 3.0)]);
        let comb =
            ring(&[(1.0, 0.0), (9.0, 0.0), (9.0, 4.0), (7.0, 4.0), (7.0, 1.0), (3.0, 1.0), (3.0, 4.0), (1.0, 4.0)]);
        let Common::Rings(rings) = common(&bar, &comb) else { panic!("rings expected") };
        assert!(rings.len() == 2 && rings.iter().all(|r| r.len() == 4), "{rings:?}");
        let Common::Rings(others) = common(&comb, &bar) else { panic!("rings expected") };
        assert!(others.len() == 2);
    }

    #[test]
    fn a_ring_inside_of_another_is_what_they_have_in_common() {
        let large = ring(&[(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]);
        let small = ring(&[(1.0, 1.0), (2.0, 1.0), (2.0, 2.0)]);
        for (a, b) in [(&large, &small), (&small, &large)] {
            let Common::Rings(rings) = common(a, b) else { panic!("rings expected") };
            assert!(rings == vec![small.clone()]);
        }
        let away = ring(&[(21.0, 1.0), (22.0, 1.0), (22.0, 2.0)]);
        assert!(matches!(common(&large, &away), Common::Nothing));
        let touching = ring(&[(10.0, 10.0), (12.0, 10.0), (12.0, 12.0)]);
        assert!(matches!(common(&large, &touching), Common::Corner(_)));
    }
}

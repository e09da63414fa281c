//! Joins consecutive lines into one, for `geo_union_lines_array()`.

use super::arcs::{Edge, Intersection};
use super::meetings::meetings;
use super::shapes::Lines;
use super::sphere::Point;

/// The corners of the one line that several lines form: their edges, each once, are consecutive without branching,
/// crossing or returning. `None` if they are not.
pub(super) fn chain(lines: &[Lines]) -> Option<Vec<Point>> {
    let mut edges: Vec<Edge> = Vec::new();
    for edge in lines.iter().flat_map(Lines::edges) {
        let known = |(a, b): &Edge| (*a, *b) == edge || (*b, *a) == edge;
        if edge.0 == edge.1 {
            return None;
        }
        if !edges.iter().any(known) {
            edges.push(edge);
        }
    }
    let clear = |(one, other, meeting): (usize, usize, Intersection)| {
        one == other || matches!(meeting, Intersection::Apart | Intersection::Corner)
    };
    if !meetings(&edges, &edges).all(clear) {
        return None;
    }
    let (from, to) = *edges.first()?;
    let mut used = vec![false; edges.len()];
    *used.first_mut()? = true;
    // forward from its end, then backward from its start
    let mut corners = follow(&edges, &mut used, to)?;
    let before = follow(&edges, &mut used, from)?;
    if used.contains(&false) {
        return None;
    }
    let mut chain: Vec<Point> = before.into_iter().rev().chain([from, to]).collect();
    chain.append(&mut corners);
    let ends_meet = chain.first() == chain.last();
    (!ends_meet).then_some(chain)
}

/// The corners after a corner, edge by edge; `None` if more than one unused edge leaves a corner.
fn follow(edges: &[Edge], used: &mut [bool], from: Point) -> Option<Vec<Point>> {
    let mut corners = Vec::new();
    let mut at = from;
    loop {
        let mut leaving =
            edges.iter().enumerate().filter(|(n, (a, b))| used.get(*n) == Some(&false) && (*a == at || *b == at));
        let Some((n, (a, b))) = leaving.next() else { return Some(corners) };
        if leaving.next().is_some() {
            return None;
        }
        at = if *a == at { *b } else { *a };
        corners.push(at);
        if let Some(used) = used.get_mut(n) {
            *used = true;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(points: &[(f64, f64)]) -> Lines {
        Lines(vec![points.iter().map(|(x, y)| Point { longitude: *x, latitude: *y }).collect()])
    }

    #[test]
    fn lines_that_follow_one_another() {
        let found = chain(&[line(&[(0.0, 0.0), (1.0, 0.0), (2.0, 1.0)]), line(&[(3.0, 0.0), (2.0, 1.0), (1.0, 0.0)])]);
        let longitudes: Vec<f64> = found.unwrap_or_default().iter().map(|p| p.longitude).collect();
        assert_eq!(longitudes, [0.0, 1.0, 2.0, 3.0]);
        let back = chain(&[line(&[(1.0, 0.0), (2.0, 0.0)]), line(&[(1.0, 0.0), (0.0, 1.0)])]);
        assert_eq!(back.map(|chain| chain.len()), Some(3));
        // apart, crossing, branching, a ring
        assert_eq!(chain(&[line(&[(0.0, 0.0), (1.0, 0.0)]), line(&[(5.0, 0.0), (6.0, 0.0)])]), None);
        assert_eq!(chain(&[line(&[(0.0, 0.0), (2.0, 0.0)]), line(&[(1.0, -1.0), (1.0, 1.0)])]), None);
        let star = [line(&[(0.0, 0.0), (1.0, 0.0)]), line(&[(1.0, 0.0), (2.0, 1.0)]), line(&[(1.0, 0.0), (2.0, -1.0)])];
        assert_eq!(chain(&star), None);
        assert_eq!(chain(&[line(&[(0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (0.0, 0.0)])]), None);
    }
}

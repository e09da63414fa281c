//! Shortest paths between two nodes, over consecutive edges: breadth-first search from each start.

use super::data::GraphData;
use super::error::GraphError;
use super::search::{Masks, Match, passes, steps};
use crate::plan::GraphPattern;

/// The shortest paths of a pattern of two nodes and one edge of variable length; with `all`, all of them, else one for
/// each pair.
pub fn shortest(
    data: &GraphData,
    pattern: &GraphPattern,
    masks: &Masks,
    all: bool,
    found: &mut dyn FnMut(Match) -> Result<(), GraphError>,
) -> Result<(), GraphError> {
    let (Some((start, _)), Some(edge)) = (pattern.sequences.first(), pattern.edges.first()) else { return Ok(()) };
    let most = edge.range.map_or(1, |(_, high)| high);
    for from in 0..data.nodes as u32 {
        if !passes(&masks.nodes, *start, from) {
            continue;
        }
        // the number of edges to a node, and the edges by which the shortest paths reach it
        let mut distance: Vec<Option<usize>> = vec![None; data.nodes];
        let mut before: Vec<Vec<(u32, u32)>> = vec![Vec::new(); data.nodes];
        let mut layer = vec![from];
        for length in 1..=most {
            let mut next = Vec::new();
            for &node in &layer {
                if length > 1 && !passes(&masks.inner, 0, node) {
                    continue;
                }
                for (taken, to) in steps(data, node, edge.ways).filter(|(e, _)| passes(&masks.edges, 0, *e)) {
                    let Some(slot) = distance.get_mut(to as usize) else { continue };
                    if slot.is_none() {
                        *slot = Some(length);
                        // the path leaves the start only at its beginning
                        if to != from {
                            next.push(to);
                        }
                    }
                    if *slot == Some(length)
                        && let Some(ways) = before.get_mut(to as usize)
                    {
                        ways.push((taken, node));
                    }
                }
            }
            if next.is_empty() {
                break;
            }
            layer = next;
        }
        for to in 0..data.nodes as u32 {
            let Some(length) = distance.get(to as usize).copied().flatten() else { continue };
            // a path does not return to its start
            if !passes(&masks.nodes, edge.to, to) || edge.to == *start || to == from {
                continue;
            }
            let mut nodes = vec![from; pattern.nodes];
            if let Some(slot) = nodes.get_mut(edge.to) {
                *slot = to;
            }
            let mut back = Back { before: &before, nodes, all, given: false, found: &mut *found };
            back.walk(to, length, &mut Vec::with_capacity(length), &mut Vec::new())?;
        }
    }
    Ok(())
}

/// Follows paths back from their end.
struct Back<'b> {
    before: &'b [Vec<(u32, u32)>],
    nodes: Vec<u32>,
    all: bool,
    given: bool,
    found: &'b mut dyn FnMut(Match) -> Result<(), GraphError>,
}

impl Back<'_> {
    fn walk(&mut self, at: u32, left: usize, edges: &mut Vec<u32>, inner: &mut Vec<u32>) -> Result<(), GraphError> {
        for (taken, from) in self.before.get(at as usize).into_iter().flatten() {
            if self.given && !self.all {
                return Ok(());
            }
            edges.push(*taken);
            if left == 1 {
                let forward = |list: &[u32]| list.iter().rev().copied().collect::<Vec<u32>>();
                self.given = true;
                let (edges, inner) = (vec![forward(edges)], vec![forward(inner)]);
                (self.found)(Match { nodes: self.nodes.clone(), edges, inner })?;
            } else {
                inner.push(*from);
                self.walk(*from, left - 1, edges, inner)?;
                inner.pop();
            }
            edges.pop();
        }
        Ok(())
    }
}

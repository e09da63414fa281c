//! Finds a pattern: every way to map it onto the graph, node by node.

use super::data::GraphData;
use super::error::GraphError;
use crate::plan::{GraphCycles, GraphPattern};

/// A mapping of the pattern onto the graph.
#[derive(Clone, Debug, Default)]
pub struct Match {
    /// For each node of the pattern, the node of the graph.
    pub nodes: Vec<u32>,
    /// For each edge of the pattern, the edges of the graph: one, or the sequence for an edge of variable length.
    pub edges: Vec<Vec<u32>>,
    /// For each edge of variable length, the nodes between its edges.
    pub inner: Vec<Vec<u32>>,
}

/// Which nodes and edges are allowed; `None` if all are.
#[derive(Clone, Debug, Default)]
pub struct Masks {
    /// For each node of the pattern.
    pub nodes: Vec<Option<Vec<bool>>>,
    /// For each edge of the pattern.
    pub edges: Vec<Option<Vec<bool>>>,
    /// For each edge of variable length, the nodes between its edges.
    pub inner: Vec<Option<Vec<bool>>>,
}

/// Whether a mask allows this one.
pub fn passes(masks: &[Option<Vec<bool>>], at: usize, which: u32) -> bool {
    match masks.get(at) {
        Some(Some(mask)) => mask.get(which as usize).copied().unwrap_or(false),
        _ => true,
    }
}

/// The edges at a node that can be followed, and where each leads.
pub fn steps(data: &GraphData, node: u32, ways: (bool, bool)) -> impl Iterator<Item = (u32, u32)> {
    let along = ways.0.then(|| data.out.get(node as usize)).flatten();
    let against = ways.1.then(|| data.into.get(node as usize)).flatten();
    let along = along.into_iter().flatten().map(|e| (*e, data.ends(*e).1));
    // an edge from a node to itself counts once in each direction
    let against = against.into_iter().flatten().map(|e| (*e, data.ends(*e).0));
    along.chain(against)
}

/// A search.
pub struct Search<'s> {
    /// The graph.
    pub data: &'s GraphData,
    /// The pattern.
    pub pattern: &'s GraphPattern,
    /// Which nodes and edges are allowed.
    pub masks: &'s Masks,
    /// The allowed cycles.
    pub cycles: GraphCycles,
    /// Receives each match; an error ends the search.
    pub found: &'s mut dyn FnMut(Match) -> Result<(), GraphError>,
}

/// The elements assigned so far.
struct State {
    nodes: Vec<Option<u32>>,
    edges: Vec<Vec<u32>>,
    inner: Vec<Vec<u32>>,
    /// Edges and nodes of the sequence.
    used: Vec<u32>,
    visited: Vec<u32>,
}

impl Search<'_> {
    /// Finds all matches.
    pub fn run(&mut self) -> Result<(), GraphError> {
        let count = self.pattern.edges.len();
        let mut state = State {
            nodes: vec![None; self.pattern.nodes],
            edges: vec![Vec::new(); count],
            inner: vec![Vec::new(); count],
            used: Vec::new(),
            visited: Vec::new(),
        };
        self.sequence(0, &mut state)
    }

    fn sequence(&mut self, n: usize, state: &mut State) -> Result<(), GraphError> {
        let Some((start, _)) = self.pattern.sequences.get(n) else {
            let nodes = state.nodes.iter().map(|n| n.unwrap_or_default()).collect();
            return (self.found)(Match { nodes, edges: state.edges.clone(), inner: state.inner.clone() });
        };
        let start = *start;
        let (used, visited) = (std::mem::take(&mut state.used), std::mem::take(&mut state.visited));
        let bound = state.nodes.get(start).copied().flatten();
        let candidates = match bound {
            Some(node) => node..node + 1,
            None => 0..self.data.nodes as u32,
        };
        for node in candidates {
            if !passes(&self.masks.nodes, start, node) {
                continue;
            }
            set(&mut state.nodes, start, Some(node));
            state.visited.push(node);
            self.edge(n, 0, node, state)?;
            state.visited.pop();
            set(&mut state.nodes, start, bound);
        }
        (state.used, state.visited) = (used, visited);
        Ok(())
    }

    /// Continues from `node` along the edge at index `at` of the sequence.
    fn edge(&mut self, n: usize, at: usize, node: u32, state: &mut State) -> Result<(), GraphError> {
        let Some((_, edges)) = self.pattern.sequences.get(n) else { return Ok(()) };
        let Some(&edge) = edges.get(at) else { return self.sequence(n + 1, state) };
        let Some(wanted) = self.pattern.edges.get(edge).cloned() else { return Ok(()) };
        let (low, high) = wanted.range.unwrap_or((1, 1));
        self.walk(n, at, edge, (low, high), node, state)
    }

    fn walk(
        &mut self,
        n: usize,
        at: usize,
        edge: usize,
        range: (usize, usize),
        node: u32,
        state: &mut State,
    ) -> Result<(), GraphError> {
        let Some(wanted) = self.pattern.edges.get(edge).cloned() else { return Ok(()) };
        let length = state.edges.get(edge).map_or(0, Vec::len);
        let bound = state.nodes.get(wanted.to).copied().flatten();
        // without an edge both ends are the same node; two names cannot be the same node if nodes must not repeat
        if length == 0
            && range.0 == 0
            && self.cycles != GraphCycles::None
            && bound.is_none_or(|b| b == node)
            && passes(&self.masks.nodes, wanted.to, node)
        {
            set(&mut state.nodes, wanted.to, Some(node));
            self.edge(n, at + 1, node, state)?;
            set(&mut state.nodes, wanted.to, bound);
        }
        if length >= range.1 {
            return Ok(());
        }
        // a node that is passed through is between two edges
        if length > 0 && !passes(&self.masks.inner, edge, node) {
            return Ok(());
        }
        let data = self.data;
        for (taken, next) in steps(data, node, wanted.ways) {
            let twice = match self.cycles {
                GraphCycles::All => false,
                GraphCycles::UniqueEdges => state.used.contains(&taken),
                // along single edges, the pattern itself can return to a node that it names twice
                GraphCycles::None => {
                    let named = state.nodes.get(wanted.to).copied().flatten() == Some(next);
                    state.visited.contains(&next) && !(wanted.range.is_none() && named)
                }
            };
            if twice || !passes(&self.masks.edges, edge, taken) {
                continue;
            }
            state.used.push(taken);
            state.visited.push(next);
            push(&mut state.edges, edge, taken);
            if length > 0 {
                push(&mut state.inner, edge, node);
            }
            if length + 1 >= range.0 {
                let bound = state.nodes.get(wanted.to).copied().flatten();
                if bound.is_none_or(|b| b == next) && passes(&self.masks.nodes, wanted.to, next) {
                    set(&mut state.nodes, wanted.to, Some(next));
                    // the rest of the pattern has sequences too
                    let (edges, inner) = (state.edges.clone(), state.inner.clone());
                    self.edge(n, at + 1, next, state)?;
                    (state.edges, state.inner) = (edges, inner);
                    set(&mut state.nodes, wanted.to, bound);
                }
            }
            self.walk(n, at, edge, range, next, state)?;
            if length > 0 {
                pop(&mut state.inner, edge);
            }
            pop(&mut state.edges, edge);
            state.visited.pop();
            state.used.pop();
        }
        Ok(())
    }
}

fn set(slots: &mut [Option<u32>], at: usize, to: Option<u32>) {
    if let Some(slot) = slots.get_mut(at) {
        *slot = to;
    }
}

fn push(lists: &mut [Vec<u32>], at: usize, what: u32) {
    if let Some(list) = lists.get_mut(at) {
        list.push(what);
    }
}

fn pop(lists: &mut [Vec<u32>], at: usize) {
    if let Some(list) = lists.get_mut(at) {
        list.pop();
    }
}

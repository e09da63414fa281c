//! Graphs: what `make-graph` gives, and what is looked for in one. Data only.

use super::{ColumnId, Expr, PlanColumn, Relation};
use crate::types::ScalarType;

/// A graph: not a table, though its rows come as one.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Edges and nodes in one table: a number that says which (0 for edges, then each table of nodes), the ids at both ends
    /// of an edge, the edge's columns, then the columns of each table of nodes.
    pub rows: Relation,
    /// The columns of an edge.
    pub edges: Vec<PlanColumn>,
    /// The columns of a node, of all tables of nodes, each name once; those of components last.
    pub nodes: Vec<PlanColumn>,
    /// The tables of nodes.
    pub tables: Vec<GraphNodes>,
    /// Which columns of a node hold its id where no table has the node.
    pub ids: Vec<usize>,
    /// The type of the ids.
    pub id_type: ScalarType,
    /// `-->`
    pub directed: bool,
    /// What is done with the graph once it is made, in order.
    pub steps: Vec<GraphStep>,
    /// Which column of an edge parts the graph into several, and which of a node, where it has one of that name.
    pub partition: Option<(usize, Option<usize>)>,
}

impl Graph {
    /// How many of the nodes' columns say which component a node is of.
    pub fn marks(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, GraphStep::Components(_))).count()
    }
}

/// What is done with a graph.
#[derive(Clone, Debug)]
pub enum GraphStep {
    /// The nodes get a column that says which component each is of: whether the strong ones.
    Components(bool),
    /// Only the nodes that a condition holds for stay, and the edges between them. The condition reads the nodes' columns
    /// and these degrees: edges that end at the node (true), or start there.
    Nodes(Expr, Vec<(ColumnId, bool)>),
    /// Only the edges that a condition holds for stay.
    Edges(Expr),
}

/// A table of nodes.
#[derive(Clone, Debug)]
pub struct GraphNodes {
    /// For each of its columns, which column of a node it is.
    pub places: Vec<usize>,
    /// Which of its columns is the id.
    pub key: usize,
}

/// What is looked for.
#[derive(Clone, Debug, Default)]
pub struct GraphPattern {
    /// How many different nodes.
    pub nodes: usize,
    /// The edges.
    pub edges: Vec<GraphPatternEdge>,
    /// Chains of edges: the node each starts at, and its edges.
    pub sequences: Vec<(usize, Vec<usize>)>,
}

impl GraphPattern {
    /// Whether every chain shares a node with another, up to the first.
    pub fn is_connected(&self) -> bool {
        let mut apart: Vec<Vec<usize>> = (self.sequences.iter())
            .map(|(start, edges)| {
                let ends = edges.iter().filter_map(|edge| Some(self.edges.get(*edge)?.to));
                std::iter::once(*start).chain(ends).collect()
            })
            .collect();
        let mut reached = apart.pop().unwrap_or_default();
        while let Some(next) = apart.iter().position(|nodes| nodes.iter().any(|node| reached.contains(node))) {
            reached.extend(apart.swap_remove(next));
        }
        apart.is_empty()
    }
}

/// An edge of a pattern.
#[derive(Clone, Debug)]
pub struct GraphPatternEdge {
    /// The node after it.
    pub to: usize,
    /// Whether it may be walked along its direction, and against it.
    pub ways: (bool, bool),
    /// How many edges in a row, where it is of variable length.
    pub range: Option<(usize, usize)>,
}

/// Which cycles a match may have.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphCycles {
    /// Any.
    All,
    /// No node twice.
    None,
    /// No edge twice.
    UniqueEdges,
}

/// Where a column of a match comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphColumn {
    /// A node of the pattern, and a column of nodes.
    Node(usize, usize),
    /// An edge of the pattern, and a column of edges. Of an edge of variable length, it has a value for each edge in the row.
    Edge(usize, usize),
}

/// A function over an element of the pattern: its result is a column of the match.
#[derive(Clone, Debug)]
pub struct GraphCall {
    /// The result.
    pub id: ColumnId,
    /// Its type.
    pub ty: ScalarType,
    /// What it does.
    pub kind: GraphCallKind,
    /// What it goes over.
    pub over: GraphOver,
    /// The columns of what it goes over: of edges or of nodes, by their place.
    pub columns: Vec<PlanColumn>,
    /// What is computed for each; nothing for the number of edges at a node.
    pub value: Option<Expr>,
    /// Columns of the value that are the degree of the node itself: of edges that end there (true), or start there.
    pub degrees: Vec<(ColumnId, bool)>,
}

/// What a function does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphCallKind {
    /// An array of the values.
    Map,
    /// Whether all are true.
    All,
    /// Whether one is true.
    Any,
    /// How many edges end at a node.
    DegreeIn,
    /// How many edges start at a node.
    DegreeOut,
}

/// What a function goes over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphOver {
    /// A node of the pattern.
    Node(usize),
    /// The edges in the row of an edge of variable length.
    Edges(usize),
    /// The nodes between them.
    InnerNodes(usize),
}

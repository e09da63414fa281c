//! Graphs: the result of `make-graph`, and the patterns to find in one. Data only.

use super::{ColumnId, Expr, PlanColumn, Relation};
use crate::types::ScalarType;

/// A graph: not a table, although it is stored in one.
#[derive(Clone, Debug)]
pub struct Graph {
    /// Edges and nodes in one table: a number that identifies the source (0 for edges, then each table of nodes), the ids
    /// at both ends of an edge, the edge's columns, then the columns of each table of nodes.
    pub rows: Relation,
    /// The columns of an edge.
    pub edges: Vec<PlanColumn>,
    /// The columns of a node, from all tables of nodes, each name once; those of components last.
    pub nodes: Vec<PlanColumn>,
    /// The tables of nodes.
    pub tables: Vec<GraphNodes>,
    /// The columns of a node that contain its id if it is in no table.
    pub ids: Vec<usize>,
    /// The type of the ids.
    pub id_type: ScalarType,
    /// `-->`
    pub directed: bool,
    /// The steps that are applied to the graph after it is built, in order.
    pub steps: Vec<GraphStep>,
    /// The column of an edge that splits the graph into several, and that of a node, if it has one with the same name.
    pub partition: Option<(usize, Option<usize>)>,
}

impl Graph {
    /// The number of node columns that contain a component.
    pub fn marks(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, GraphStep::Components(_))).count()
    }
}

/// A step that changes a graph.
#[derive(Clone, Debug)]
pub enum GraphStep {
    /// Adds a column to the nodes with the component that each belongs to: strong components if true.
    Components(bool),
    /// Keeps only the nodes for which a condition is true, and the edges between them. The condition reads the nodes'
    /// columns and these degrees: of edges that end at the node (true), or start there.
    Nodes(Expr, Vec<(ColumnId, bool)>),
    /// Keeps only the edges for which a condition is true.
    Edges(Expr),
}

/// A table of nodes.
#[derive(Clone, Debug)]
pub struct GraphNodes {
    /// For each of its columns, the index of the column of a node.
    pub places: Vec<usize>,
    /// The index of its id column.
    pub key: usize,
}

/// A pattern to find.
#[derive(Clone, Debug, Default)]
pub struct GraphPattern {
    /// The number of distinct nodes.
    pub nodes: usize,
    /// The edges.
    pub edges: Vec<GraphPatternEdge>,
    /// Chains of edges: the node where each starts, and its edges.
    pub sequences: Vec<(usize, Vec<usize>)>,
}

impl GraphPattern {
    /// Whether all chains are connected by shared nodes.
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
    /// Whether it can be followed in its direction, and against it.
    pub ways: (bool, bool),
    /// The minimum and maximum number of consecutive edges, if it is of variable length.
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

/// The origin of a column of a match.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphColumn {
    /// A node of the pattern, and a column of nodes.
    Node(usize, usize),
    /// An edge of the pattern, and a column of edges. For an edge of variable length, it has a value for each edge of the
    /// sequence.
    Edge(usize, usize),
}

/// A function over an element of the pattern: its result is a column of the match.
#[derive(Clone, Debug)]
pub struct GraphCall {
    /// The result.
    pub id: ColumnId,
    /// Its type.
    pub ty: ScalarType,
    /// The function.
    pub kind: GraphCallKind,
    /// The elements that it processes.
    pub over: GraphOver,
    /// The columns of these elements: of edges or of nodes, by their index.
    pub columns: Vec<PlanColumn>,
    /// The expression for each element; `None` for the number of edges at a node.
    pub value: Option<Expr>,
    /// Columns of the expression that are the degree of the node itself: of edges that end there (true), or start there.
    pub degrees: Vec<(ColumnId, bool)>,
}

/// A function over graph elements.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphCallKind {
    /// An array of the values.
    Map,
    /// Whether all values are true.
    All,
    /// Whether any value is true.
    Any,
    /// The number of edges that end at a node.
    DegreeIn,
    /// The number of edges that start at a node.
    DegreeOut,
}

/// The elements that a function processes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphOver {
    /// A node of the pattern.
    Node(usize),
    /// The edges of an edge of variable length.
    Edges(usize),
    /// The nodes between them.
    InnerNodes(usize),
}

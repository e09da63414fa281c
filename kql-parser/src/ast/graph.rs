//! Graph operators.

use super::{Expr, Name, OperatorParameters, Subquery};
use crate::Span;

/// `make-graph parameters source --> target with nodes partitioned-by column (subquery)`
#[derive(Clone, PartialEq, Debug)]
pub struct MakeGraph {
    /// `hint.strategy=...`
    pub parameters: OperatorParameters,
    /// The column with the node where an edge starts.
    pub source: Name,
    /// `-->` is true, `--` is false.
    pub directed: bool,
    /// The position of the arrow.
    pub arrow_span: Span,
    /// The column with the node where an edge ends.
    pub target: Name,
    /// Where nodes come from.
    pub nodes: Option<MakeGraphNodes>,
    /// `partitioned-by column (subquery)`
    pub partitioned_by: Option<MakeGraphPartition>,
}

/// Where the nodes of a graph come from.
#[derive(Clone, PartialEq, Debug)]
pub enum MakeGraphNodes {
    /// `with A on a, B on b`
    Tables(Vec<MakeGraphTable>),
    /// `with_node_id=name`: the ends of the edges, in a column of this name
    Id(Name),
}

/// `table on column`
#[derive(Clone, PartialEq, Debug)]
pub struct MakeGraphTable {
    /// The nodes.
    pub table: Expr,
    /// Their key.
    pub on: Name,
}

/// `partitioned-by column (subquery)`
#[derive(Clone, PartialEq, Debug)]
pub struct MakeGraphPartition {
    /// The column by whose values the graph is split.
    pub by: Expr,
    /// The operators that run on each graph.
    pub subquery: Subquery,
}

/// `graph-match parameters patterns where condition project columns`, also `graph-shortest-paths`
#[derive(Clone, PartialEq, Debug)]
pub struct GraphMatch {
    /// `cycles=none`, `output=all`
    pub parameters: OperatorParameters,
    /// Comma separated.
    pub patterns: Vec<GraphPattern>,
    /// After `where`.
    pub condition: Option<Expr>,
    /// After `project`.
    pub project: Vec<Expr>,
}

/// `(a)-[e]->(b)--(c)`
#[derive(Clone, PartialEq, Debug)]
pub struct GraphPattern {
    /// Nodes and edges in turn.
    pub parts: Vec<GraphPart>,
    /// Its position in the text.
    pub span: Span,
}

/// A node or an edge of a pattern.
#[derive(Clone, PartialEq, Debug)]
pub enum GraphPart {
    /// `(a)`, `()`
    Node(Option<Name>, Span),
    /// `-[e*1..3]->`, `<--`
    Edge(GraphEdge),
}

/// `-[name*low..high]->`
#[derive(Clone, PartialEq, Debug)]
pub struct GraphEdge {
    /// Its direction.
    pub direction: GraphDirection,
    /// Its name.
    pub name: Option<Name>,
    /// `*1..3`: the minimum and maximum number of edges
    pub range: Option<(Expr, Expr)>,
    /// Its position in the text.
    pub span: Span,
}

/// The direction of an edge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphDirection {
    /// `-->`
    Right,
    /// `<--`
    Left,
    /// `--`
    Any,
}

/// `nodes as N with_node_id=i`, `edges as E with_source_id=a with_target_id=b`
#[derive(Clone, PartialEq, Debug)]
pub struct GraphOutput {
    /// `nodes` or `edges`
    pub kind: GraphOutputKind,
    /// After `as`.
    pub name: Option<Name>,
    /// `with_node_id`, `with_source_id`, `with_target_id`
    pub parameters: OperatorParameters,
    /// Its position in the text.
    pub span: Span,
}

/// The part of a graph that becomes a table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum GraphOutputKind {
    /// `nodes`
    Nodes,
    /// `edges`
    Edges,
}

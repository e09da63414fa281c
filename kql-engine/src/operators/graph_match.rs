//! `graph-match`: a row for each match of a pattern in a graph.
//!
//! <https://learn.microsoft.com/kusto/query/graph-match-operator>

use crate::bind::{Binder, ColumnNames, PatternNames, PatternVariable, Row};
use crate::functions::dynamic::PACK_ARRAY;
use crate::functions::operators;
use crate::graph::{GraphSearch, Wanted};
use crate::plan::{
    ColumnId, Expr, ExprKind, Graph, GraphCall, GraphCallKind, GraphColumn, GraphCycles, GraphOver, GraphPattern,
    GraphPatternEdge, PlanColumn, Relation, StageKind,
};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast::{self, GraphDirection, GraphPart};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::collections::HashMap;
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, search: &ast::GraphMatch, input: Relation, span: Span) -> Relation {
    let cycles = match super::parameter(&search.parameters, &["cycles"]) {
        None | Some(("unique_edges", _)) => GraphCycles::UniqueEdges,
        Some(("all", _)) => GraphCycles::All,
        Some(("none", _)) => GraphCycles::None,
        Some((_, at)) => {
            binder.error(codes::TERM_EXPECTED, at, "Expected one of: all, none, unique_edges");
            GraphCycles::UniqueEdges
        }
    };
    look(binder, search, input, cycles, Wanted::Matches, span)
}

/// Searches for a pattern.
pub(super) fn look(
    binder: &mut Binder,
    search: &ast::GraphMatch,
    input: Relation,
    cycles: GraphCycles,
    wanted: Wanted,
    span: Span,
) -> Relation {
    let Some(graph) = input.graph.clone() else {
        if !input.open {
            binder.error(codes::GRAPH_EXPECTED, span, "The query operator requires an input graph.");
        }
        return Relation { open: true, ..binder.empty_relation() };
    };
    let mut names = PatternNames { nodes: graph.nodes.clone(), edges: graph.edges.clone(), ..PatternNames::default() };
    let Some(pattern) = pattern(binder, &search.patterns, &graph, &mut names) else {
        return Relation { open: true, ..binder.empty_relation() };
    };
    if !pattern.is_connected() {
        binder.error(codes::DISCONNECTED_PATTERNS, span, "Each pattern must share a node with another pattern.");
    }
    if matches!(wanted, Wanted::Shortest(_)) && pattern.edges.iter().any(|e| e.range.is_some_and(|(low, _)| low == 0)) {
        binder.error(codes::INVALID_PATH_LENGTH, span, "The minimum path length must be at least 1.");
    }
    if search.project.is_empty() {
        let message = "A graph search without project, which returns a graph, is not supported.";
        binder.error(codes::UNSUPPORTED_GRAPH_SEARCH, span, message);
        return Relation { open: true, ..binder.empty_relation() };
    }
    // the columns of each named element, with new ids
    let mut origins: HashMap<ColumnId, GraphColumn> = HashMap::new();
    let mut steps: Vec<(String, Vec<PlanColumn>)> = Vec::new();
    for (name, variable) in &names.variables {
        let own = if matches!(variable, PatternVariable::Node(_)) { &graph.nodes } else { &graph.edges };
        let columns: Vec<PlanColumn> = own.iter().map(|c| PlanColumn { id: binder.new_id(), ..c.clone() }).collect();
        for (place, column) in columns.iter().enumerate() {
            let origin = match variable {
                PatternVariable::Node(n) => GraphColumn::Node(*n, place),
                PatternVariable::Edge(n) | PatternVariable::Path(n) => GraphColumn::Edge(*n, place),
            };
            origins.insert(column.id, origin);
        }
        steps.push((name.clone(), columns));
    }
    let row = Row { steps: &steps, ..Row::default() };
    let outer = binder.pattern.replace(names);
    let condition = search.condition.as_ref().map(|c| binder.predicate(c, row));
    let assigned = binder.assignments(&search.project, row, &mut ColumnNames::default(), None);
    let names = std::mem::replace(&mut binder.pattern, outer).unwrap_or_default();
    let mut calls = names.calls;
    let mut conditions = Vec::new();
    if let Some(condition) = condition.filter(|c| c.kind != ExprKind::Error) {
        conjuncts(condition, &mut conditions);
    }
    for condition in &conditions {
        let paths = paths_of(condition, &origins, &pattern);
        let alone = paths.len() == 1 && reads_only(condition, &origins);
        if !paths.is_empty() && !alone {
            let message = "A condition on edges of variable length cannot be combined with other elements; use all() or \
                 any().";
            binder.error(codes::UNSUPPORTED_GRAPH_SEARCH, condition.span, message);
        }
    }
    let mut columns = Vec::with_capacity(assigned.len());
    let mut outputs = Vec::with_capacity(assigned.len());
    for one in assigned {
        let value = output(binder, one.value, &origins, &pattern, &mut calls);
        columns.push(PlanColumn { ty: value.ty, ..one.column });
        outputs.push(value);
    }
    let broken = outputs.iter().any(Expr::is_error);
    let rows = graph.rows.clone();
    if broken || columns.is_empty() {
        return Relation { columns, open: false, ..binder.empty_relation() };
    }
    let function = GraphSearch { graph, pattern, cycles, wanted, origins, calls, conditions, outputs };
    let staged = binder.staged(rows, StageKind::Table(Some(Arc::new(function))), Some(columns));
    Relation { order: Vec::new(), serialized: false, ..staged }
}

/// The pattern with its nodes and edges numbered.
fn pattern(
    binder: &mut Binder,
    patterns: &[ast::GraphPattern],
    graph: &Graph,
    names: &mut PatternNames,
) -> Option<GraphPattern> {
    let mut result = GraphPattern::default();
    for sequence in patterns {
        let mut edges = Vec::new();
        let mut start = None;
        for part in &sequence.parts {
            match part {
                GraphPart::Node(name, _) => {
                    let node = node(binder, name.as_ref(), &mut result, names)?;
                    match edges.last().and_then(|e: &usize| result.edges.get_mut(*e)) {
                        Some(edge) => edge.to = node,
                        None => start = Some(node),
                    }
                }
                GraphPart::Edge(edge) => {
                    let range = match &edge.range {
                        Some((low, high)) => Some((whole(binder, low)?, whole(binder, high)?)),
                        None => None,
                    };
                    if let Some((low, high)) = range
                        && high < low
                    {
                        let message = "The maximum path length is less than the minimum.";
                        binder.error(codes::INVALID_PATH_LENGTH, edge.span, message);
                        return None;
                    }
                    let ways = match edge.direction {
                        _ if !graph.directed => (true, true),
                        GraphDirection::Right => (true, false),
                        GraphDirection::Left => (false, true),
                        GraphDirection::Any => (true, true),
                    };
                    let number = result.edges.len();
                    if let Some(name) = &edge.name {
                        if names.variables.iter().any(|(n, _)| *n == name.text) {
                            let message = format!("The name '{}' is used twice in the pattern.", name.text);
                            binder.error(codes::PATTERN_NAME_REUSED, name.span, message);
                            return None;
                        }
                        let variable =
                            if range.is_some() { PatternVariable::Path(number) } else { PatternVariable::Edge(number) };
                        names.variables.push((name.text.clone(), variable));
                    }
                    result.edges.push(GraphPatternEdge { to: 0, ways, range });
                    edges.push(number);
                }
            }
        }
        result.sequences.push((start?, edges));
    }
    (!result.sequences.is_empty()).then_some(result)
}

/// The number of a node: a name that is repeated is the same node.
fn node(
    binder: &mut Binder,
    name: Option<&ast::Name>,
    pattern: &mut GraphPattern,
    names: &mut PatternNames,
) -> Option<usize> {
    if let Some(name) = name
        && let Some((_, variable)) = names.variables.iter().find(|(n, _)| *n == name.text)
    {
        if let PatternVariable::Node(n) = variable {
            return Some(*n);
        }
        let message = format!("The name '{}' is already used for an edge of the pattern.", name.text);
        binder.error(codes::PATTERN_NAME_REUSED, name.span, message);
        return None;
    }
    let number = pattern.nodes;
    pattern.nodes += 1;
    if let Some(name) = name {
        names.variables.push((name.text.clone(), PatternVariable::Node(number)));
    }
    Some(number)
}

/// The length of a path.
fn whole(binder: &mut Binder, e: &ast::Expr) -> Option<usize> {
    let bound = super::whole_number(binder, e);
    match bound.as_constant() {
        Some(Value::Long(n)) => usize::try_from(*n).ok(),
        _ => {
            if bound.kind != ExprKind::Error {
                binder.report(Diagnostic::error(
                    codes::INVALID_PATH_LENGTH,
                    e.span,
                    "A path length must be a whole number.",
                ));
            }
            None
        }
    }
}

/// The parts of a condition that must all be true.
fn conjuncts(condition: Expr, into: &mut Vec<Expr>) {
    match condition.kind {
        ExprKind::Call(function, args) if function == &operators::AND => {
            args.into_iter().for_each(|a| conjuncts(a, into))
        }
        kind => into.push(Expr { kind, ..condition }),
    }
}

/// The edges of variable length whose columns an expression reads.
fn paths_of(e: &Expr, origins: &HashMap<ColumnId, GraphColumn>, pattern: &GraphPattern) -> Vec<usize> {
    let mut paths = Vec::new();
    e.walk(&mut |e| {
        if let ExprKind::Column(id) = e.kind
            && let Some(GraphColumn::Edge(n, _)) = origins.get(&id)
            && pattern.edges.get(*n).is_some_and(|edge| edge.range.is_some())
            && !paths.contains(n)
        {
            paths.push(*n);
        }
    });
    paths
}

/// Whether an expression reads the columns of one edge only.
fn reads_only(e: &Expr, origins: &HashMap<ColumnId, GraphColumn>) -> bool {
    let mut edges = Vec::new();
    let mut others = false;
    e.walk(&mut |e| {
        if let ExprKind::Column(id) = e.kind {
            match origins.get(&id) {
                Some(GraphColumn::Edge(n, _)) if !edges.contains(n) => edges.push(*n),
                Some(GraphColumn::Edge(..)) => {}
                _ => others = true,
            }
        }
    });
    edges.len() == 1 && !others
}

/// A column of the result: dynamic if it depends on an edge of variable length, and an array if it reads that edge's
/// columns.
fn output(
    binder: &mut Binder,
    value: Expr,
    origins: &HashMap<ColumnId, GraphColumn>,
    pattern: &GraphPattern,
    calls: &mut Vec<GraphCall>,
) -> Expr {
    let span = value.span;
    match paths_of(&value, origins, pattern).as_slice() {
        [] => {}
        [path] => {
            // each edge of the sequence separately
            let mut columns: Vec<(usize, ColumnId, ScalarType)> = Vec::new();
            value.walk(&mut |e| {
                if let ExprKind::Column(id) = e.kind
                    && let Some(GraphColumn::Edge(n, place)) = origins.get(&id)
                    && n == path
                {
                    columns.push((*place, id, e.ty));
                }
            });
            let width = columns.iter().map(|(place, ..)| place + 1).max().unwrap_or(0);
            let layout = (0..width)
                .map(|at| match columns.iter().find(|(place, ..)| *place == at) {
                    Some((_, id, ty)) => PlanColumn { id: *id, name: String::new(), ty: *ty },
                    None => binder.new_column("", ScalarType::Unknown),
                })
                .collect();
            let id = binder.new_id();
            calls.push(GraphCall {
                id,
                ty: ScalarType::Dynamic,
                kind: GraphCallKind::Map,
                over: GraphOver::Edges(*path),
                columns: layout,
                value: Some(value),
                degrees: Vec::new(),
            });
            return Expr { kind: ExprKind::Column(id), ty: ScalarType::Dynamic, span };
        }
        _ => {
            binder.error(
                codes::UNSUPPORTED_GRAPH_SEARCH,
                span,
                "An expression over several edges of variable length is not supported.",
            );
            return Expr::error(span);
        }
    }
    let mut about_a_path = false;
    value.walk(&mut |e| {
        if let ExprKind::Column(id) = e.kind {
            about_a_path |= calls.iter().any(|c| c.id == id && !matches!(c.over, GraphOver::Node(_)));
        }
    });
    if !about_a_path || matches!(value.ty, ScalarType::Dynamic | ScalarType::Unknown) {
        return value;
    }
    // the value as a dynamic: a string stays a string, whatever its text
    let array = Expr::call(&PACK_ARRAY, vec![value], ScalarType::Dynamic, span);
    let zero = Expr::constant(Value::Long(0), ScalarType::Long, span);
    Expr::call(&operators::ELEMENT, vec![array, zero], ScalarType::Dynamic, Span::default())
}

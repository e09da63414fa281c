//! `make-graph`: converts edges, and tables of nodes, to a graph.
//!
//! Edges and nodes go into one table; the operators after this build the graph from it when they run.
//! <https://learn.microsoft.com/kusto/query/make-graph-operator>

use crate::bind::{Binder, Row};
use crate::plan::{ColumnId, Expr, Graph, GraphNodes, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast::{self, MakeGraphNodes, OperatorKind as K};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, make: &ast::MakeGraph, input: Relation, span: Span) -> Relation {
    if input.partition.is_some() {
        super::not_in_parts(binder, span);
        return input;
    }
    let source = id(binder, &make.source, &input);
    let target = id(binder, &make.target, &input);
    // the tables of nodes, each with its id
    let mut tables: Vec<(Relation, Expr)> = Vec::new();
    let mut own_id = None;
    match &make.nodes {
        Some(MakeGraphNodes::Tables(list)) => {
            for table in list {
                let relation = binder.tabular(&table.table);
                let key = id(binder, &table.on, &relation);
                tables.push((relation, key));
            }
        }
        Some(MakeGraphNodes::Id(name)) => own_id = Some(name.text.clone()),
        None => {}
    }
    let ids: Vec<Expr> = [&source, &target].into_iter().chain(tables.iter().map(|(_, key)| key)).cloned().collect();
    if let Some(other) = ids.iter().find(|e| e.ty != source.ty && ![e.ty, source.ty].contains(&ScalarType::Unknown)) {
        let message = format!("The node ids have different types: {} and {}.", source.ty, other.ty);
        binder.report(
            Diagnostic::error(codes::NODE_ID_TYPES, other.span, message).with_help("convert them to a common type"),
        );
        return open(binder);
    }
    let open_input = input.open || tables.iter().any(|(t, _)| t.open);
    if ids.iter().any(|e| e.ty == ScalarType::Unknown) && !open_input {
        return open(binder);
    }
    let edges = input.columns.clone();
    let mut nodes: Vec<PlanColumn> = Vec::new();
    let mut id_places = Vec::new();
    let mut parts = Vec::new();
    for (relation, key) in &tables {
        let mut places = Vec::with_capacity(relation.columns.len());
        for column in &relation.columns {
            let place = match nodes.iter().position(|c| c.name == column.name) {
                Some(place) => place,
                None => {
                    nodes.push(binder.new_column(column.name.clone(), column.ty));
                    nodes.len() - 1
                }
            };
            if nodes.get(place).is_some_and(|c| c.ty != column.ty) {
                let message = format!("The node column '{}' has different types in the tables of nodes.", column.name);
                binder.error(codes::NODE_COLUMN_TYPES, key.span, message);
                return open(binder);
            }
            places.push(place);
        }
        let key = relation.columns.iter().position(|c| key.kind == Expr::column(c, key.span).kind).unwrap_or(0);
        if let Some(place) = places.get(key)
            && !id_places.contains(place)
        {
            id_places.push(*place);
        }
        parts.push(GraphNodes { places, key });
    }
    if let Some(name) = own_id {
        id_places.push(nodes.len());
        nodes.push(binder.new_column(name, source.ty));
    }
    let id_type = source.ty;
    let rows = rows(binder, input, [source, target], tables.into_iter().map(|(t, _)| t).collect());
    let rows = Relation { open: open_input, ..rows };
    let graph = Graph {
        rows,
        edges,
        nodes,
        tables: parts,
        ids: id_places,
        id_type,
        directed: make.directed,
        steps: Vec::new(),
        partition: None,
    };
    match &make.partitioned_by {
        None => Relation { graph: Some(Arc::new(graph)), ..Relation::default() },
        Some(partition) => partitioned(binder, partition, graph),
    }
}

/// A replacement for a graph that cannot be created.
fn open(binder: &mut Binder) -> Relation {
    Relation { open: true, ..binder.empty_relation() }
}

/// The id column.
fn id(binder: &mut Binder, name: &ast::Name, input: &Relation) -> Expr {
    let e = ast::Expr { kind: ast::ExprKind::Name(name.clone()), span: name.span };
    let bound = binder.expr(&e, Row::of(input));
    if bound.ty == ScalarType::Dynamic {
        let message = "Node ids cannot be dynamic; convert them to another type.";
        binder.error(codes::DYNAMIC_NODE_ID, name.span, message);
        return Expr::error(name.span);
    }
    bound
}

/// Edges and nodes in one table.
fn rows(binder: &mut Binder, edges: Relation, ends: [Expr; 2], tables: Vec<Relation>) -> Relation {
    let numbered = binder.window(edges, Vec::new());
    let order = numbered.order.clone();
    let mut columns = vec![binder.new_column("", ScalarType::Long)];
    columns.extend(ends.iter().map(|e| binder.new_column("", e.ty)));
    let all = std::iter::once(&numbered).chain(&tables);
    let widths: Vec<usize> = all.clone().map(|t| t.columns.len()).collect();
    for table in all {
        columns.extend(table.columns.iter().map(|c| PlanColumn { id: binder.new_id(), ..c.clone() }));
    }
    // edges and nodes keep their order
    let row = binder.new_column("", ScalarType::Long);
    let mut inputs = Vec::with_capacity(widths.len());
    let mut skipped = 3;
    for n in 0..widths.len() {
        let table = match n {
            0 => numbered.clone(),
            n => match tables.get(n - 1) {
                Some(table) => binder.window(table.clone(), Vec::new()),
                None => continue,
            },
        };
        let width = widths.get(n).copied().unwrap_or(0);
        let mut pairs: Vec<(ColumnId, Expr)> = Vec::with_capacity(columns.len() + 1);
        for (i, column) in columns.iter().enumerate() {
            let value = match i {
                0 => Expr::constant(Value::Long(n as i64), ScalarType::Long, Span::default()),
                1 | 2 if n == 0 => ends.get(i - 1).cloned().unwrap_or_else(|| crate::plan::missing(column.ty)),
                _ => match i.checked_sub(skipped).filter(|at| *at < width).and_then(|at| table.columns.get(at)) {
                    Some(own) => Expr::column(own, Span::default()),
                    None => crate::plan::missing(column.ty),
                },
            };
            pairs.push((column.id, value));
        }
        let number = table.order.last().map(|k| PlanColumn { id: k.column, ..row.clone() });
        let number = number.map_or_else(|| crate::plan::missing(row.ty), |c| Expr::column(&c, Span::default()));
        pairs.push((row.id, number));
        inputs.push(Arc::new(Node::Project { input: table.node.clone(), columns: pairs }));
        skipped += width;
    }
    let ids = columns.iter().chain([&row]).map(|c| (c.id, c.ty)).collect();
    let tag = columns.first().map_or(row.id, |c| c.id);
    let key = |column| crate::plan::OrderKey { column, ascending: true, nulls_first: true };
    let ordered = !order.is_empty();
    Relation {
        node: Arc::new(Node::Union { inputs, columns: ids }),
        columns,
        order: if ordered { vec![key(tag), key(row.id)] } else { Vec::new() },
        ..Relation::default()
    }
}

/// `partitioned-by`: one graph for each value of a column of the edges.
fn partitioned(binder: &mut Binder, partition: &ast::MakeGraphPartition, graph: Graph) -> Relation {
    let edges = Relation { columns: graph.edges.clone(), open: graph.rows.open, ..Relation::default() };
    let by = binder.expr(&partition.by, Row::of(&edges));
    let column = graph.edges.iter().position(|c| by.kind == Expr::column(c, by.span).kind);
    let Some(place) = column else {
        if by.ty != ScalarType::Unknown {
            binder.error(codes::COLUMN_EXPECTED, partition.by.span, "Column name expected.");
        }
        return open(binder);
    };
    let name = graph.edges.get(place).map(|c| c.name.clone()).unwrap_or_default();
    let node = graph.nodes.iter().position(|c| c.name == name && c.ty == by.ty);
    if !graph.rows.open && !graph.tables.iter().all(|table| node.is_some_and(|node| table.places.contains(&node))) {
        let message = "Each table of nodes must have the partitioned-by column.";
        binder.error(codes::PARTITIONED_BY_COLUMN, partition.by.span, message);
        return open(binder);
    }
    let graph = Graph { partition: Some((place, node)), ..graph };
    // after the search, only operators that use single rows: the rows of all graphs are in one table
    for (i, operator) in partition.subquery.pipeline.operators.iter().enumerate() {
        let fits = match operator.kind {
            K::GraphMatch(_) | K::GraphShortestPaths(_) => i == 0,
            K::Where(_)
            | K::Extend(_)
            | K::Project(_)
            | K::ProjectAway(_)
            | K::ProjectKeep(_)
            | K::ProjectRename(_) => i > 0,
            K::Error => true,
            _ => false,
        };
        if !fits {
            let message = "partitioned-by expects graph-match or graph-shortest-paths, followed only by \
                 project, extend and where.";
            binder.error(codes::PARTITIONED_BY_OPERATOR, operator.name_span, message);
            return open(binder);
        }
    }
    let relation = Relation { graph: Some(Arc::new(graph)), ..Relation::default() };
    binder.subquery(&partition.subquery.pipeline, relation)
}

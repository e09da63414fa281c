//! Tabular operators: the columns that each returns, and its plan. One file per operator, named as in
//! `kql-parser/src/grammar/operators`.

mod as_;
mod assert_schema;
mod consume;
mod count;
pub mod datatable;
mod distinct;
mod evaluate;
mod extend;
pub mod externaldata;
mod facet;
mod find;
mod fork;
mod getschema;
mod graph_mark_components;
mod graph_match;
mod graph_shortest_paths;
mod graph_to_table;
mod graph_where;
mod invoke;
pub mod join;
mod lookup;
mod macro_expand;
mod make_graph;
mod make_series;
mod mv_apply;
mod mv_expand;
mod parse;
mod parse_kv;
mod partition;
mod print;
mod project;
mod project_away;
mod project_by_names;
mod project_keep;
mod project_rename;
mod project_reorder;
mod range;
mod reduce;
mod render;
mod sample;
mod sample_distinct;
mod scan;
mod search;
mod serialize;
mod sort;
mod summarize;
mod take;
mod top;
mod top_hitters;
mod top_nested;
mod union;
mod where_;

pub use lookup::first_match;

use crate::bind::Binder;
use crate::plan::{Expr, PlanColumn, Relation};
use kql_parser::ast::{self, OperatorKind as K};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

/// Binds an operator after a pipe.
pub fn bind(binder: &mut Binder, operator: &ast::Operator, input: Relation) -> Relation {
    let input = prepared(binder, operator, input);
    let drops = crate::bind::dropped::operator(&operator.kind).filter(|_| !binder.in_saved_function());
    let before = if binder.records() || drops.is_some() { input.columns.clone() } else { Vec::new() };
    let earlier = input.dropped.clone();
    let mut result = if input.open {
        binder.with_found_names(input, |binder, input| bound(binder, operator, input))
    } else {
        bound(binder, operator, input)
    };
    // a hidden column that was reordered, renamed, or replaced by one with its name is not hidden any more
    let columns = &result.columns;
    result.hidden.retain(|h| columns.iter().all(|c| c.id != h.id && c.name != h.name));
    binder.record_operator(operator, &before, &result);
    crate::bind::dropped::remember(&mut result.dropped, &earlier);
    // the list is not copied for each of many operators
    drop(earlier);
    if let Some(name) = drops
        && let Some(step) = crate::bind::dropped::between(name, operator, &before, &result.columns)
    {
        Arc::make_mut(&mut result.dropped).push(step);
    }
    // only the table itself, and what `as` names, has a name
    if matches!(operator.kind, K::As(_)) { result } else { Relation { name: None, ..result } }
}

/// The input with the columns that the operator names, if it is open, and with known types for operators that depend
/// on types.
fn prepared(binder: &mut Binder, operator: &ast::Operator, mut input: Relation) -> Relation {
    match &operator.kind {
        K::ProjectAway(list) | K::ProjectKeep(list) => binder.open_arguments(&mut input, list),
        K::ProjectReorder(list) => list.iter().for_each(|item| {
            binder.open_arguments(&mut input, std::slice::from_ref(&item.column));
        }),
        K::ProjectRename(list) => list.iter().for_each(|item| {
            let (_, value) = named(item);
            binder.open_arguments(&mut input, std::slice::from_ref(value));
        }),
        K::Facet(facet) => binder.open_arguments(&mut input, &facet.by),
        K::Partition(partition) => binder.open_arguments(&mut input, std::slice::from_ref(&partition.by)),
        K::PartitionBy(partition) => binder.open_arguments(&mut input, std::slice::from_ref(&partition.by)),
        K::Evaluate(evaluate) => {
            binder.open_arguments(&mut input, &evaluate.call.args);
            return binder.with_known_types(input);
        }
        K::Scan(_)
        | K::MakeSeries(_)
        | K::Reduce(_)
        | K::MakeGraph(_)
        | K::TopNested(_)
        | K::TopHitters(_)
        | K::GetSchema(_) => {
            return binder.with_known_types(input);
        }
        _ => {}
    }
    input
}

fn bound(binder: &mut Binder, operator: &ast::Operator, input: Relation) -> Relation {
    if input.graph.is_some() && !of_graphs(&operator.kind) {
        binder.error(codes::TABLE_NOT_GRAPH, operator.name_span, "Expected a table, but this is a graph.");
        return Relation { open: true, ..binder.empty_relation() };
    }
    match &operator.kind {
        K::Where(predicate) => where_::bind(binder, predicate, input),
        K::Extend(columns) => extend::bind(binder, columns, input),
        K::Serialize(serialize) => serialize::bind(binder, serialize, input),
        K::Project(columns) => project::bind(binder, columns, input),
        K::ProjectAway(columns) => project_away::bind(binder, columns, input),
        K::ProjectByNames(names) => project_by_names::bind(binder, names, input),
        K::ProjectKeep(columns) => project_keep::bind(binder, columns, input),
        K::ProjectRename(columns) => project_rename::bind(binder, columns, input),
        K::ProjectReorder(columns) => project_reorder::bind(binder, columns, input),
        K::Union(_) if input.partition.is_some() => {
            not_in_parts(binder, operator.name_span);
            input
        }
        K::Union(union) => union::bind(binder, union, Some(input)),
        K::Sort(sort) => sort::bind(binder, sort, input),
        K::Top(top) => top::bind(binder, top, input),
        K::Take(count) => take::bind(binder, count, input),
        K::Count(name) => count::bind(binder, name.as_ref(), input, operator.span),
        K::Distinct(distinct) => distinct::bind(binder, distinct, input),
        K::Summarize(summarize) => summarize::bind(binder, summarize, input),
        K::Join(join) => join::bind(binder, join, input, operator.span),
        K::Lookup(join) => lookup::bind(binder, join, input, operator.span),
        K::MvExpand(mv_expand) => mv_expand::bind(binder, mv_expand, input),
        K::MvApply(mv_apply) => mv_apply::bind(binder, mv_apply, input),
        K::Partition(partition) => partition::bind(binder, partition, input, operator.span),
        K::MakeSeries(series) => make_series::bind(binder, series, input, operator.span),
        K::Evaluate(evaluate) => evaluate::bind(binder, evaluate, input),
        K::Parse(parse) => parse::bind(binder, parse, input, parse::Unmatched::Keep, operator.span),
        K::ParseWhere(parse) => parse::bind(binder, parse, input, parse::Unmatched::Drop, operator.span),
        K::ParseKv(parse) => parse_kv::bind(binder, parse, input),
        K::Invoke(call) => invoke::bind(binder, call, input),
        K::GetSchema(_) => getschema::bind(binder, input, operator.span),
        K::Sample(sample) => sample::bind(binder, sample, input),
        K::SampleDistinct(sample) => sample_distinct::bind(binder, sample, input),
        K::TopHitters(top) => top_hitters::bind(binder, top, input, operator.span),
        K::TopNested(levels) => top_nested::bind(binder, levels, input),
        K::Scan(scan) => scan::bind(binder, scan, input, operator.span),
        K::Search(search) => search::bind(binder, search, Some(input), operator.span),
        K::MakeGraph(make) => make_graph::bind(binder, make, input, operator.name_span),
        K::GraphMatch(search) => graph_match::bind(binder, search, input, operator.name_span),
        K::GraphShortestPaths(search) => graph_shortest_paths::bind(binder, search, input, operator.name_span),
        K::GraphMarkComponents(parameters) => {
            graph_mark_components::bind(binder, parameters, input, operator.name_span)
        }
        K::GraphWhereNodes(condition) => graph_where::nodes(binder, condition, input, operator.name_span),
        K::GraphWhereEdges(condition) => graph_where::edges(binder, condition, input, operator.name_span),
        K::GraphToTable(outputs) => graph_to_table::bind(binder, outputs, input, operator.name_span),
        K::As(as_operator) => as_::bind(binder, as_operator, input, operator.name_span),
        K::Fork(branches) => fork::bind(binder, branches, input),
        K::Facet(facet) => facet::bind(binder, facet, input),
        K::Consume(_) => consume::bind(binder, input, operator.span),
        K::AssertSchema(columns) => assert_schema::bind(binder, columns, input, operator.span),
        // a hint to Kusto's own execution: the rows are the same
        K::ExecuteAndCache => input,
        K::PartitionBy(partition) => partition::bind_by(binder, partition, input, operator.span),
        K::Reduce(reduce) => reduce::bind(binder, reduce, input, operator.span),
        K::Render(render) => render::bind(render, input),
        K::Print(_) | K::Range(_) | K::Find(_) => {
            binder.error(
                codes::OPERATOR_EXPECTED,
                operator.name_span,
                "This operator can only start a query; it cannot follow a pipe.",
            );
            input
        }
        K::Error => Relation { open: true, ..input },
        #[allow(unreachable_patterns)] // what the parser knows and the engine does not run yet
        _ => unsupported(binder, operator, Some(input)),
    }
}

/// At most `count` rows.
pub fn at_most(binder: &mut Binder, count: &ast::Expr, input: Relation) -> Relation {
    let (name, title) = (input.name.clone(), input.title.clone());
    Relation { name, title, ..take::bind(binder, count, input) }
}

/// Whether the input of an operator is a graph.
fn of_graphs(operator: &K) -> bool {
    matches!(
        operator,
        K::GraphMatch(_)
            | K::GraphShortestPaths(_)
            | K::GraphMarkComponents(_)
            | K::GraphToTable(_)
            | K::GraphWhereNodes(_)
            | K::GraphWhereEdges(_)
            | K::Error
    )
}

/// Binds an operator at the start of a pipeline.
pub fn bind_source(binder: &mut Binder, operator: &ast::Operator) -> Relation {
    let result = bound_source(binder, operator);
    binder.record_operator(operator, &[], &result);
    result
}

fn bound_source(binder: &mut Binder, operator: &ast::Operator) -> Relation {
    match &operator.kind {
        K::Print(columns) => print::bind(binder, columns, operator.span),
        K::Range(range) => range::bind(binder, range, operator.span),
        K::Union(union) => union::bind(binder, union, None),
        K::Search(search) => search::bind(binder, search, None, operator.span),
        K::Find(find) => find::bind(binder, find, operator.span),
        K::MacroExpand(expand) => macro_expand::bind(binder, expand, operator.span),
        K::Error => binder.empty_relation(),
        _ => unsupported(binder, operator, None),
    }
}

fn unsupported(binder: &mut Binder, operator: &ast::Operator, input: Option<Relation>) -> Relation {
    binder.report(
        Diagnostic::error(codes::UNSUPPORTED_OPERATOR, operator.name_span, "This operator is not supported yet.")
            .with_help("see docs/deviations.md for what is supported"),
    );
    match input {
        Some(input) => Relation { open: true, ..input },
        None => binder.empty_relation(),
    }
}

/// Reports an operator that cannot process the parts of a table separately.
fn not_in_parts(binder: &mut Binder, span: Span) {
    binder.error(codes::UNSUPPORTED_INSIDE, span, "This operator is not supported inside mv-apply or partition.");
}

/// The name given to an expression, and the expression.
fn named(e: &ast::Expr) -> (Option<&ast::Name>, &ast::Expr) {
    match &e.kind {
        ast::ExprKind::Named(named) if !named.tuple => (named.names.first(), &named.value),
        _ => (None, e),
    }
}

/// The value of a parameter such as `kind=inner`.
fn parameter<'p>(parameters: &'p [ast::Property], names: &[&str]) -> Option<(&'p str, Span)> {
    let property = parameters.iter().find(|p| names.contains(&p.name.text.as_str()))?;
    match &property.value.kind {
        ast::ExprKind::Name(name) => Some((&name.text, property.value.span)),
        ast::ExprKind::Literal(ast::Literal::String(text)) => Some((text, property.value.span)),
        ast::ExprKind::Literal(ast::Literal::Bool(Some(b))) => {
            Some((if *b { "true" } else { "false" }, property.value.span))
        }
        _ => Some(("", property.value.span)),
    }
}

/// Whether `name` matches a pattern with `*`.
fn matches_wildcard(pattern: &str, name: &str) -> bool {
    let mut parts = pattern.split('*');
    let Some(mut rest) = parts.next().and_then(|first| name.strip_prefix(first)) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = rest.get(at + part.len()..).unwrap_or(""),
            None => return false,
        }
    }
    rest.ends_with(last)
}

/// The columns that names and wildcards match, in the order of the list; reports those that match none.
fn named_columns(binder: &mut Binder, list: &[ast::Expr], input: &Relation) -> Vec<PlanColumn> {
    let mut found: Vec<PlanColumn> = Vec::new();
    for e in list {
        for column in columns_of(binder, e, input) {
            if found.iter().all(|c| c.id != column.id) {
                found.push(column);
            }
        }
    }
    found
}

/// The columns that a name or a wildcard matches; reports if there are none.
fn columns_of(binder: &mut Binder, e: &ast::Expr, input: &Relation) -> Vec<PlanColumn> {
    let pattern = match &e.kind {
        ast::ExprKind::Star => return input.columns.clone(),
        ast::ExprKind::Wildcard(pattern) => pattern,
        ast::ExprKind::Name(name) => {
            let found: Vec<PlanColumn> = crate::bind::Row::of(input).find(&name.text).cloned().into_iter().collect();
            if found.is_empty() && !input.open {
                binder.expr(e, crate::bind::Row { columns: &input.columns, ..Default::default() });
            }
            return found;
        }
        ast::ExprKind::Error => return Vec::new(),
        _ => {
            binder.error(codes::COLUMN_EXPECTED, e.span, "Column name expected.");
            return Vec::new();
        }
    };
    let found: Vec<PlanColumn> =
        input.columns.iter().filter(|c| matches_wildcard(&pattern.text, &c.name)).cloned().collect();
    if found.is_empty() && !input.open {
        let message = format!("The name '{}' does not refer to any known column.", pattern.text);
        binder.error(codes::UNKNOWN_NAME, e.span, message);
    }
    found
}

/// A constant whole number, as in `take`.
fn whole_number(binder: &mut Binder, e: &ast::Expr) -> Expr {
    let bound = binder.expr(e, crate::bind::Row::default());
    if !bound.ty.is_integer() && bound.ty != crate::types::ScalarType::Unknown {
        binder.error(codes::INTEGER_EXPECTED, e.span, "The expression value must be an integer.");
        return Expr::error(e.span);
    }
    bound.convert(crate::types::ScalarType::Long)
}

/// Reports a value that cannot be compared or grouped.
pub fn not_dynamic(binder: &mut Binder, value: &Expr) {
    if value.ty == crate::types::ScalarType::Dynamic {
        binder.report(
            Diagnostic::error(
                codes::TYPE_NOT_ALLOWED,
                value.span,
                "The value of type 'dynamic' is not allowed in this context.",
            )
            .with_help("convert it first, for example with tostring()"),
        );
    }
}

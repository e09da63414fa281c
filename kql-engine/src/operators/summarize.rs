//! `summarize`: groups and aggregates.
//!
//! <https://learn.microsoft.com/kusto/query/summarize-operator>

use crate::bind::{Assigned, Binder, ColumnNames, Row};
use crate::plan::{Aggregate, ColumnId, Expr, ExprKind, PlanColumn, Relation};
use crate::registry::{self, OutputPlace, Outputs, ResultName};
use kql_parser::ast;
use kql_parser::codes;

pub(super) fn bind(binder: &mut Binder, summarize: &ast::Summarize, input: Relation) -> Relation {
    if let Some(bin) = &summarize.bin {
        binder.error(
            codes::UNSUPPORTED_SYNTAX,
            bin.span,
            "The legacy form bin=... after the groups is not supported; use bin(column, size).",
        );
    }
    let mut names = ColumnNames::default();
    let row = Row::of(&input);
    let groups = binder.assignments(&summarize.by, row, &mut names, None);
    for group in &groups {
        super::not_dynamic(binder, &group.value);
    }
    let mut results = Vec::new();
    let mut aggregates = Vec::new();
    for e in &summarize.aggregates {
        one(binder, e, &input, &groups, &mut names, &mut results, &mut aggregates);
    }
    let input = binder.with_windows(input);
    let mut columns: Vec<PlanColumn> = groups.iter().map(|g| g.column.clone()).collect();
    let mut pairs = crate::plan::identity(&columns);
    for result in results {
        pairs.push((result.column.id, result.value));
        columns.push(result.column);
    }
    // `*` includes columns that no part of the query has named yet
    let open = input.open && summarize.aggregates.iter().any(takes_all);
    let groups = groups.into_iter().map(|g| (g.column.id, g.value)).collect();
    let grouped = Relation {
        node: crate::bind::grouped(&input, groups, aggregates),
        partition: input.partition.clone(),
        ..Relation::default()
    };
    Relation {
        node: crate::plan::project(&grouped, pairs),
        columns,
        open,
        partition: grouped.partition,
        ..Relation::default()
    }
}

/// Whether an aggregate has a `*` among its arguments.
fn takes_all(e: &ast::Expr) -> bool {
    match &super::named(e).1.kind {
        ast::ExprKind::Call(call) => call.args.iter().any(|a| a.kind == ast::ExprKind::Star),
        ast::ExprKind::Named(named) => takes_all(&named.value),
        _ => false,
    }
}

fn one(
    binder: &mut Binder,
    e: &ast::Expr,
    input: &Relation,
    groups: &[Assigned],
    names: &mut ColumnNames,
    results: &mut Vec<Assigned>,
    aggregates: &mut Vec<Aggregate>,
) {
    let (given, value): (&[ast::Name], &ast::Expr) = match &e.kind {
        ast::ExprKind::Named(named) => (&named.names, &named.value),
        _ => (&[], e),
    };
    let row = Row { aggregates_only: true, ..Row::of(input) };
    if let ast::ExprKind::Call(call) = &value.kind
        && let Some(function) = crate::aggregates::aggregate(&call.name.text)
        && function.outputs != Outputs::One
    {
        // `*` excludes the columns by which the rows are grouped
        let keys: Vec<ColumnId> = groups
            .iter()
            .filter_map(|g| match g.value.kind {
                ExprKind::Column(id) => Some(id),
                _ => None,
            })
            .collect();
        let rest: Vec<PlanColumn> = input.columns.iter().filter(|c| !keys.contains(&c.id)).cloned().collect();
        let wanted = output_names(binder, function, call, &rest, input);
        binder.with_aggregates(aggregates, |binder| binder.aggregate(function, call, value.span, row, &rest));
        let Some(outputs) = aggregates.last().filter(|a| a.span == value.span).map(|a| a.outputs.clone()) else {
            return;
        };
        for (i, (id, ty)) in outputs.into_iter().enumerate() {
            let name = match given.get(i) {
                Some(name) => match names.declare(&name.text) {
                    Some(text) => text,
                    None => {
                        binder.already_declared(&name.text, name.span);
                        continue;
                    }
                },
                None => {
                    let own = wanted.get(i).cloned().flatten();
                    names.invent(&own.unwrap_or_else(|| binder.unnamed(&[])))
                }
            };
            let value = Expr { kind: ExprKind::Column(id), ty, span: value.span };
            results.push(Assigned { column: PlanColumn { id: binder.new_id(), name, ty }, value });
        }
        return;
    }
    let bound = binder.with_aggregates(aggregates, |binder| binder.expr(value, row));
    let name = match given {
        [] => {
            let own = binder.result_name(value, row);
            names.invent(&own.unwrap_or_else(|| binder.unnamed(&[])))
        }
        [name] => match names.declare(&name.text) {
            Some(text) => text,
            None => return binder.already_declared(&name.text, name.span),
        },
        _ => {
            binder.error(
                codes::SEVERAL_NAMES,
                e.span,
                "The expression returns one column, but several names are assigned to it.",
            );
            return;
        }
    };
    let ty = bound.ty;
    results.push(Assigned { column: binder.new_column(name, ty), value: bound });
}

/// The default names of the columns of `arg_max(t, x, *)`.
fn output_names(
    binder: &Binder,
    function: &registry::AggregateFunction,
    call: &ast::Call,
    rest: &[PlanColumn],
    input: &Relation,
) -> Vec<Option<String>> {
    let rule = function.result_name(&call.name.text);
    if let (ResultName::Percentage(prefix), Outputs::EachFrom(from)) = (rule, function.outputs) {
        let of = call.args.first().and_then(|a| binder.result_name(a, Row::of(input)));
        return call.args.iter().skip(from).map(|p| Some(Binder::percentage_name(prefix, of.clone(), p))).collect();
    }
    let mut names = Vec::new();
    for arg in &call.args {
        if arg.kind == ast::ExprKind::Star {
            let skip = call.args.first().and_then(|a| crate::bind::plain_column_name(a, Row::of(input)));
            for column in rest.iter().filter(|c| Some(&c.name) != skip.as_ref()) {
                names.push(Some(column.name.clone()));
            }
        } else {
            names.push(binder.result_name(arg, Row::of(input)));
        }
    }
    let first = names.first().cloned().flatten().unwrap_or_default();
    let of = names.len();
    let named = |(at, name)| match rule {
        ResultName::Each(rule) => rule(&OutputPlace { at, of, first: &first }, name),
        _ => name,
    };
    names.into_iter().enumerate().map(named).collect()
}

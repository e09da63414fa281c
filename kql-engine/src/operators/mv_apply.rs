//! `mv-apply`: a subquery over the elements of arrays or bags of each row.
//!
//! The rows are numbered and expanded. The subquery processes the elements of each number, and the other columns of the
//! row are carried along. A row without elements returns nothing.
//! <https://learn.microsoft.com/kusto/query/mv-apply-operator>

use crate::bind::{Binder, Row};
use crate::plan::{Expr, OrderKey, Partition, PlanColumn, Relation};
use kql_parser::{Span, ast};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, apply: &ast::MvApply, input: Relation) -> Relation {
    if let Some(partition) = input.partition.clone() {
        // a nested subquery: the columns that identify the outer part are carried through the inner one
        let carried: Vec<PlanColumn> = partition.keys.iter().chain(&partition.carried).cloned().collect();
        let inner = Relation { partition: None, ..input.clone() };
        let applied = apply_to(binder, apply, inner, &carried);
        return Relation { partition: Some(partition), ..applied };
    }
    apply_to(binder, apply, input, &[])
}

/// The name of an element: given by the query, or the name of its expression if that is more than a column.
fn new_name(binder: &Binder, e: &ast::Expr, input: &Relation) -> Option<String> {
    let row = Row::of(input);
    match super::named(e) {
        (Some(name), _) => Some(name.text.clone()),
        (None, value) if crate::bind::plain_column(value, row).is_some() => None,
        (None, value) => binder.result_name(value, row),
    }
}

fn apply_to(binder: &mut Binder, apply: &ast::MvApply, input: Relation, outer: &[PlanColumn]) -> Relation {
    let source = input.columns.clone();
    let visible = input.columns.clone();
    // columns that must not be lost: those of enclosing parts, and unlisted ones
    let hidden: Vec<PlanColumn> = outer.iter().chain(&input.hidden).cloned().collect();
    let numbered = binder.window(Relation { columns: visible, ..input.clone() }, Vec::new());
    let Some(row) = numbered.order.last().map(|k| k.column) else { return input };
    let row = PlanColumn { id: row, name: String::new(), ty: crate::types::ScalarType::Long };
    // an element with the name of a column hides that column only in the subquery
    let given: Vec<String> = apply.columns.iter().filter_map(|e| new_name(binder, &e.expr, &input)).collect();
    let behind: Vec<PlanColumn> = source.iter().filter(|c| given.contains(&c.name)).cloned().collect();
    let mut kept = numbered.clone();
    let both = hidden.iter().chain(&behind).cloned().collect();
    kept.partition = Some(Arc::new(Partition { keys: vec![row.clone()], carried: both }));
    let expand = ast::MvExpand {
        parameters: apply.parameters.clone(),
        legacy: false,
        columns: apply.columns.clone(),
        limit: apply.limit.clone(),
    };
    let expanded = super::mv_expand::bind(binder, &expand, kept);
    // columns of the source that were not expanded have one value for each row
    let carried: Vec<PlanColumn> =
        source.iter().filter(|c| expanded.columns.iter().chain(&behind).any(|e| e.id == c.id)).cloned().collect();
    let all: Vec<PlanColumn> = carried.iter().chain(&hidden).cloned().collect();
    // hidden copies: the subquery can drop or change the columns that it sees
    let copies: Vec<PlanColumn> = all.iter().map(|c| PlanColumn { id: binder.new_id(), ..c.clone() }).collect();
    let mut pairs = crate::plan::identity(&expanded.columns);
    pairs.extend(copies.iter().zip(&all).map(|(copy, c)| (copy.id, Expr::column(c, Span::default()))));
    let order = vec![
        OrderKey { column: row.id, ascending: true, nulls_first: true },
        // the elements in their order
        *expanded.order.last().unwrap_or(&OrderKey { column: row.id, ascending: true, nulls_first: true }),
    ];
    let both = hidden.iter().chain(&behind).cloned().collect();
    let expanded = Relation {
        partition: Some(Arc::new(Partition { keys: vec![row.clone()], carried: both })),
        order: order.clone(),
        serialized: true,
        ..expanded
    };
    let node = crate::plan::project(&expanded, pairs);
    let parts = Partition { keys: vec![row.clone()], carried: copies.clone() };
    let parted = Relation { node, order, partition: Some(Arc::new(parts)), ..expanded };
    let result = binder.subquery(&apply.subquery.pipeline, parted);
    // the source's columns first, then those that the subquery adds
    let mut columns: Vec<PlanColumn> = Vec::new();
    let mut pairs: Vec<(crate::plan::ColumnId, Expr)> = Vec::new();
    for (copy, original) in copies.iter().zip(&all).take(carried.len()) {
        let column = match result.columns.iter().find(|c| c.name == original.name) {
            Some(own) => own.clone(),
            None => PlanColumn { name: original.name.clone(), ..copy.clone() },
        };
        pairs.push((column.id, Expr::column(&column, Span::default())));
        columns.push(column);
    }
    for column in &result.columns {
        if columns.iter().all(|c| c.name != column.name) {
            pairs.push((column.id, Expr::column(column, Span::default())));
            columns.push(column.clone());
        }
    }
    // columns that were hidden outside this subquery get their old ids again
    for (copy, original) in copies.iter().zip(&all).skip(carried.len()) {
        if pairs.iter().all(|(id, _)| *id != original.id) {
            pairs.push((original.id, Expr::column(copy, Span::default())));
        }
    }
    let by_row = vec![OrderKey { column: row.id, ascending: true, nulls_first: true }];
    // rows are in the order of the source, and within one row in that of the subquery
    let mut order = by_row;
    order.extend(result.order.iter().filter(|k| k.column != row.id).copied());
    let unordered = input.order.is_empty();
    let relation = Relation { order: order.clone(), hidden: Vec::new(), ..result };
    let node = crate::plan::project(&relation, pairs);
    Relation {
        node,
        columns,
        order: if unordered { Vec::new() } else { order },
        serialized: input.serialized,
        open: input.open || relation.open,
        hidden: input.hidden,
        ..Relation::default()
    }
}

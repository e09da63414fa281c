//! `top-nested`: the best values of a column, within each of them the best of the next, and so on.
//!
//! Each level groups by all columns up to its own and ranks the values within each combination of the previous levels;
//! the levels are then joined. `with others` adds a row for all other values: rows that are among the best of the first
//! levels but not of the next are summarized in one row, also for all levels below.
//! <https://learn.microsoft.com/kusto/query/top-nested-operator>

use crate::bind::{Binder, ColumnNames, Row};
use crate::plan::{ColumnId, Expr, JoinKind, Node, OrderKey, Partition, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};
use std::sync::Arc;

/// A group key of a level.
struct Key {
    name: String,
    value: Expr,
    /// The value that stands for all other values.
    others: Option<Expr>,
}

pub(super) fn bind(binder: &mut Binder, levels: &[ast::TopNestedLevel], input: Relation) -> Relation {
    if input.partition.is_some() {
        super::not_in_parts(binder, levels.first().map_or(Span::default(), |l| l.span));
        return input;
    }
    // names and values of the columns up to the level
    let mut keys: Vec<Key> = Vec::new();
    let mut names = ColumnNames::default();
    // the best of the first level, of the first two, and so on
    let mut tops: Vec<Relation> = Vec::new();
    // the best of each level separately
    let mut alone: Vec<Relation> = Vec::new();
    for level in levels {
        let (given, of) = super::named(&level.of);
        let value = binder.expr(of, Row::of(&input));
        super::not_dynamic(binder, &value);
        let own = given.map(|n| n.text.clone()).or_else(|| binder.result_name(of, Row::of(&input)));
        let name = names.invent(&own.unwrap_or_else(|| binder.unnamed(&[])));
        let (rank, _) = super::named(&level.by.expr);
        let rank = names.invent(&rank.map_or_else(|| format!("aggregated_{name}"), |n| n.text.clone()));
        let others = others(binder, level, &value);
        keys.push(Key { name, value, others });
        let one = one_level(binder, level, &input, &keys, rank);
        alone.push(one.clone());
        tops.push(match tops.last() {
            None => one,
            Some(before) => joined(binder, before.clone(), one, keys.len() - 1),
        });
    }
    let Some(whole) = tops.last().cloned() else { return input };
    if keys.iter().all(|k| k.others.is_none()) {
        return whole;
    }
    let identity = whole.columns.iter().map(|c| Expr::column(c, Span::default())).collect();
    let mut inputs: Vec<(Arc<Node>, Vec<Expr>)> = vec![(whole.node.clone(), identity)];
    for depth in 0..levels.len() {
        if keys.iter().skip(depth).any(|k| k.others.is_some())
            && let Some(rest) = rest(binder, levels, &input, &keys, &alone, depth, tops.get(depth.wrapping_sub(1)))
        {
            inputs.push(rest);
        }
    }
    let columns: Vec<PlanColumn> = whole.columns.iter().map(|c| binder.new_column(c.name.clone(), c.ty)).collect();
    let ids: Vec<(ColumnId, ScalarType)> = columns.iter().map(|c| (c.id, c.ty)).collect();
    let inputs = inputs
        .into_iter()
        .map(|(input, values)| {
            let columns = ids.iter().map(|(id, _)| *id).zip(values).collect();
            Arc::new(Node::Project { input, columns })
        })
        .collect();
    Relation { node: Arc::new(Node::Union { inputs, columns: ids }), columns, open: whole.open, ..Relation::default() }
}

/// The value that stands for all other values, in the type of the values.
fn others(binder: &mut Binder, level: &ast::TopNestedLevel, value: &Expr) -> Option<Expr> {
    let bound = binder.expr(level.others.as_ref()?, Row::default());
    let fits = bound.ty == value.ty || (bound.ty.is_number() && value.ty.is_number());
    if !fits && bound.ty != ScalarType::Unknown && value.ty != ScalarType::Unknown {
        let message =
            format!("The value for the others has the type {}, but the column has the type {}.", bound.ty, value.ty);
        binder.report(Diagnostic::error(codes::OTHERS_TYPE, bound.span, message));
    }
    Some(bound.convert(value.ty))
}

/// The best values of the last key within each combination of the others, and the value they are ranked by.
fn one_level(
    binder: &mut Binder,
    level: &ast::TopNestedLevel,
    input: &Relation,
    keys: &[Key],
    rank_name: String,
) -> Relation {
    let (_, by) = super::named(&level.by.expr);
    let row = Row { aggregates_only: true, ..Row::of(input) };
    let mut aggregates = Vec::new();
    let rank = binder.with_aggregates(&mut aggregates, |binder| binder.expr(by, row));
    let groups: Vec<PlanColumn> = keys.iter().map(|k| binder.new_column(k.name.clone(), k.value.ty)).collect();
    let pairs = groups.iter().zip(keys).map(|(c, k)| (c.id, k.value.clone())).collect();
    let grouped = Relation { node: crate::bind::grouped(input, pairs, aggregates), ..Relation::default() };
    let ranked = binder.new_column(rank_name, rank.ty);
    let mut columns = groups.clone();
    let mut pairs = crate::plan::identity(&columns);
    pairs.push((ranked.id, rank));
    columns.push(ranked.clone());
    let grouped = Relation { node: crate::plan::project(&grouped, pairs), ..Relation::default() };
    let ascending = level.by.ascending.unwrap_or(false);
    let nulls_first = level.by.nulls_first.unwrap_or(ascending);
    let key = binder.new_id();
    let by = Expr::column(&ranked, level.by.expr.span);
    let mut pairs = crate::plan::identity(&columns);
    pairs.push((key, crate::functions::nan_place::sort_key(by, ascending, nulls_first)));
    let node = crate::plan::project(&grouped, pairs);
    let outer: Vec<PlanColumn> = groups.split_last().map(|(_, outer)| outer.to_vec()).unwrap_or_default();
    let relation = Relation {
        node,
        columns,
        order: vec![OrderKey { column: key, ascending, nulls_first }],
        partition: (!outer.is_empty()).then(|| Arc::new(Partition { keys: outer, carried: Vec::new() })),
        ..Relation::default()
    };
    let limited = match &level.count {
        Some(count) => {
            let count = super::whole_number(binder, count);
            crate::plan::limit(relation, count)
        }
        None => relation,
    };
    Relation { partition: None, order: Vec::new(), ..limited }
}

/// Joins both levels on the first columns.
fn joined(binder: &mut Binder, before: Relation, level: Relation, shared: usize) -> Relation {
    let level = crate::plan::with_new_ids(&mut binder.ids, &level);
    // the previous columns are a key and its rank in turn
    let outer = before.columns.iter().step_by(2).take(shared);
    let on = outer
        .zip(&level.columns)
        .map(|(l, r)| (Expr::column(l, Span::default()), Expr::column(r, Span::default())))
        .collect();
    let mut columns = before.columns.clone();
    columns.extend(level.columns.iter().skip(shared).cloned());
    let node = Node::Join { kind: JoinKind::Inner, left: before.node, right: level.node, on };
    let unknown = columns.iter().any(|c| c.ty == ScalarType::Unknown);
    Relation { node: Arc::new(node), columns, open: unknown, ..Relation::default() }
}

/// A row for each combination of the best of the first `depth` levels, for the values that are not among the best of the
/// next.
fn rest(
    binder: &mut Binder,
    levels: &[ast::TopNestedLevel],
    input: &Relation,
    keys: &[Key],
    alone: &[Relation],
    depth: usize,
    before: Option<&Relation>,
) -> Option<(Arc<Node>, Vec<Expr>)> {
    // the rows with their keys
    let own: Vec<PlanColumn> = keys.iter().map(|k| binder.new_column("", k.value.ty)).collect();
    let mut pairs = crate::plan::identity(&input.columns);
    pairs.extend(own.iter().zip(keys).map(|(c, k)| (c.id, k.value.clone())));
    let rows = crate::plan::project(input, pairs);
    let pairs_of = |right: &[PlanColumn], n: usize| -> Vec<(Expr, Expr)> {
        let both = own.iter().zip(right).take(n);
        both.map(|(l, r)| (Expr::column(l, Span::default()), Expr::column(r, Span::default()))).collect()
    };
    let best = crate::plan::with_new_ids(&mut binder.ids, alone.get(depth)?);
    let on = pairs_of(&best.columns, depth + 1);
    let left = Arc::new(Node::Join { kind: JoinKind::LeftAnti, left: rows, right: best.node, on });
    let left = Relation { node: left, ..input.clone() };
    // one aggregate of the others for each level below
    let row = Row { aggregates_only: true, ..Row::of(&left) };
    let mut aggregates = Vec::new();
    let mut ranks: Vec<Option<Expr>> = Vec::new();
    for (level, key) in levels.iter().zip(keys).skip(depth) {
        let (_, by) = super::named(&level.by.expr);
        let tells = key.others.is_some();
        ranks.push(tells.then(|| binder.with_aggregates(&mut aggregates, |binder| binder.expr(by, row))));
    }
    let mut groups: Vec<(ColumnId, Expr)> =
        own.iter().take(depth).map(|c| (binder.new_id(), Expr::column(c, Span::default()))).collect();
    // grouped by a constant, so that there is no row if there are no others
    groups.push((binder.new_id(), Expr::constant(Value::Long(1), ScalarType::Long, Span::default())));
    let ids: Vec<ColumnId> = groups.iter().map(|(id, _)| *id).collect();
    let node = crate::bind::grouped(&left, groups, aggregates);
    let mut result: Vec<Expr> = Vec::new();
    let node = match before {
        None => node,
        Some(before) => {
            let before = crate::plan::with_new_ids(&mut binder.ids, before);
            let on = ids
                .iter()
                .zip(before.columns.iter().step_by(2).take(depth))
                .map(|(id, c)| {
                    (
                        Expr::column(&PlanColumn { id: *id, ..c.clone() }, Span::default()),
                        Expr::column(c, Span::default()),
                    )
                })
                .collect();
            result.extend(before.columns.iter().map(|c| Expr::column(c, Span::default())));
            Arc::new(Node::Join { kind: JoinKind::Inner, left: node, right: before.node, on })
        }
    };
    for ((key, rank), level) in keys.iter().skip(depth).zip(ranks).zip(alone.iter().skip(depth)) {
        let label = key.others.clone().unwrap_or_else(|| crate::plan::missing(key.value.ty));
        result.push(label);
        let ty = level.columns.last().map_or(ScalarType::Unknown, |c| c.ty);
        result.push(rank.unwrap_or_else(|| crate::plan::missing(ty)));
    }
    Some((node, result))
}

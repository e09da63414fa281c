//! `top-nested`: the best values of a column, within each of them the best of the next, and so on.
//!
//! Each level groups by all columns up to its own and ranks the values within each combination before it; the levels are
//! then joined. <https://learn.microsoft.com/kusto/query/top-nested-operator>

use crate::bind::{Binder, Row};
use crate::plan::{Expr, JoinKind, Node, OrderKey, Partition, PlanColumn, Relation};
use crate::types::ScalarType;
use kql_parser::{Span, ast};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, levels: &[ast::TopNestedLevel], input: Relation) -> Relation {
    let mut result: Option<Relation> = None;
    // names and values of the columns up to the level
    let mut keys: Vec<(String, Expr)> = Vec::new();
    for level in levels {
        if level.others.is_some() || input.partition.is_some() {
            binder.error("KQ202", level.span, "top-nested with others is not supported yet.");
            return Relation { open: true, ..input };
        }
        let (given, of) = super::named(&level.of);
        let value = binder.expr(of, Row::of(&input));
        super::not_dynamic(binder, &value);
        let name = given
            .map(|n| n.text.clone())
            .or_else(|| binder.result_name(of))
            .unwrap_or_else(|| format!("Column{}", keys.len() + 1));
        keys.push((name.clone(), value));
        let one = one_level(binder, level, &input, &keys, &name);
        result = Some(match result {
            None => one,
            Some(before) => joined(binder, before, one, keys.len() - 1),
        });
    }
    result.unwrap_or(input)
}

/// The best values of the last key within each combination of the others, and what they are ranked by.
fn one_level(
    binder: &mut Binder,
    level: &ast::TopNestedLevel,
    input: &Relation,
    keys: &[(String, Expr)],
    name: &str,
) -> Relation {
    let (given, by) = super::named(&level.by.expr);
    let row = Row { aggregates_only: true, ..Row::of(input) };
    let mut aggregates = Vec::new();
    let rank = binder.with_aggregates(&mut aggregates, |binder| binder.expr(by, row));
    let groups: Vec<PlanColumn> = keys.iter().map(|(name, e)| binder.new_column(name.clone(), e.ty)).collect();
    let pairs = groups.iter().zip(keys).map(|(c, (_, e))| (c.id, e.clone())).collect();
    let grouped = Relation { node: super::aggregate(input, pairs, aggregates), ..Relation::default() };
    let rank_name = given.map_or_else(|| format!("aggregated_{name}"), |n| n.text.clone());
    let ranked = binder.new_column(rank_name, rank.ty);
    let mut columns = groups.clone();
    let mut pairs = super::identity(&columns);
    pairs.push((ranked.id, rank));
    columns.push(ranked.clone());
    let node = super::project(&grouped, pairs);
    let ascending = level.by.ascending.unwrap_or(false);
    let outer: Vec<PlanColumn> = groups.split_last().map(|(_, outer)| outer.to_vec()).unwrap_or_default();
    let relation = Relation {
        node,
        columns,
        order: vec![OrderKey { column: ranked.id, ascending, nulls_first: level.by.nulls_first.unwrap_or(ascending) }],
        partition: (!outer.is_empty()).then(|| Arc::new(Partition { keys: outer, carried: Vec::new() })),
        ..Relation::default()
    };
    let limited = match &level.count {
        Some(count) => {
            let count = super::whole_number(binder, count);
            super::limit(relation, count)
        }
        None => relation,
    };
    Relation { partition: None, order: Vec::new(), ..limited }
}

/// Both levels side by side where they agree in the first columns.
fn joined(binder: &mut Binder, before: Relation, level: Relation, shared: usize) -> Relation {
    let level = super::with_new_ids(binder, &level);
    // the columns before are a key and its rank in turn
    let outer = before.columns.iter().step_by(2).take(shared);
    let on = outer
        .zip(&level.columns)
        .map(|(l, r)| (Expr::column(l, Span::default()), Expr::column(r, Span::default())))
        .collect();
    let mut columns = before.columns.clone();
    for mut column in level.columns.iter().skip(shared).cloned() {
        let name = column.name.clone();
        let mut i = 0;
        while columns.iter().any(|c| c.name == column.name) {
            i += 1;
            column.name = format!("{name}{i}");
        }
        columns.push(column);
    }
    let node = Node::Join { kind: JoinKind::Inner, left: before.node, right: level.node, on };
    let unknown = columns.iter().any(|c| c.ty == ScalarType::Unknown);
    Relation { node: Arc::new(node), columns, open: unknown, ..Relation::default() }
}

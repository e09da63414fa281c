//! `project-reorder`: moves some columns to the front; each is at the first name or pattern that it matches.
//!
//! <https://learn.microsoft.com/kusto/query/project-reorder-operator>

use crate::bind::Binder;
use crate::plan::{PlanColumn, Relation};
use kql_parser::ast::{ReorderColumn, ReorderOrder};
use std::cmp::Ordering;

pub(super) fn bind(binder: &mut Binder, list: &[ReorderColumn], input: Relation) -> Relation {
    let mut columns: Vec<PlanColumn> = Vec::new();
    for item in list {
        let mut found = super::columns_of(binder, &item.column, &input);
        match item.order {
            None => {}
            Some(ReorderOrder::Asc) => found.sort_by(|a, b| a.name.cmp(&b.name)),
            Some(ReorderOrder::Desc) => found.sort_by(|a, b| b.name.cmp(&a.name)),
            Some(ReorderOrder::GrannyAsc) => found.sort_by(|a, b| granny(&a.name, &b.name)),
            Some(ReorderOrder::GrannyDesc) => found.sort_by(|a, b| granny(&b.name, &a.name)),
        }
        for column in found {
            if columns.iter().all(|c| c.id != column.id) {
                columns.push(column);
            }
        }
    }
    columns.extend(input.columns.iter().filter(|c| list_lacks(&columns, c)).cloned().collect::<Vec<_>>());
    Relation { columns, ..input }
}

fn list_lacks(columns: &[PlanColumn], column: &PlanColumn) -> bool {
    columns.iter().all(|c| c.id != column.id)
}

/// Compares names with the numbers in them as numbers: `a2` before `a10`.
fn granny(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (text_a, text_b) = (split_text(a), split_text(b));
        let order = text_a.0.cmp(text_b.0);
        if order != Ordering::Equal || (text_a.1.is_empty() && text_b.1.is_empty()) {
            return order;
        }
        let (number_a, number_b) = (split_number(text_a.1), split_number(text_b.1));
        let (x, y) = (number_a.0.trim_start_matches('0'), number_b.0.trim_start_matches('0'));
        let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
        if order != Ordering::Equal {
            return order;
        }
        (a, b) = (number_a.1, number_b.1);
    }
}

/// What is before the first digit, and the rest.
fn split_text(name: &str) -> (&str, &str) {
    name.split_at(name.find(|c: char| c.is_ascii_digit()).unwrap_or(name.len()))
}

/// The digits at the beginning, and the rest.
fn split_number(name: &str) -> (&str, &str) {
    name.split_at(name.find(|c: char| !c.is_ascii_digit()).unwrap_or(name.len()))
}

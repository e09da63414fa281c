//! Conditions that are the same for every row that reaches them.
//!
//! The walk follows each pipeline and keeps what its filters leave possible: the texts that a column can have, and the range
//! of its numbers. A condition is then judged with what is known where it stands. Nothing is known at the beginning of a
//! pipeline, and what an operator computes anew is forgotten.

mod domain;
mod steps;
mod test;

use super::query::{Query, arms, plain, scalars};
use super::verdict::{DeadItems, Fixed, Verdicts};
use domain::{Domain, Knowledge};
use kql_parser::Span;
use kql_parser::ast::{BinaryOp, Expr, ExprKind};
use std::collections::HashSet;
pub use test::text_operator;
use test::{Test, test};

/// What is found about the conditions of a query; it is walked through once.
pub fn verdicts<'q>(query: &'q Query<'_>) -> &'q Verdicts {
    query.verdicts.get_or_init(|| judged(query))
}

fn judged(query: &Query<'_>) -> Verdicts {
    let mut walk = Walk { query, found: Verdicts::default(), seen: HashSet::new() };
    query.pipelines(|pipeline| walk.pipeline(pipeline));
    walk.found
}

/// Where a condition stands.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// In a filter.
    Filter,
    /// In an expression whose value is kept.
    Value,
}

struct Walk<'q, 'a> {
    query: &'q Query<'a>,
    found: Verdicts,
    /// The conditions that have a verdict.
    seen: HashSet<Span>,
}

impl Walk<'_, '_> {
    /// Judges a filter, and returns what is known of the rows that it lets through.
    fn filter(&mut self, condition: &Expr, known: &mut Knowledge) {
        for arm in arms(condition, BinaryOp::And) {
            if is_chain(arm, BinaryOp::Or) {
                self.either(arm, known);
                continue;
            }
            self.leaf(arm, known, Place::Filter);
            if let Some(test) = test(self.query, arm) {
                if !test.has_names {
                    self.note_dead(arm.span, &test, known);
                }
                known.learn(&test, arm.span);
            }
        }
    }

    /// Judges `a or b`: each arm by itself, and whether together they let everything through.
    fn either(&mut self, e: &Expr, known: &mut Knowledge) {
        let all = arms(e, BinaryOp::Or);
        for arm in &all {
            let mut own = known.clone();
            self.filter(arm, &mut own);
        }
        let tests: Vec<Option<Test>> = all.iter().map(|arm| test(self.query, arm)).collect();
        let known_tests: Vec<&Test> = tests.iter().flatten().collect();
        if let Some(column) = excludes_nothing(&known_tests) {
            let because = format!("no value of '{column}' makes all its arms false");
            self.fix(e.span, true, because, None);
        }
        let tests: Option<Vec<Test>> = tests.into_iter().collect();
        let Some(tests) = tests else { return };
        if let Some(united) = Test::united(&tests) {
            known.learn(&united, e.span);
        }
    }

    /// Judges the conditions inside the expressions of an operator that does not filter.
    fn inside(&mut self, e: &Expr, known: &Knowledge) {
        let mut conditions = Vec::new();
        scalars(e, |part| {
            if matches!(part.kind, ExprKind::Binary(_) | ExprKind::In(_) | ExprKind::Between(_)) {
                conditions.push(part.clone());
            }
        });
        for condition in &conditions {
            self.leaf(condition, known, Place::Value);
        }
    }

    fn leaf(&mut self, e: &Expr, known: &Knowledge, place: Place) {
        let e = plain(e);
        let Some(test) = test(self.query, e) else { return };
        let Some(verdict) = known.judge(&test) else { return };
        // a condition with a named constant is often a setting of the query, and is meant to have no effect by default; an arm
        // of case() that is always true is often the only one of a template
        if verdict.value && (test.has_names || place == Place::Value) {
            return;
        }
        self.fix(e.span, verdict.value, verdict.because, verdict.follows_from);
    }

    fn fix(&mut self, at: Span, value: bool, because: String, follows_from: Option<Span>) {
        if self.seen.insert(at) {
            self.found.fixed.push(Fixed { at, value, because, follows_from });
        }
    }

    fn note_dead(&mut self, at: Span, test: &Test, known: &Knowledge) {
        let Some((earlier, items)) = known.dead_items(test) else { return };
        let (at, excluded_by, items) = match items {
            domain::Dead::Earlier(items) => (earlier, at, items),
            domain::Dead::Here(items) => (at, earlier, items),
        };
        if !self.found.dead.iter().any(|dead| dead.at == at) {
            self.found.dead.push(DeadItems { at, items, excluded_by });
        }
    }
}

fn is_chain(e: &Expr, op: BinaryOp) -> bool {
    matches!(&plain(e).kind, ExprKind::Binary(binary) if binary.op == op)
}

/// The column of `x != 'a' or x != 'b'`, among other arms: no value is both, so one of the two is always true.
fn excludes_nothing(tests: &[&Test]) -> Option<String> {
    let pairs = tests.iter().enumerate().flat_map(|(at, a)| tests.iter().skip(at + 1).map(move |b| (*a, *b)));
    let exclusive = pairs.filter(|(a, b)| a.column == b.column && Test::are_exclusive(a, b));
    exclusive.map(|(a, _)| a.column.clone()).next()
}

impl Domain {
    /// The first values as text.
    fn shown(values: &[String]) -> String {
        let mut shown: Vec<String> = values.iter().take(3).map(|value| format!("'{value}'")).collect();
        if values.len() > 3 {
            shown.push(format!("{} more", values.len() - 3));
        }
        match shown.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, before)) => format!("{} or {last}", before.join(", ")),
            None => "nothing".to_owned(),
        }
    }
}

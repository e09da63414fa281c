//! A filter drops the rows that a leftouter join keeps without a partner.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, arms, name_of, named, parameter, plain};
use crate::lint::verdicts::text_operator;
use kql_engine::value::Value;
use kql_engine::{ColumnId, ScalarType};
use kql_parser::ast::{BinaryOp, Expr, ExprKind, InOp, Operator, OperatorKind};
use std::collections::HashSet;

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "filtered-outer-join",
    level: Level::Note,
    topic: Topic::Correctness,
    summary: "A filter drops all rows that a leftouter join keeps without a partner.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/filtered-outer-join.md"),
    check,
};

fn check(query: &Query<'_>, found: &mut Findings) {
    query.pipelines(|pipeline| {
        for (place, operator) in pipeline.operators.iter().enumerate() {
            let Some(right) = right_columns(query, operator) else { continue };
            let mut unmatched = Unmatched { query, right };
            let after = pipeline.operators.get(place + 1..).unwrap_or_default();
            for next in after.iter().take_while(|operator| keeps_rows_apart(&operator.kind)) {
                let OperatorKind::Where(condition) = &next.kind else {
                    unmatched.follow(next);
                    continue;
                };
                let dropping = arms(condition, BinaryOp::And).into_iter().find(|arm| unmatched.is_dropped_by(arm));
                if let Some(arm) = dropping {
                    found
                        .at(arm.span, "This drops the rows without a partner, which the leftouter join keeps.")
                        .label(operator.name_span, "this join")
                        .help("use kind=inner, or let the filter pass empty values");
                    break;
                }
            }
        }
    });
}

/// The columns that a leftouter join adds; they are null, or empty texts, in a row without a partner.
fn right_columns(query: &Query<'_>, operator: &Operator) -> Option<HashSet<ColumnId>> {
    let (OperatorKind::Join(join) | OperatorKind::Lookup(join)) = &operator.kind else { return None };
    if parameter(&join.parameters, "kind") != Some("leftouter") {
        return None;
    }
    let meaning = query.meaning.operator(operator.span)?;
    let left: HashSet<ColumnId> = meaning.input.iter().map(|column| column.id).collect();
    Some(meaning.output.iter().map(|column| column.id).filter(|id| !left.contains(id)).collect())
}

/// Whether each row of the result comes from one row of the input, with its values.
fn keeps_rows_apart(kind: &OperatorKind) -> bool {
    use OperatorKind as K;
    matches!(
        kind,
        K::Where(_)
            | K::Extend(_)
            | K::Project(_)
            | K::ProjectAway(_)
            | K::ProjectKeep(_)
            | K::ProjectRename(_)
            | K::ProjectReorder(_)
            | K::Sort(_)
            | K::Serialize(_)
    )
}

/// A row without a partner.
struct Unmatched<'q, 'a> {
    query: &'q Query<'a>,
    right: HashSet<ColumnId>,
}

impl Unmatched<'_, '_> {
    /// Adds the columns that an operator only hands on, which can be new ones.
    fn follow(&mut self, operator: &Operator) {
        let (OperatorKind::Project(columns) | OperatorKind::Extend(columns)) = &operator.kind else { return };
        let Some(meaning) = self.query.meaning.operator(operator.span) else { return };
        for column in columns {
            let (name, value) = named(column);
            let Some(name) = name.map(|name| name.text.as_str()).or(name_of(value)).filter(|_| self.is_right(value))
            else {
                continue;
            };
            self.right.extend(meaning.output.iter().filter(|column| column.name == name).map(|column| column.id));
        }
    }

    /// Whether a condition is not true for the row, whatever its other columns are.
    fn is_dropped_by(&self, condition: &Expr) -> bool {
        use BinaryOp::{Equal, GreaterThan, GreaterThanOrEqual, LessThan, LessThanOrEqual};
        match &plain(condition).kind {
            ExprKind::Binary(b) => match b.op {
                BinaryOp::Or => arms(condition, BinaryOp::Or).into_iter().all(|arm| self.is_dropped_by(arm)),
                BinaryOp::And => arms(condition, BinaryOp::And).into_iter().any(|arm| self.is_dropped_by(arm)),
                // null is not equal to a value, and has no order
                Equal | LessThan | LessThanOrEqual | GreaterThan | GreaterThanOrEqual
                    if self.is_null(&b.left) || self.is_null(&b.right) =>
                {
                    true
                }
                op => {
                    let text = self.query.text_of(&b.right).is_some_and(|text| !text.is_empty());
                    let is_positive = text_operator(op).is_some_and(|(.., negated)| !negated);
                    is_positive && text && self.is_right(&b.left)
                }
            },
            ExprKind::In(membership) => {
                let is_positive = !matches!(membership.op, InOp::NotIn | InOp::NotInCs);
                let texts = || self.query.all_texts(&membership.items);
                let is_found = || match self.query.ty(&membership.left) {
                    ScalarType::String | ScalarType::Dynamic => {
                        texts().is_none_or(|texts| texts.iter().any(String::is_empty))
                    }
                    _ => membership.items.iter().any(|item| match self.query.constant(item) {
                        Some(value) => matches!(value, Value::Null),
                        None => true,
                    }),
                };
                is_positive && self.is_right(&membership.left) && !is_found()
            }
            ExprKind::Between(between) => {
                !between.negated && [&between.value, &between.low, &between.high].iter().any(|e| self.is_null(e))
            }
            ExprKind::Call(call) => {
                let Some(argument) = call.args.first() else { return false };
                match call.name.text.as_str() {
                    "isnotempty" | "notempty" => self.is_right(argument),
                    "isnotnull" | "notnull" => self.is_null(argument),
                    "not" => self.is_true(argument),
                    _ => false,
                }
            }
            _ => self.query.ty(condition) == ScalarType::Bool && self.is_null(condition),
        }
    }

    /// Whether a condition is true for the row.
    fn is_true(&self, condition: &Expr) -> bool {
        let ExprKind::Call(call) = &plain(condition).kind else { return false };
        let Some(argument) = call.args.first() else { return false };
        match call.name.text.as_str() {
            "isempty" => self.is_right(argument),
            "isnull" => self.is_null(argument),
            _ => false,
        }
    }

    /// Whether an expression is a column of the right side.
    fn is_right(&self, e: &Expr) -> bool {
        let column = self.query.expr(plain(e)).and_then(|meaning| meaning.column);
        column.is_some_and(|column| self.right.contains(&column))
    }

    /// Whether a value is null for the row.
    fn is_null(&self, e: &Expr) -> bool {
        if matches!(self.query.ty(e), ScalarType::String | ScalarType::Unknown) {
            return false;
        }
        match &plain(e).kind {
            ExprKind::Binary(b) => {
                use BinaryOp::{Add, Divide, Modulo, Multiply, Subtract};
                let is_arithmetic = matches!(b.op, Add | Subtract | Multiply | Divide | Modulo);
                is_arithmetic && (self.is_null(&b.left) || self.is_null(&b.right))
            }
            ExprKind::Call(call) if call.name.text == "array_length" => {
                call.args.first().is_some_and(|e| self.is_null(e))
            }
            _ => self.is_right(e),
        }
    }
}

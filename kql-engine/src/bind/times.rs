//! Ranges of times that restrict the rows of every table, whatever the query says ([`crate::EngineBuilder::times`] and
//! [`crate::EngineBuilder::arrivals`]).

use super::{Arrivals, Binder};
use crate::functions::operators::binary;
use crate::plan::{Expr, Node, PlanColumn};
use crate::types::{RECEIVED, ScalarType, TIME_COLUMNS};
use crate::value::Value;
use kql_parser::Span;
use kql_parser::ast::BinaryOp;
use std::sync::Arc;

impl Binder<'_> {
    /// The rows of a table whose time, and time of arrival, are in the ranges of the query, if it has any and the table has a
    /// time. The end of a range does not belong to it.
    pub(super) fn within_times(&self, rows: Arc<Node>, columns: &[PlanColumn], span: Span) -> Arc<Node> {
        let find = |name: &str| columns.iter().find(|c| c.name == name && c.ty == ScalarType::Datetime);
        let Some(time) = TIME_COLUMNS.into_iter().find_map(find) else { return rows };
        let mut all = Vec::new();
        if let Some((from, to)) = self.environment.times() {
            all.push(between(time, from, to, span));
        }
        if let Some(Arrivals { from, to, delay }) = self.environment.arrivals() {
            let by_time = between(time, from.saturating_sub(delay), to.saturating_sub(delay), span);
            all.push(match (find(RECEIVED), crate::functions::scalar("isnull")) {
                (Some(received), Some(is_null)) => {
                    let unknown = Expr::call(is_null, vec![Expr::column(received, span)], ScalarType::Bool, span);
                    let by_time = Expr::call(binary(BinaryOp::And), vec![unknown, by_time], ScalarType::Bool, span);
                    let both = vec![between(received, from, to, span), by_time];
                    Expr::call(binary(BinaryOp::Or), both, ScalarType::Bool, span)
                }
                _ => by_time,
            });
        }
        let and = |a, b| Expr::call(binary(BinaryOp::And), vec![a, b], ScalarType::Bool, span);
        match all.into_iter().reduce(and) {
            Some(predicate) => Arc::new(Node::Filter { input: rows, predicate }),
            None => rows,
        }
    }
}

fn between(column: &PlanColumn, from: i64, to: i64, span: Span) -> Expr {
    let compared = |op: BinaryOp, ticks: i64| {
        let bound = Expr::constant(Value::Long(ticks), ScalarType::Datetime, span);
        Expr::call(binary(op), vec![Expr::column(column, span), bound], ScalarType::Bool, span)
    };
    let both = vec![compared(BinaryOp::GreaterThanOrEqual, from), compared(BinaryOp::LessThan, to)];
    Expr::call(binary(BinaryOp::And), both, ScalarType::Bool, span)
}

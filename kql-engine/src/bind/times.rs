//! A range of times that restricts the rows of every table, whatever the query says ([`crate::EngineBuilder::times`]).

use super::Binder;
use crate::functions::operators::binary;
use crate::plan::{Expr, Node, PlanColumn};
use crate::types::{ScalarType, TIME_COLUMNS};
use crate::value::Value;
use kql_parser::Span;
use kql_parser::ast::BinaryOp;
use std::sync::Arc;

impl Binder<'_> {
    /// The rows of a table whose time is in the range of the query, if it has one and the table has a time. The end of the
    /// range does not belong to it.
    pub(super) fn within_times(&self, rows: Arc<Node>, columns: &[PlanColumn], span: Span) -> Arc<Node> {
        let Some((from, to)) = self.environment.times() else { return rows };
        let is_time = |name: &str| columns.iter().find(|c| c.name == name && c.ty == ScalarType::Datetime);
        let Some(time) = TIME_COLUMNS.into_iter().find_map(is_time) else { return rows };
        let compared = |op: BinaryOp, ticks: i64| {
            let bound = Expr::constant(Value::Long(ticks), ScalarType::Datetime, span);
            Expr::call(binary(op), vec![Expr::column(time, span), bound], ScalarType::Bool, span)
        };
        let both = vec![compared(BinaryOp::GreaterThanOrEqual, from), compared(BinaryOp::LessThan, to)];
        let predicate = Expr::call(binary(BinaryOp::And), both, ScalarType::Bool, span);
        Arc::new(Node::Filter { input: rows, predicate })
    }
}

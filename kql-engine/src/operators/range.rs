//! `range`: a column of evenly spaced values; the end is included if it is reached.
//!
//! <https://learn.microsoft.com/kusto/query/range-operator>

use crate::bind::{Binder, Row};
use crate::plan::{Expr, Node, OrderKey, Relation};
use crate::types::ScalarType;
use kql_parser::codes;
use kql_parser::{Span, ast};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, range: &ast::Range, span: Span) -> Relation {
    let mut bound = [&range.from, &range.to, &range.step].map(|e| binder.expr(e, Row::default()));
    use ScalarType as T;
    if let Some(known) = bound.iter().map(|e| e.ty).find(|ty| *ty != T::Unknown) {
        bound = bound.map(|e| e.convert_unknown(known));
    }
    let [from, to, step] = [bound[0].ty, bound[1].ty, bound[2].ty];
    let ty = match (from, to, step) {
        (T::Unknown, ..) | (_, T::Unknown, _) | (.., T::Unknown) => T::Unknown,
        (T::Datetime, T::Datetime, T::Timespan) => T::Datetime,
        (T::Timespan, T::Timespan, T::Timespan) => T::Timespan,
        (a, b, c) if a.is_number() && b.is_number() && c.is_number() => {
            let widest = a.max(b).max(c);
            bound = bound.map(|e: Expr| e.convert(widest));
            widest
        }
        _ => {
            binder.error(
                codes::OPERATOR_NOT_DEFINED,
                span,
                format!("The operator 'range' is not defined for the types {from}, {to} and {step}."),
            );
            T::Unknown
        }
    };
    let column = binder.new_column(range.name.text.clone(), ty);
    let row = binder.new_id();
    Relation {
        order: vec![OrderKey { column: row, ascending: true, nulls_first: true }],
        node: Arc::new(Node::Range { column: column.clone(), row, bounds: Box::new(bound) }),
        columns: vec![column],
        serialized: true,
        ..Relation::default()
    }
}

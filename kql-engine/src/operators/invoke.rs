//! `invoke f(x)`: a function whose first argument is the table before the pipe.
//!
//! <https://learn.microsoft.com/kusto/query/invoke-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;
use kql_parser::codes;

pub(super) fn bind(binder: &mut Binder, call: &ast::Expr, input: Relation) -> Relation {
    match &call.kind {
        // whichever database the function is said to be in, there is only one offline
        ast::ExprKind::Call(call) | ast::ExprKind::Method(_, call) => binder.invoke(call, input),
        _ => {
            binder.error(codes::UNKNOWN_FUNCTION, call.span, "Expected a function call after invoke.");
            Relation { open: true, ..input }
        }
    }
}

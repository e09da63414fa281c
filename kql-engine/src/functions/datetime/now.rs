//! `now()`, `ago()`: one value for the whole query.

use crate::functions::operators;
use crate::registry::Expr;
use crate::registry::{Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, optional, p, sig};
use crate::types::ScalarType::{Datetime, Timespan};
use crate::value::Value;
use kql_parser::ast::BinaryOp;

pub static NOW: ScalarFunction = ScalarFunction {
    name: "now",
    aliases: &[],
    signatures: &[sig(&[optional("offset", Is(Timespan))], Returns::Is(Datetime))],
    result_name: ResultName::None,
    summary: "The time of the query, moved by an offset.",
    page: "now-function",
    eval: Eval::Rewrite(|context, args| {
        let now = Expr::constant(Value::Long(context.now), Datetime, context.span);
        shifted(BinaryOp::Add, now, args, context.span)
    }),
};

pub static AGO: ScalarFunction = ScalarFunction {
    name: "ago",
    aliases: &[],
    signatures: &[sig(&[p("timespan", Is(Timespan))], Returns::Is(Datetime))],
    result_name: ResultName::None,
    summary: "The time of the query minus a timespan.",
    page: "ago-function",
    eval: Eval::Rewrite(|context, args| {
        let now = Expr::constant(Value::Long(context.now), Datetime, context.span);
        shifted(BinaryOp::Subtract, now, args, context.span)
    }),
};

fn shifted(op: BinaryOp, now: Expr, args: Vec<Expr>, span: kql_parser::Span) -> Expr {
    match args.into_iter().next() {
        Some(offset) => Expr::call(operators::binary(op), vec![now, offset], Datetime, span),
        None => now,
    }
}

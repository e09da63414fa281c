//! `case()`

use crate::registry::{
    Eval,
    ParameterType::{CommonScalarOrDynamic, Is},
    ResultName, Returns, ScalarFunction, p, repeated, sig,
};
use crate::types::ScalarType::Bool;
use datafusion::common::internal_err;
use datafusion::logical_expr::{Case, Expr};

pub static CASE: ScalarFunction = ScalarFunction {
    name: "case",
    aliases: &[],
    signatures: &[sig(
        &[
            repeated("predicate", Is(Bool), 32767),
            repeated("then", CommonScalarOrDynamic, 32767),
            p("else", CommonScalarOrDynamic),
        ],
        Returns::CommonNonDynamic,
    )],
    result_name: ResultName::None,
    summary: "The value that follows the first predicate that is true, or the last argument if none is true.",
    page: "case-function",
    eval: Eval::Expr(|_, mut args| {
        let Some(otherwise) = args.pop() else { return internal_err!("case without arguments") };
        let mut branches = Vec::with_capacity(args.len() / 2);
        let mut args = args.into_iter();
        while let (Some(test), Some(then)) = (args.next(), args.next()) {
            branches.push((Box::new(test), Box::new(then)));
        }
        Ok(Expr::Case(Case { expr: None, when_then_expr: branches, else_expr: Some(Box::new(otherwise)) }))
    }),
};

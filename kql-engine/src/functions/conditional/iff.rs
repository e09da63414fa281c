//! `iff()`

use crate::registry::{
    Eval,
    ParameterType::{CommonScalarOrDynamic, Is},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::Bool;
use datafusion::common::internal_err;
use datafusion::logical_expr::{Expr, when};

pub static IFF: ScalarFunction = ScalarFunction {
    name: "iff",
    aliases: &["iif"],
    signatures: &[sig(
        &[p("if", Is(Bool)), p("then", CommonScalarOrDynamic), p("else", CommonScalarOrDynamic)],
        Returns::CommonNonDynamic,
    )],
    result_name: ResultName::None,
    summary: "The second argument if the first is true, otherwise the third; null counts as not true.",
    page: "iff-function",
    eval: Eval::Expr(|_, args| match <[Expr; 3]>::try_from(args) {
        Ok([test, then, otherwise]) => when(test, then).otherwise(otherwise),
        Err(_) => internal_err!("iff takes three arguments"),
    }),
};

//! `coalesce()`

use crate::registry::{Eval, ParameterType::CommonScalar, ResultName, Returns, ScalarFunction, p, repeated, sig};
use crate::types::ScalarType;
use datafusion::logical_expr::{lit, when};

pub static COALESCE: ScalarFunction = ScalarFunction {
    name: "coalesce",
    aliases: &[],
    signatures: &[sig(&[p("arg", CommonScalar), repeated("arg", CommonScalar, 63)], Returns::CommonOrDynamic)],
    result_name: ResultName::None,
    summary: "The first argument that is not null; for strings, the first that is not empty.",
    page: "coalesce-function",
    eval: Eval::Expr(|info, args| {
        if info.returns != ScalarType::String {
            return crate::registry::rows::first_not_null(args);
        }
        let mut args = args.into_iter().rev();
        let Some(mut result) = args.next() else { return datafusion::common::internal_err!("coalesce of nothing") };
        for arg in args {
            result = when(arg.clone().not_eq(lit("")), arg).otherwise(result)?;
        }
        Ok(result)
    }),
};

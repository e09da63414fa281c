//! `assert()`

use crate::functions::kernel;
use crate::registry::{ArgumentKind, Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Bool, String};
use datafusion::common::{Result, plan_err};
use datafusion::logical_expr::ColumnarValue;

pub static ASSERT: ScalarFunction = ScalarFunction {
    name: "assert",
    aliases: &[],
    signatures: &[sig(
        &[p("predicate", Is(Bool)).kind(ArgumentKind::Constant), p("message", Is(String)).kind(ArgumentKind::Constant)],
        Returns::Is(Bool),
    )],
    result_name: ResultName::None,
    summary: "Returns true if a constant condition is true; otherwise the query fails with the message.",
    page: "assert-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let (condition, message) = (call.bools(0)?, call.strings(1)?);
    if let Some(i) = (0..call.rows).find(|i| condition.get(*i) != Some(true)) {
        return plan_err!("assert() has failed with message: '{}'", message.get(i));
    }
    kernel::bools(call.rows, |_| Some(true))
}

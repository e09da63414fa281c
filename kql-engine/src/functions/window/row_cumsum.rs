//! `row_cumsum()`

use crate::decimal::Scaled;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval, ParameterType::Is, ParameterType::Summable, ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType as T;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::ColumnarValue;

pub static ROW_CUMSUM: ScalarFunction = ScalarFunction {
    name: "row_cumsum",
    aliases: &[],
    signatures: &[sig(&[p("term", Summable), optional("restart", Is(T::Bool))], Returns::Parameter(0))],
    result_name: ResultName::None,
    summary: "The running sum of the term; it restarts where the second argument is true.",
    page: "row-cumsum-function",
    eval: Eval::Window(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let restart = if call.args.len() > 1 { Some(call.bools(1)?) } else { None };
    let again = |i: usize| restart.as_ref().is_some_and(|r| r.get(i) == Some(true));
    macro_rules! sums {
        ($values:expr, $make:path, $zero:expr, $add:expr) => {{
            let values = $values;
            let mut sum = $zero;
            $make(call.rows, |i| {
                if again(i) {
                    sum = $zero;
                }
                // a null counts as zero
                if let Some(value) = values.get(i) {
                    sum = $add(sum, value);
                }
                Some(sum)
            })
        }};
    }
    match call.returns {
        T::Int => sums!(call.ints(0)?, kernel::ints, 0i32, i32::wrapping_add),
        T::Long | T::Timespan | T::Datetime => sums!(call.longs(0)?, kernel::longs, 0i64, i64::wrapping_add),
        T::Real => sums!(call.reals(0)?, kernel::reals, 0f64, |a: f64, b: f64| a + b),
        T::Decimal => sums!(call.decimals(0)?, kernel::decimals, Scaled::ZERO, Scaled::wrapping_add),
        other => internal_err!("row_cumsum of {other}"),
    }
}

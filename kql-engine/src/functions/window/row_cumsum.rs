//! `row_cumsum()`

use crate::decimal::Scaled;
use crate::functions::kernel;
use crate::registry::{
    Call, CallInfo, Eval, ParameterType::Is, ParameterType::Summable, ResultName, Returns, ScalarFunction, Window,
    optional, p, sig,
};
use crate::types::ScalarType as T;
use datafusion::common::{Result, internal_err};

pub static ROW_CUMSUM: ScalarFunction = ScalarFunction {
    name: "row_cumsum",
    aliases: &[],
    signatures: &[sig(&[p("term", Summable), optional("restart", Is(T::Bool))], Returns::Parameter(0))],
    result_name: ResultName::None,
    summary: "The running sum of the term; it restarts where the second argument is true.",
    page: "row-cumsum-function",
    eval: Eval::Window(sums),
};

fn sums(info: &CallInfo) -> Result<Box<dyn Window>> {
    macro_rules! sums {
        ($read:ident, $make:path, $zero:expr, $add:expr) => {{
            let mut sum = $zero;
            Ok(Box::new(move |call: &Call| {
                let restart = if call.args.len() > 1 { Some(call.bools(1)?) } else { None };
                let values = call.$read(0)?;
                $make(call.rows, |i| {
                    if restart.as_ref().is_some_and(|r| r.get(i) == Some(true)) {
                        sum = $zero;
                    }
                    // a null counts as zero
                    if let Some(value) = values.get(i) {
                        sum = $add(sum, value);
                    }
                    Some(sum)
                })
            }))
        }};
    }
    match info.returns {
        T::Int => sums!(ints, kernel::ints, 0i32, i32::wrapping_add),
        T::Long | T::Timespan | T::Datetime => sums!(longs, kernel::longs, 0i64, i64::wrapping_add),
        T::Real => sums!(reals, kernel::reals, 0f64, |a: f64, b: f64| a + b),
        T::Decimal => sums!(decimals, kernel::decimals, Scaled::ZERO, Scaled::wrapping_add),
        other => internal_err!("row_cumsum of {other}"),
    }
}

//! `strrep()`

use crate::budget::Growing;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Scalar},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Long, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

/// The maximum number of repetitions; a greater number is reduced to it.
const MAX: i64 = 1024;

pub static STRREP: ScalarFunction = ScalarFunction {
    name: "strrep",
    aliases: &[],
    signatures: &[sig(
        &[p("value", Scalar), p("multiplier", Is(Long)), optional("delimiter", Scalar)],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "Repeats text up to 1,024 times, with an optional delimiter in between.",
    page: "strrep-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let (value, times) = (Arg::new(call, 0)?, call.longs(1)?);
    let delimiter = if call.len() > 2 { Some(Arg::new(call, 2)?) } else { None };
    kernel::strings(call.rows, |i, out| {
        let mut out = Growing::new(out);
        for n in 0..times.get(i).unwrap_or(0).min(MAX) {
            if let (Some(delimiter), true) = (&delimiter, n > 0) {
                out.push_with(|out| delimiter.text(i, out))?;
            }
            out.push_with(|out| value.text(i, out))?;
        }
        Ok(())
    })
}

//! `strcat()`

use crate::budget::Growing;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, repeated, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static STRCAT: ScalarFunction = ScalarFunction {
    name: "strcat",
    aliases: &[],
    signatures: &[sig(&[repeated("arg", Scalar, 64)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Concatenates the texts of all arguments.",
    page: "strcat-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let args = (0..call.len()).map(|n| Arg::new(call, n)).collect::<Result<Vec<_>>>()?;
    kernel::strings(call.rows, |i, out| {
        let mut out = Growing::new(out);
        args.iter().try_for_each(|arg| out.push_with(|out| arg.text(i, out)).map(|_| ()))
    })
}

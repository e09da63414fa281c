//! `strcat_delim()`

use crate::budget::Growing;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, repeated, sig};
use crate::types::ScalarType::String;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static STRCAT_DELIM: ScalarFunction = ScalarFunction {
    name: "strcat_delim",
    aliases: &[],
    signatures: &[sig(&[p("delimiter", Scalar), p("arg", Scalar), repeated("arg", Scalar, 63)], Returns::Is(String))],
    result_name: ResultName::None,
    summary: "Concatenates the texts of the arguments with a delimiter between them.",
    page: "strcat-delim-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let args = (0..call.len()).map(|n| Arg::new(call, n)).collect::<Result<Vec<_>>>()?;
    kernel::strings(call.rows, |i, out| {
        let mut out = Growing::new(out);
        if let Some((delimiter, args)) = args.split_first() {
            for (n, arg) in args.iter().enumerate() {
                if n > 0 {
                    out.push_with(|out| delimiter.text(i, out))?;
                }
                out.push_with(|out| arg.text(i, out))?;
            }
        }
        Ok(())
    })
}

//! `dcount_hll()`

use crate::dynamic::read::{self, Kind};
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::{Dynamic, Long};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static DCOUNT_HLL: ScalarFunction = ScalarFunction {
    name: "dcount_hll",
    aliases: &[],
    signatures: &[sig(&[p("hll", Is(Dynamic))], Returns::Is(Long))],
    result_name: ResultName::NameAndFirstArgument,
    summary: "The number of distinct values in a state returned by hll() or hll_merge().",
    page: "dcount-hll-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let states = call.strings(0)?;
    kernel::longs(call.rows, |i| {
        // a state is an array of the values
        let text = states.option(i)?;
        (read::kind(text) == Kind::Array).then(|| read::elements(text).count() as i64)
    })
}

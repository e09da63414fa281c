//! `strcmp()`

use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static STRCMP: ScalarFunction = ScalarFunction {
    name: "strcmp",
    aliases: &[],
    signatures: &[sig(&[p("s1", Scalar), p("s2", Scalar)], Returns::Is(Long))],
    result_name: ResultName::None,
    summary: "Compares two texts by code points: -1, 0 or 1 if the first comes before, is equal to, or comes \
              after the second.",
    page: "strcmp-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let (left, right) = (Arg::new(call, 0)?, Arg::new(call, 1)?);
    let (mut a, mut b) = (String::new(), String::new());
    kernel::longs(call.rows, |i| {
        a.clear();
        b.clear();
        left.text(i, &mut a);
        right.text(i, &mut b);
        Some(a.cmp(&b) as i64)
    })
}

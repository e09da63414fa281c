//! `row_number()`

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, optional, sig};
use crate::types::ScalarType::{Bool, Long};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ROW_NUMBER: ScalarFunction = ScalarFunction {
    name: "row_number",
    aliases: &[],
    signatures: &[sig(&[optional("startingIndex", Is(Long)), optional("restart", Is(Bool))], Returns::Is(Long))],
    result_name: ResultName::None,
    summary: "The number of the row, starting at 1 or at the first argument; it restarts where the second \
              argument is true.",
    page: "row-number-function",
    eval: Eval::Window(|_| {
        let mut last = None;
        Ok(Box::new(move |call: &Call| numbers(call, &mut last)))
    }),
};

/// The numbers of the next rows; `last` is that of the row before them.
fn numbers(call: &Call, last: &mut Option<i64>) -> Result<ColumnarValue> {
    let start = if call.args.is_empty() { None } else { Some(call.longs(0)?) };
    let restart = if call.args.len() > 1 { Some(call.bools(1)?) } else { None };
    kernel::longs(call.rows, |i| {
        let first = start.as_ref().map_or(Some(1), |s| s.get(i)).unwrap_or(1);
        let again = restart.as_ref().is_some_and(|r| r.get(i) == Some(true));
        *last = Some(last.filter(|_| !again).map_or(first, |number| number.wrapping_add(1)));
        *last
    })
}

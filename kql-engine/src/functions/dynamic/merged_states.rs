//! `hll_merge()` and `tdigest_merge()` of several states in a row; the aggregates with these names take one argument.

use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, p, repeated, sig,
};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

use crate::dynamic::{compare, read, write};
use std::collections::HashSet;

pub static HLL_MERGE: ScalarFunction = ScalarFunction {
    name: "hll_merge",
    aliases: &[],
    signatures: &[sig(&[p("hll", Is(Dynamic)), repeated("hll", Is(Dynamic), 63)], Returns::Is(Dynamic))],
    result_name: ResultName::PrefixOnly("hll_merged_result"),
    summary: "Merges states returned by hll() into one; null if an argument is not a valid state.",
    page: "hll-merge-function",
    eval: Eval::Kernel(|call| merged(call, Duplicates::Removed)),
};

pub static TDIGEST_MERGE: ScalarFunction = ScalarFunction {
    name: "tdigest_merge",
    aliases: &["merge_tdigest"],
    signatures: &[sig(&[p("tdigest", DynamicArray), repeated("tdigest", DynamicArray, 63)], Returns::Is(Dynamic))],
    result_name: ResultName::PrefixOnly("tdigests_merge_result"),
    summary: "Merges states returned by tdigest() into one; null if an argument is not a valid state.",
    page: "tdigest-merge-function",
    eval: Eval::Kernel(|call| merged(call, Duplicates::Kept)),
};

/// What happens to elements that several states contain.
#[derive(Clone, Copy, PartialEq)]
enum Duplicates {
    Kept,
    Removed,
}

fn merged(call: &Call, duplicates: Duplicates) -> Result<ColumnarValue> {
    let states = (0..call.len()).map(|n| call.strings(n)).collect::<Result<Vec<_>>>()?;
    kernel::texts(call.rows, |i, out| {
        let Some(items) = states.iter().map(|s| read::array(s.option(i)?)).collect::<Option<Vec<_>>>() else {
            return Ok(false);
        };
        let mut seen = HashSet::new();
        let items = items.into_iter().flatten();
        let items = items.filter(|item| duplicates == Duplicates::Kept || seen.insert(compare::key(item)));
        write::array_within(items, out).map(|()| true)
    })
}

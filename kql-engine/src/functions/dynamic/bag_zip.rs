//! `bag_zip()`, `zip()`

use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::DynamicArray, ResultName, Returns, ScalarFunction, p, repeated, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::collections::HashMap;

pub static BAG_ZIP: ScalarFunction = ScalarFunction {
    name: "bag_zip",
    aliases: &[],
    signatures: &[sig(&[p("keys", DynamicArray), p("values", DynamicArray)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "A bag of the keys in one array and the values at the same positions in another; keys that are not \
              strings are skipped.",
    page: "bag-zip",
    eval: Eval::Kernel(bag_zip),
};

pub static ZIP: ScalarFunction = ScalarFunction {
    name: "zip",
    aliases: &[],
    signatures: &[sig(&[p("array", DynamicArray), repeated("array", DynamicArray, 63)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "An array of arrays: the n-th holds the n-th element of every argument, null where an argument is \
              shorter.",
    page: "zip-function",
    eval: Eval::Kernel(zip),
};

fn bag_zip(call: &Call) -> Result<ColumnarValue> {
    let (keys, values) = (call.strings(0)?, call.strings(1)?);
    kernel::texts(call.rows, |i, out| {
        let Some(keys) = read::array(keys.get(i)) else { return Ok(false) };
        let values = read::array(values.get(i)).unwrap_or_default();
        // of several equal keys, the last one counts
        let last: HashMap<&str, usize> = keys.iter().enumerate().map(|(n, key)| (*key, n)).collect();
        let pairs = keys
            .iter()
            .enumerate()
            .filter(|(n, key)| read::kind(key) == Kind::String && last.get(**key) == Some(n))
            .map(|(n, key)| (*key, values.get(n).copied().unwrap_or("null")));
        write::bag_within(pairs, out).map(|()| true)
    })
}

fn zip(call: &Call) -> Result<ColumnarValue> {
    let arrays = (0..call.len()).map(|n| call.strings(n)).collect::<Result<Vec<_>>>()?;
    kernel::texts(call.rows, |i, out| {
        let items: Option<Vec<Vec<&str>>> = arrays.iter().map(|a| read::array(a.get(i))).collect();
        let Some(items) = items else { return Ok(false) };
        let rows = 0..items.iter().map(Vec::len).max().unwrap_or(0);
        let zipped = write::list_within(rows, out, |n, out| {
            write::array(items.iter().map(|all| all.get(n).copied().unwrap_or("null")), out);
        });
        zipped.map(|()| true)
    })
}

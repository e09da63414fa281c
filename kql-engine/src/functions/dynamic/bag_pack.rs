//! `bag_pack()`, `pack_all()`

use crate::budget;
use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Scalar},
    ResultName, Returns, ScalarFunction, Signature, repeated, sig,
};
use crate::types::ScalarType::{Dynamic, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 1] =
    [sig(&[repeated("key", Is(String), 32767), repeated("value", Scalar, 32767)], Returns::Is(Dynamic))];

/// `bag_pack()`
pub static BAG_PACK: ScalarFunction = ScalarFunction {
    name: "bag_pack",
    aliases: &["pack", "pack_dictionary"],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "A property bag made of alternating keys and values.",
    page: "pack-function",
    eval: Eval::Kernel(|call| run(call, Empty::Kept)),
};

/// `pack_all(true)` becomes this; not callable by name.
pub static PACK_NOT_EMPTY: ScalarFunction = ScalarFunction {
    name: "pack_all()",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::None,
    summary: "A property bag made of keys and values, without those that are null or empty.",
    page: "operator:pack-all-function",
    eval: Eval::Kernel(|call| run(call, Empty::Skipped)),
};

/// What happens to properties whose value is null or an empty string.
#[derive(Clone, Copy, PartialEq)]
enum Empty {
    Kept,
    Skipped,
}

fn run(call: &Call, empty: Empty) -> Result<ColumnarValue> {
    let mut pairs = Vec::with_capacity(call.len() / 2);
    for n in (0..call.len()).step_by(2) {
        pairs.push((call.strings(n)?, Arg::new(call, n + 1)?));
    }
    kernel::texts(call.rows, |i, out| {
        out.push('{');
        for (n, (key, value)) in pairs.iter().enumerate() {
            let start = out.len();
            if out.len() > 1 {
                out.push(',');
            }
            budget::value(start)?;
            // of several equal keys, the last one counts
            let name = key.get(i);
            if pairs.iter().skip(n + 1).any(|(later, _)| later.get(i) == name) {
                out.truncate(start);
                continue;
            }
            write::string(name, out);
            out.push(':');
            let from = out.len();
            if !value.json(i, out) {
                out.push_str("null");
            }
            if empty == Empty::Skipped && matches!(out.get(from..), Some("null" | "\"\"")) {
                out.truncate(start);
            }
        }
        out.push('}');
        Ok(true)
    })
}

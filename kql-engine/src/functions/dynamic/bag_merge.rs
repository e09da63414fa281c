//! `bag_merge()`

use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::DynamicBag, ResultName, Returns, ScalarFunction, p, repeated, sig};
use crate::types::ScalarType::Dynamic;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::collections::HashSet;

pub static BAG_MERGE: ScalarFunction = ScalarFunction {
    name: "bag_merge",
    aliases: &[],
    signatures: &[sig(&[p("bag", DynamicBag), repeated("bag", DynamicBag, 63)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "Merges bags into one; if a key occurs twice, the first value is kept. Arguments that are not bags \
              are skipped.",
    page: "bag-merge-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let bags = (0..call.len()).map(|n| call.strings(n)).collect::<Result<Vec<_>>>()?;
    kernel::texts(call.rows, |i, out| {
        let found: Vec<&str> = bags.iter().map(|bag| bag.get(i)).filter(|bag| read::kind(bag) == Kind::Bag).collect();
        let mut seen = HashSet::new();
        let properties = found.iter().flat_map(|bag| read::properties(bag)).filter(|(key, _)| seen.insert(*key));
        write::bag_within(properties, out).map(|()| !found.is_empty())
    })
}

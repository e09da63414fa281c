//! `bag_keys()`, `bag_has_key()`

use crate::dynamic::json_path;
use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicBag, Is},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Bool, Dynamic, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static BAG_KEYS: ScalarFunction = ScalarFunction {
    name: "bag_keys",
    aliases: &[],
    signatures: &[sig(&[p("object", DynamicBag)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "An array of a bag's keys; null if the value is not a bag.",
    page: "bag-keys-function",
    eval: Eval::Kernel(keys),
};

pub static BAG_HAS_KEY: ScalarFunction = ScalarFunction {
    name: "bag_has_key",
    aliases: &[],
    signatures: &[sig(&[p("bag", DynamicBag), p("key", Is(String))], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if the bag has the key, or a property at a path such as $.a.b; null if the value is not a bag.",
    page: "bag-has-key-function",
    eval: Eval::Kernel(has_key),
};

fn keys(call: &Call) -> Result<ColumnarValue> {
    let bags = call.strings(0)?;
    kernel::texts(call.rows, |i, out| {
        let bag = bags.get(i);
        if read::kind(bag) != Kind::Bag {
            return false;
        }
        write::array(read::properties(bag).map(|(key, _)| key), out);
        true
    })
}

fn has_key(call: &Call) -> Result<ColumnarValue> {
    let (bags, keys) = (call.strings(0)?, call.strings(1)?);
    kernel::bools(call.rows, |i| {
        let (bag, key) = (bags.get(i), keys.get(i));
        if read::kind(bag) != Kind::Bag {
            return None;
        }
        let steps = json_path::keys(key);
        let (last, before) = steps.split_last()?;
        let mut inner = bag;
        for step in before {
            match property(inner, step) {
                Some(value) => inner = value,
                None => return Some(false),
            }
        }
        Some(property(inner, last).is_some())
    })
}

/// The value of a property, null included.
fn property<'a>(bag: &'a str, key: &str) -> Option<&'a str> {
    read::properties(bag).find(|(name, _)| read::unquote(name).is_some_and(|n| n == key)).map(|(_, value)| value)
}

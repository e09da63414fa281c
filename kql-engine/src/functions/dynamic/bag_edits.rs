//! `bag_remove_keys()`, `bag_set_key()`: keys of the bag itself, or paths such as `$.a.b`.

use crate::dynamic::json_path;
use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, Eval,
    ParameterType::{DynamicArray, DynamicBag, Is, Scalar},
    ResultName, Returns, ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Dynamic, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static BAG_REMOVE_KEYS: ScalarFunction = ScalarFunction {
    name: "bag_remove_keys",
    aliases: &[],
    signatures: &[sig(&[p("bag", DynamicBag), p("keys", DynamicArray)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The bag without the properties listed in an array, by key or by path.",
    page: "bag-remove-keys-function",
    eval: Eval::Kernel(remove_keys),
};

pub static BAG_SET_KEY: ScalarFunction = ScalarFunction {
    name: "bag_set_key",
    aliases: &[],
    signatures: &[sig(
        &[p("bag", DynamicBag), p("key", Is(String)).kind(ArgumentKind::Constant), p("value", Scalar)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "The bag with one property, given by key or by path, set to a value.",
    page: "bag-set-key-function",
    eval: Eval::Kernel(set_key),
};

fn remove_keys(call: &Call) -> Result<ColumnarValue> {
    let (bags, keys) = (call.strings(0)?, call.strings(1)?);
    kernel::texts(call.rows, |i, out| {
        let bag = bags.get(i);
        if read::kind(bag) != Kind::Bag {
            return false;
        }
        let paths: Vec<Vec<std::string::String>> =
            read::elements(keys.get(i)).filter_map(|key| Some(json_path::keys(&read::unquote(key)?))).collect();
        let paths: Vec<&[std::string::String]> = paths.iter().map(Vec::as_slice).collect();
        without(bag, &paths, out);
        true
    })
}

fn without(bag: &str, paths: &[&[std::string::String]], out: &mut std::string::String) {
    out.push('{');
    let start = out.len();
    for (key, value) in read::properties(bag) {
        let name = read::unquote(key).unwrap_or_default();
        let inner: Vec<&[std::string::String]> = paths
            .iter()
            .filter_map(|path| path.split_first().filter(|(first, _)| **first == name).map(|(_, rest)| rest))
            .collect();
        if inner.iter().any(|rest| rest.is_empty()) {
            continue;
        }
        if out.len() > start {
            out.push(',');
        }
        out.push_str(key);
        out.push(':');
        if inner.is_empty() || read::kind(value) != Kind::Bag {
            out.push_str(value);
        } else {
            without(value, &inner, out);
        }
    }
    out.push('}');
}

fn set_key(call: &Call) -> Result<ColumnarValue> {
    let (bags, key, value) = (call.strings(0)?, call.strings(1)?, Arg::new(call, 2)?);
    let path = json_path::keys(key.get(0));
    let mut text = std::string::String::new();
    kernel::texts(call.rows, |i, out| {
        let bag = bags.get(i);
        if read::kind(bag) != Kind::Bag {
            return false;
        }
        text.clear();
        if !value.json(i, &mut text) {
            text.push_str("null");
        }
        with(bag, &path, &text, out);
        true
    })
}

fn with(bag: &str, path: &[std::string::String], value: &str, out: &mut std::string::String) {
    let Some((first, rest)) = path.split_first() else { return out.push_str(value) };
    let mut found = false;
    out.push('{');
    let start = out.len();
    for (key, old) in read::properties(bag) {
        if out.len() > start {
            out.push(',');
        }
        out.push_str(key);
        out.push(':');
        if !found && read::unquote(key).is_some_and(|name| name == *first) {
            found = true;
            with(old, rest, value, out);
        } else {
            out.push_str(old);
        }
    }
    if !found {
        if out.len() > start {
            out.push(',');
        }
        write::string(first, out);
        out.push(':');
        with("", rest, value, out);
    }
    out.push('}');
}

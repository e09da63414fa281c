//! `set_union()`, `set_intersect()`, `set_difference()`, `set_equals()`, `jaccard_index()`: arrays as sets.
//!
//! The elements of a result are in the order in which they first occur.

use crate::dynamic::compare;
use crate::dynamic::read;
use crate::dynamic::write;
use crate::functions::kernel::{self, Strings};
use crate::registry::{
    Call, Eval, ParameterType::DynamicArray, ResultName, Returns, ScalarFunction, Signature, p, repeated, sig,
};
use crate::types::ScalarType::{Bool, Dynamic, Real};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::borrow::Cow;
use std::collections::HashSet;

static SETS: [Signature; 1] = [sig(&[p("set", DynamicArray), repeated("set", DynamicArray, 63)], Returns::Is(Dynamic))];

pub static SET_UNION: ScalarFunction = ScalarFunction {
    name: "set_union",
    aliases: &[],
    signatures: &SETS,
    result_name: ResultName::None,
    summary: "The distinct elements that are in any of the arrays.",
    page: "set-union-function",
    eval: Eval::Kernel(union),
};

pub static SET_INTERSECT: ScalarFunction = ScalarFunction {
    name: "set_intersect",
    aliases: &[],
    signatures: &SETS,
    result_name: ResultName::None,
    summary: "The distinct elements that are in all arrays.",
    page: "set-intersect-function",
    eval: Eval::Kernel(|call| by_first(call, |key, others| others.iter().all(|o| o.contains(key)))),
};

pub static SET_DIFFERENCE: ScalarFunction = ScalarFunction {
    name: "set_difference",
    aliases: &[],
    signatures: &SETS,
    result_name: ResultName::None,
    summary: "The distinct elements that are in the first array but in none of the others.",
    page: "set-difference-function",
    eval: Eval::Kernel(|call| by_first(call, |key, others| !others.iter().any(|o| o.contains(key)))),
};

pub static SET_EQUALS: ScalarFunction = ScalarFunction {
    name: "set_equals",
    aliases: &[],
    signatures: &[sig(&[p("set1", DynamicArray), p("set2", DynamicArray)], Returns::Is(Bool))],
    result_name: ResultName::None,
    summary: "True if both arrays have the same distinct elements, in any order.",
    page: "set-equals-function",
    eval: Eval::Kernel(|call| {
        let (a, b) = (call.strings(0)?, call.strings(1)?);
        kernel::bools(call.rows, |i| Some(set(a.get(i))? == set(b.get(i))?))
    }),
};

pub static JACCARD_INDEX: ScalarFunction = ScalarFunction {
    name: "jaccard_index",
    aliases: &[],
    signatures: &[sig(&[p("set1", DynamicArray), p("set2", DynamicArray)], Returns::Is(Real))],
    result_name: ResultName::None,
    summary: "The Jaccard index of two arrays: the number of elements in both divided by the number in either.",
    page: "jaccard-index-function",
    eval: Eval::Kernel(|call| {
        let (a, b) = (call.strings(0)?, call.strings(1)?);
        kernel::reals(call.rows, |i| {
            let (a, b) = (set(a.get(i))?, set(b.get(i))?);
            Some(a.intersection(&b).count() as f64 / a.union(&b).count() as f64)
        })
    }),
};

type Set<'a> = HashSet<Cow<'a, str>>;

fn set(array: &str) -> Option<Set<'_>> {
    Some(read::array(array)?.into_iter().map(compare::key).collect())
}

fn args<'a>(call: &Call<'a>) -> Result<Vec<Strings<'a>>> {
    (0..call.len()).map(|n| call.strings(n)).collect()
}

fn union(call: &Call) -> Result<ColumnarValue> {
    let arrays = args(call)?;
    kernel::texts(call.rows, |i, out| {
        let mut seen = HashSet::new();
        let mut some = false;
        let items = arrays.iter().filter_map(|a| read::array(a.get(i))).inspect(|_| some = true).flatten();
        write::array_within(items.filter(|item| seen.insert(compare::key(item))), out)?;
        Ok(some)
    })
}

/// The elements of the first array for which a test against the sets of the others is true.
fn by_first(call: &Call, keep: fn(&str, &[Set]) -> bool) -> Result<ColumnarValue> {
    let arrays = args(call)?;
    kernel::texts(call.rows, |i, out| {
        let Some((first, rest)) = arrays.split_first() else { return false };
        let Some(items) = read::array(first.get(i)) else { return false };
        let others: Vec<Set> = rest.iter().map(|a| set(a.get(i)).unwrap_or_default()).collect();
        let mut seen = HashSet::new();
        let kept = items.into_iter().filter(|item| {
            let key = compare::key(item);
            keep(&key, &others) && seen.insert(key)
        });
        write::array(kept, out);
        true
    })
}

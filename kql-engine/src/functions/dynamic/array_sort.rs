//! `array_sort_asc()`, `array_sort_desc()`
//!
//! Several arrays are sorted by the first. The result is then an array of them, which is split if it is assigned to several
//! names.

use crate::dynamic::compare::SortKey;
use crate::dynamic::read;
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, Eval, OutputColumn,
    ParameterType::{DynamicArray, Is},
    ResultName, Returns, ScalarFunction, Signature, p, repeated, sig,
};
use crate::types::ScalarType::{Bool, Dynamic};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

static SIGNATURES: [Signature; 4] = [
    sig(&[p("array", DynamicArray)], Returns::Columns(columns)),
    sig(
        &[p("array", DynamicArray), p("nulls_last", Is(Bool)).kind(ArgumentKind::Constant)],
        Returns::Columns(|arguments| columns(arguments - 1)),
    ),
    sig(&[p("array", DynamicArray), repeated("array", DynamicArray, 63)], Returns::Columns(columns)),
    sig(
        &[
            p("array", DynamicArray),
            repeated("array", DynamicArray, 63),
            p("nulls_last", Is(Bool)).kind(ArgumentKind::Constant),
        ],
        Returns::Columns(|arguments| columns(arguments - 1)),
    ),
];

fn columns(arrays: usize) -> Vec<OutputColumn> {
    (0..arrays).map(|n| OutputColumn { argument: Some(n), suffix: "_sorted", ty: Dynamic }).collect()
}

pub static ARRAY_SORT_ASC: ScalarFunction = ScalarFunction {
    name: "array_sort_asc",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::Suffix("_sorted"),
    summary: "Sorts the first array in ascending order, and reorders the other arrays the same way.",
    page: "array-sort-asc-function",
    eval: Eval::Kernel(|call| run(call, Direction::Ascending)),
};

pub static ARRAY_SORT_DESC: ScalarFunction = ScalarFunction {
    name: "array_sort_desc",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::Suffix("_sorted"),
    summary: "Sorts the first array in descending order, and reorders the other arrays the same way.",
    page: "array-sort-desc-function",
    eval: Eval::Kernel(|call| run(call, Direction::Descending)),
};

/// The order of the elements that are not null.
#[derive(Clone, Copy, PartialEq)]
enum Direction {
    Ascending,
    Descending,
}

fn run(call: &Call, direction: Direction) -> Result<ColumnarValue> {
    let placed = call.types.last() == Some(&Bool);
    let count = call.len() - usize::from(placed);
    let nulls_last = call.bools_or(if placed { count } else { call.len() }, true)?.get(0).unwrap_or(true);
    let arrays = (0..count).map(|n| call.strings(n)).collect::<Result<Vec<_>>>()?;
    kernel::texts(call.rows, |i, out| {
        let Some((first, rest)) = arrays.split_first() else { return false };
        let Some(items) = read::array(first.get(i)) else { return false };
        let order = order(&items, nulls_last, direction);
        let sorted = |items: &[&str], out: &mut String| {
            write::array(order.iter().map(|n| items.get(*n).copied().unwrap_or("null")), out);
        };
        if rest.is_empty() {
            sorted(&items, out);
            return true;
        }
        out.push('[');
        sorted(&items, out);
        for other in rest {
            out.push(',');
            match read::array(other.get(i)).filter(|other| other.len() == items.len()) {
                Some(other) => sorted(&other, out),
                None => out.push_str("null"),
            }
        }
        out.push(']');
        true
    })
}

fn order(items: &[&str], nulls_last: bool, direction: Direction) -> Vec<usize> {
    let keys: Vec<Option<SortKey>> = items.iter().map(|item| (*item != "null").then(|| SortKey::new(item))).collect();
    let mut order: Vec<usize> = (0..items.len()).collect();
    order.sort_by(|a, b| match (keys.get(*a).and_then(Option::as_ref), keys.get(*b).and_then(Option::as_ref)) {
        (Some(a), Some(b)) => a.compare(b, direction == Direction::Descending),
        (a, b) if nulls_last => b.is_some().cmp(&a.is_some()),
        (a, b) => a.is_some().cmp(&b.is_some()),
    });
    order
}

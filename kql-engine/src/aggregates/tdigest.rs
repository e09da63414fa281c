//! `tdigest()` and `tdigest_merge()`, whose states `percentile_tdigest()` and similar functions rank.
//!
//! The state is exact: an array of the values, `[value, weight]` if the weight is not 1. It is not a sketch that other
//! engines can read.

use super::order_list::CollectedValues;
use crate::registry::{
    AggregateFunction, Outputs,
    ParameterType::{DynamicArray, Integer, Summable},
    Reduce, ResultName, Returns, alias, optional, p, sig,
};
use crate::types::ScalarType::Dynamic;

pub static TDIGEST: AggregateFunction = AggregateFunction {
    name: "tdigest",
    aliases: &[],
    signatures: &[sig(&[p("expr", Summable), optional("weight", Integer)], Returns::Is(Dynamic))],
    result_name: ResultName::Prefix("tdigest"),
    outputs: Outputs::One,
    summary: "The state from which percentile_tdigest() computes percentiles, each value counted as often as its \
              weight; states can be merged.",
    page: "tdigest-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(CollectedValues::weighted(args))),
        state: |_| CollectedValues::state_types(),
        ordered: false,
    },
};

pub static TDIGEST_MERGE: AggregateFunction = AggregateFunction {
    name: "tdigest_merge",
    aliases: &[alias("merge_tdigest")],
    signatures: &[sig(&[p("tdigest", DynamicArray)], Returns::Is(Dynamic))],
    result_name: ResultName::Prefix("merge_tdigests"),
    summary: "Merges several states returned by tdigest() into one.",
    page: "tdigest-merge-aggregation-function",
    ..TDIGEST
};

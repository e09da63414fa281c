//! `hll()` and `hll_merge()`, whose states `dcount_hll()` counts.
//!
//! The state is exact: an array of the distinct values. It is not a sketch that other engines can read.

use super::make_list::MAKE_SET;
use super::order_list::CollectedValues;
use crate::registry::{
    AggregateFunction, Outputs,
    ParameterType::{Integer, Is, NotBool},
    Reduce, ResultName, Returns, optional, p, sig,
};
use crate::types::ScalarType::Dynamic;

pub static HLL: AggregateFunction = AggregateFunction {
    name: "hll",
    aliases: &[],
    signatures: &[sig(&[p("expr", NotBool), optional("accuracy", Integer)], Returns::Is(Dynamic))],
    result_name: ResultName::NameAndFirstArgument,
    outputs: Outputs::One,
    summary: "The state from which dcount_hll() counts the group's distinct values; states can be merged.",
    page: "hll-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(CollectedValues::unlimited(args))),
        state: |_| CollectedValues::state_types(),
        ordered: false,
    },
};

pub static HLL_MERGE: AggregateFunction = AggregateFunction {
    name: "hll_merge",
    aliases: &[],
    signatures: &[sig(&[p("hll", Is(Dynamic))], Returns::Is(Dynamic))],
    result_name: ResultName::NameAndFirstArgument,
    outputs: Outputs::One,
    summary: "Merges several states returned by hll() into one.",
    page: "hll-merge-aggregation-function",
    reduce: MAKE_SET.reduce,
};

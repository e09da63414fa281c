//! `make_list()`, `make_set()`

use super::order_list::CollectedValues;
use crate::registry::{
    AggregateFunction, Alias, Outputs,
    ParameterType::{Integer, Scalar},
    Reduce, ResultName, Returns, Signature, alias, optional, p, sig,
};
use crate::types::ScalarType::Dynamic;

/// The number of elements that the older names keep by default.
const OLD_SIZE: i64 = 128;

static SIGNATURES: [Signature; 1] = [sig(&[p("expr", Scalar), optional("maxSize", Integer)], Returns::Is(Dynamic))];

pub static MAKE_LIST: AggregateFunction = AggregateFunction {
    name: "make_list",
    aliases: &[Alias { second_argument: Some(OLD_SIZE), ..alias("makelist") }],
    signatures: &SIGNATURES,
    result_name: ResultName::Prefix("list"),
    outputs: Outputs::One,
    summary: "An array of the group's values in the order of the rows; nulls are skipped, and the elements of \
              arrays are added one by one.",
    page: "make-list-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(CollectedValues::all(args))),
        state: |_| CollectedValues::state_types(),
        ordered: true,
    },
};

pub static MAKE_LIST_WITH_NULLS: AggregateFunction = AggregateFunction {
    name: "make_list_with_nulls",
    aliases: &[],
    signatures: &[sig(&[p("expr", Scalar)], Returns::Is(Dynamic))],
    result_name: ResultName::Prefix("list"),
    outputs: Outputs::One,
    summary: "An array of the group's values in the order of the rows, including nulls.",
    page: "make-list-with-nulls-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(CollectedValues::with_nulls(args))),
        state: |_| CollectedValues::state_types(),
        ordered: true,
    },
};

pub static MAKE_SET: AggregateFunction = AggregateFunction {
    name: "make_set",
    aliases: &[Alias { second_argument: Some(OLD_SIZE), ..alias("makeset") }],
    signatures: &SIGNATURES,
    result_name: ResultName::Prefix("set"),
    outputs: Outputs::One,
    summary: "An array of the group's distinct values; nulls are skipped, and the elements of arrays are added \
              one by one.",
    page: "make-set-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(CollectedValues::distinct(args))),
        state: |_| CollectedValues::state_types(),
        ordered: true,
    },
};

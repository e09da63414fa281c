//! `arg_max()`, `arg_min()`

use super::arg_best::{ArgBest, Best};
use crate::registry::{
    AggregateFunction, ArgumentKind, Outputs,
    ParameterType::{Orderable, Scalar},
    Reduce, ResultName, Returns, Signature, p, repeated, sig,
};

static SIGNATURES: [Signature; 1] = [sig(&[p("extreme", Orderable), MORE], Returns::Parameter(0))];

const MORE: crate::registry::Parameter = crate::registry::Parameter {
    optional: true,
    ..repeated("returned", Scalar, 32767).kind(ArgumentKind::StarAllowed)
};

pub static ARG_MAX: AggregateFunction = AggregateFunction {
    name: "arg_max",
    aliases: &["argmax"],
    signatures: &SIGNATURES,
    result_name: ResultName::FirstArgument,
    outputs: Outputs::EachArgument,
    summary: "The greatest value of the first argument, and the values of the other arguments in that row.",
    page: "arg-max-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(ArgBest::new(Best::Max, args)?)),
        state: ArgBest::state_types,
        ordered: true,
    },
};

pub static ARG_MIN: AggregateFunction = AggregateFunction {
    name: "arg_min",
    aliases: &["argmin"],
    signatures: &SIGNATURES,
    result_name: ResultName::FirstArgument,
    outputs: Outputs::EachArgument,
    summary: "The smallest value of the first argument, and the values of the other arguments in that row.",
    page: "arg-min-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(ArgBest::new(Best::Min, args)?)),
        state: ArgBest::state_types,
        ordered: true,
    },
};

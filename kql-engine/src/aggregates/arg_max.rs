//! `arg_max()`, `arg_min()`

use super::arg_best::{ArgBest, Best};
use crate::registry::{
    AggregateFunction, Alias, ArgumentKind, OutputPlace, Outputs,
    ParameterType::{Orderable, Scalar},
    Reduce, ResultName, Returns, Signature, alias, p, repeated, sig,
};

static SIGNATURES: [Signature; 1] = [sig(&[p("extreme", Orderable), MORE], Returns::Parameter(0))];

const MORE: crate::registry::Parameter = crate::registry::Parameter {
    optional: true,
    ..repeated("returned", Scalar, 32767).kind(ArgumentKind::StarAllowed)
};

pub static ARG_MAX: AggregateFunction = AggregateFunction {
    name: "arg_max",
    aliases: &[Alias {
        result_name: Some(ResultName::Each(|place, name| Some(old_extreme("max", place, name)))),
        ..alias("argmax")
    }],
    signatures: &SIGNATURES,
    result_name: ResultName::Each(|place, name| name.or_else(|| Some(extreme("max", place)))),
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
    aliases: &[Alias {
        result_name: Some(ResultName::Each(|place, name| Some(old_extreme("min", place, name)))),
        ..alias("argmin")
    }],
    signatures: &SIGNATURES,
    result_name: ResultName::Each(|place, name| name.or_else(|| Some(extreme("min", place)))),
    outputs: Outputs::EachArgument,
    summary: "The smallest value of the first argument, and the values of the other arguments in that row.",
    page: "arg-min-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(ArgBest::new(Best::Min, args)?)),
        state: ArgBest::state_types,
        ordered: true,
    },
};

/// The name of an argument that has no name.
fn extreme(prefix: &str, place: &OutputPlace) -> String {
    match place.at {
        0 => format!("{prefix}_"),
        at => format!("{prefix}_{}_arg{at}", place.first),
    }
}

fn old_extreme(prefix: &str, place: &OutputPlace, name: Option<String>) -> String {
    match (place.at, name) {
        (0, _) => format!("{prefix}_{}", place.first),
        (_, Some(name)) => format!("{prefix}_{}_{name}", place.first),
        (_, None) => extreme(prefix, place),
    }
}

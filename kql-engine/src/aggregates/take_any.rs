//! `take_any()`, `any()`

use super::arg_best::{ArgBest, Best};
use crate::registry::{
    AggregateFunction, Alias, ArgumentKind, Outputs, ParameterType::Scalar, Reduce, ResultName, Returns, alias,
    repeated, sig,
};

pub static TAKE_ANY: AggregateFunction = AggregateFunction {
    name: "take_any",
    aliases: &[Alias {
        result_name: Some(ResultName::Each(|place, name| {
            Some(match name {
                Some(name) => format!("any_{name}"),
                None if place.of == 1 => "any_".to_owned(),
                None => format!("any_arg{}", place.at),
            })
        })),
        ..alias("any")
    }],
    signatures: &[sig(&[repeated("expr", Scalar, 32767).kind(ArgumentKind::StarAllowed)], Returns::Parameter(0))],
    result_name: ResultName::Each(|place, name| name.or_else(|| Some(format!("any_arg{}", place.at)))),
    outputs: Outputs::EachArgument,
    summary: "The values of one row of the group; with a single argument, preferably a value that is neither null \
              nor empty.",
    page: "take-any-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| {
            let best = if args.info.types.len() == 1 { Best::FirstNotNull } else { Best::First };
            Ok(Box::new(ArgBest::new(best, args)?))
        },
        state: ArgBest::state_types,
        ordered: true,
    },
};

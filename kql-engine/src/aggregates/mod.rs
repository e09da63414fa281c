//! Aggregation functions.

#![allow(missing_docs)] // a row documents itself: its `summary` and `page`

mod accumulator;
mod arg_best;
mod arg_max;
mod avg;
mod binary_all;
mod buildschema;
mod conditional_forms;
mod count;
mod countif;
mod dcount;
mod hll;
mod interner;
mod lookup;
mod make_bag;
mod make_list;
mod max;
mod min;
mod nan;
mod order_list;
mod percentile;
mod quantiles;
mod series_points;
mod spread;
mod sum;
mod take_any;
mod tdigest;

pub use count::COUNT;
pub use lookup::{aggregate, is_aggregate_call};
pub use series_points::SERIES_POINTS;
pub use sum::SUM;
pub use take_any::TAKE_ANY;

use crate::registry::{AggregateFunction, ResultName};

/// Every row.
pub fn all() -> impl Iterator<Item = &'static AggregateFunction> {
    ALL.iter().copied()
}

static ALL: &[&AggregateFunction] = &[
    &count::COUNT,
    &count::CNT,
    &buildschema::BUILDSCHEMA,
    &tdigest::TDIGEST,
    &tdigest::TDIGEST_MERGE,
    &countif::COUNTIF,
    &dcount::DCOUNT,
    &sum::SUM,
    &min::MIN,
    &max::MAX,
    &avg::AVG,
    &make_list::MAKE_LIST,
    &make_list::MAKE_SET,
    &arg_max::ARG_MAX,
    &arg_max::ARG_MIN,
    &take_any::TAKE_ANY,
    &make_list::MAKE_LIST_WITH_NULLS,
    &make_bag::MAKE_BAG,
    &make_bag::MAKE_DICTIONARY,
    &dcount::COUNT_DISTINCT,
    &hll::HLL,
    &hll::HLL_MERGE,
    &percentile::PERCENTILE,
    &percentile::PERCENTILES,
    &percentile::PERCENTILES_ARRAY,
    &percentile::PERCENTILEW,
    &percentile::PERCENTILESW,
    &percentile::PERCENTILESW_ARRAY,
    &spread::STDEV,
    &spread::STDEVP,
    &spread::VARIANCE,
    &spread::VARIANCEP,
    &spread::COVARIANCE,
    &spread::COVARIANCEP,
    &binary_all::BINARY_ALL_AND,
    &binary_all::BINARY_ALL_OR,
    &binary_all::BINARY_ALL_XOR,
    &conditional_forms::SUMIF,
    &conditional_forms::MINIF,
    &conditional_forms::MAXIF,
    &conditional_forms::AVGIF,
    &conditional_forms::DCOUNTIF,
    &conditional_forms::COUNT_DISTINCTIF,
    &conditional_forms::HLL_IF,
    &conditional_forms::MAKE_LIST_IF,
    &conditional_forms::MAKE_SET_IF,
    &conditional_forms::MAKE_BAG_IF,
    &conditional_forms::STDEVIF,
    &conditional_forms::VARIANCEIF,
    &conditional_forms::VARIANCEPIF,
    &conditional_forms::COVARIANCEIF,
    &conditional_forms::COVARIANCEPIF,
    &conditional_forms::TAKE_ANYIF,
];

/// The naming rule of an aggregate under one of its older names.
pub fn alias_name(name: &str, function: &AggregateFunction) -> ResultName {
    match (name, function.name) {
        ("any", _) => ResultName::Prefix("any"),
        ("anyif", _) => ResultName::Prefix("anyif"),
        _ => function.result_name,
    }
}

/// How many elements the older names of `make_list()` and `make_set()` keep where nothing is said.
pub fn legacy_size(name: &str) -> Option<i64> {
    matches!(name, "makelist" | "makeset").then_some(128)
}

/// How the columns of an aggregate with several are named: from the place, and the name of the argument.
pub type OutputName = fn(&OutputPlace, Option<String>) -> Option<String>;

/// Which of an aggregate's columns is named.
pub struct OutputPlace<'n> {
    /// Which argument it is of.
    pub at: usize,
    /// How many arguments there are.
    pub of: usize,
    /// What the first argument is called, empty where it has no name.
    pub first: &'n str,
}

/// The naming rule for the columns of `arg_max`, `take_any` and their older names.
pub fn output_prefix(name: &str) -> OutputName {
    match name {
        "any" => |place, name| {
            Some(match name {
                Some(name) => format!("any_{name}"),
                None if place.of == 1 => "any_".to_owned(),
                None => format!("any_arg{}", place.at),
            })
        },
        "anyif" => |_, name| Some(format!("anyif_{}", name.unwrap_or_default())),
        "take_any" => |place, name| name.or_else(|| Some(format!("any_arg{}", place.at))),
        "arg_max" => |place, name| name.or_else(|| Some(extreme("max", place))),
        "arg_min" => |place, name| name.or_else(|| Some(extreme("min", place))),
        "argmax" => |place, name| Some(old_extreme("max", place, name)),
        "argmin" => |place, name| Some(old_extreme("min", place, name)),
        _ => |_, name| name,
    }
}

/// The name of what has none of its own.
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

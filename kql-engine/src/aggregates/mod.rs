//! Aggregation functions.

#![allow(missing_docs)] // a row documents itself: its `summary` and `page`

mod arg_max;
mod avg;
mod best_row;
mod binary_all;
mod buildschema;
mod conditional_forms;
mod count;
mod countif;
mod dcount;
mod hll;
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
mod texts;

pub use count::COUNT;
pub use series_points::SERIES_POINTS;
pub use sum::SUM;
pub use take_any::TAKE_ANY;

use crate::registry::{AggregateFunction, ResultName};
use arrow::array::{Array, ArrayRef, BooleanArray};
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

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

/// Whether a row is among those that a filter leaves.
fn passes(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|f| f.is_valid(row) && f.value(row))
}

/// The state of each row by itself, by way of a fresh accumulator.
fn state_of_each_row(
    mut fresh: impl GroupsAccumulator,
    values: &[ArrayRef],
    filter: Option<&BooleanArray>,
) -> Result<Vec<ArrayRef>> {
    let rows = values.first().map_or(0, |v| v.len());
    let groups: Vec<usize> = (0..rows).collect();
    fresh.update_batch(values, &groups, filter, rows)?;
    fresh.state(EmitTo::All)
}

/// The naming rule of an aggregate under one of its older names.
pub fn alias_name(name: &str, function: &AggregateFunction) -> ResultName {
    match (name, function.name) {
        ("any", _) => ResultName::Prefix("any"),
        ("anyif", _) => ResultName::Prefix("anyif"),
        _ => function.result_name,
    }
}

/// How the columns of an aggregate with several are named: from the place, the name of the argument, and the name of
/// the first argument.
pub type OutputName = fn(usize, Option<String>, Option<&str>) -> Option<String>;

/// The naming rule for the columns of `arg_max`, `take_any` and their older names.
pub fn output_prefix(name: &str) -> OutputName {
    match name {
        "any" => |_, name, _| Some(format!("any_{}", name.unwrap_or_default())),
        "anyif" => |_, name, _| Some(format!("anyif_{}", name.unwrap_or_default())),
        "argmax" => |i, name, first| old_extreme("max", i, name, first),
        "argmin" => |i, name, first| old_extreme("min", i, name, first),
        _ => |_, name, _| name,
    }
}

fn old_extreme(prefix: &str, i: usize, name: Option<String>, first: Option<&str>) -> Option<String> {
    let first = first.unwrap_or_default();
    Some(match i {
        0 => format!("{prefix}_{first}"),
        _ => format!("{prefix}_{first}_{}", name.unwrap_or_default()),
    })
}

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
mod list_state;
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

pub use conditional_forms::MAKE_LIST_IF;
pub use count::COUNT;
pub use lookup::{aggregate, is_aggregate_call};
pub use make_list::MAKE_LIST;
pub use series_points::SERIES_POINTS;
pub use sum::SUM;
pub use take_any::TAKE_ANY;

use crate::registry::{AggregateFunction, ScalarFunction};

/// All aggregation functions.
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

/// The aggregates that queries cannot call by name: plans use them.
pub fn internal() -> impl Iterator<Item = &'static AggregateFunction> {
    [&series_points::SERIES_POINTS].into_iter()
}

/// The scalar functions that plans use for aggregates.
pub fn internal_scalars() -> impl Iterator<Item = &'static ScalarFunction> {
    spread::INTERNAL.into_iter()
}

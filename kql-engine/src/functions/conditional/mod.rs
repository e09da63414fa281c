//! Conditions and nulls.

mod around;
mod assert;
mod case;
mod coalesce;
mod emptiness;
mod extremes;
mod iff;
mod not;
mod nullness;

use crate::registry::ScalarFunction;

/// All functions for conditions and nulls.
pub static ALL: &[&ScalarFunction] = &[
    &iff::IFF,
    &case::CASE,
    &coalesce::COALESCE,
    &emptiness::ISEMPTY,
    &emptiness::ISNOTEMPTY,
    &nullness::ISNULL,
    &nullness::ISNOTNULL,
    &not::NOT,
    &extremes::MAX_OF,
    &extremes::MIN_OF,
    &around::AROUND,
    &assert::ASSERT,
];

//! Conditions and nulls.

mod case;
mod coalesce;
mod emptiness;
mod iff;
mod not;
mod nullness;

use crate::registry::ScalarFunction;

/// Every row.
pub static ALL: &[&ScalarFunction] = &[
    &iff::IFF,
    &case::CASE,
    &coalesce::COALESCE,
    &emptiness::ISEMPTY,
    &emptiness::ISNOTEMPTY,
    &nullness::ISNULL,
    &nullness::ISNOTNULL,
    &not::NOT,
];

//! Strings.

mod case_change;
mod extract;
mod replace_string;
mod split;
mod strcat;
mod strlen;
mod substring;

use crate::registry::ScalarFunction;

/// Every row.
pub static ALL: &[&ScalarFunction] = &[
    &strcat::STRCAT,
    &case_change::TOLOWER,
    &case_change::TOUPPER,
    &strlen::STRLEN,
    &substring::SUBSTRING,
    &split::SPLIT,
    &replace_string::REPLACE_STRING,
    &extract::EXTRACT,
];

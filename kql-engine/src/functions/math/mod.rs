//! Numbers.

mod bin;

use crate::registry::ScalarFunction;

/// Every row.
pub static ALL: &[&ScalarFunction] = &[&bin::BIN];

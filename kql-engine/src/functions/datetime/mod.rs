//! Dates and times.

mod bin_time;
mod datetime_diff;
mod now;
mod startofday;

use crate::registry::ScalarFunction;
use std::ops::RangeInclusive;

/// The ticks that a datetime can have: from year 1 to the end of year 9999.
pub const RANGE: RangeInclusive<i64> = 0..=3_155_378_975_999_999_999;

/// Every row.
pub static ALL: &[&ScalarFunction] = &[&now::NOW, &now::AGO, &startofday::STARTOFDAY, &datetime_diff::DATETIME_DIFF];

pub use bin_time::floor_to;

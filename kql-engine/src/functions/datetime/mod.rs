//! Dates and times.

mod bin_time;
mod boundaries;
mod datetime_add;
mod datetime_diff;
mod datetime_part;
mod format;
mod make_datetime;
mod make_timespan;
mod now;
mod parts;
mod time_zone;
mod unixtime;

use crate::registry::ScalarFunction;

/// All date and time functions.
pub static ALL: &[&ScalarFunction] = &[
    &now::NOW,
    &now::AGO,
    &boundaries::STARTOFDAY,
    &boundaries::STARTOFWEEK,
    &boundaries::STARTOFMONTH,
    &boundaries::STARTOFYEAR,
    &boundaries::ENDOFDAY,
    &boundaries::ENDOFWEEK,
    &boundaries::ENDOFMONTH,
    &boundaries::ENDOFYEAR,
    &datetime_add::DATETIME_ADD,
    &datetime_diff::DATETIME_DIFF,
    &datetime_part::DATETIME_PART,
    &parts::GETYEAR,
    &parts::GETMONTH,
    &parts::MONTHOFYEAR,
    &parts::DAYOFMONTH,
    &parts::DAYOFYEAR,
    &parts::DAYOFWEEK,
    &parts::HOUROFDAY,
    &parts::WEEK_OF_YEAR,
    &parts::WEEKOFYEAR,
    &make_datetime::MAKE_DATETIME,
    &make_timespan::MAKE_TIMESPAN,
    &format::FORMAT_DATETIME,
    &format::FORMAT_TIMESPAN,
    &unixtime::SECONDS,
    &unixtime::MILLISECONDS,
    &unixtime::MICROSECONDS,
    &unixtime::NANOSECONDS,
    &time_zone::UTC_TO_LOCAL,
    &time_zone::LOCAL_TO_UTC,
    &time_zone::LIST,
];

pub use bin_time::floor_to;

/// Functions that are not callable by name.
pub(super) static INTERNAL: [&ScalarFunction; 2] = [&make_datetime::OF_PARTS, &make_timespan::OF_PARTS];

//! Datetimes and timespans: the calendar of [`kql_parser`], which literals need too, and time zones. Texts are parsed
//! by [`kql_parser::time`].

mod zones;

pub use kql_parser::calendar::{
    DAY, EPOCH, HOUR, MICROSECOND, MILLISECOND, MINUTE, RANGE, SECOND, civil, datetime, datetime_short, days,
    month_length, timespan,
};
pub(crate) use zones::{local_to_utc, utc_to_local};

use std::time::{SystemTime, UNIX_EPOCH};

/// The ticks of a system time; `None` before 1970.
pub fn of_system(time: SystemTime) -> Option<i64> {
    let since = time.duration_since(UNIX_EPOCH).ok()?;
    i64::try_from(since.as_nanos() / 100).ok()?.checked_add(EPOCH)
}

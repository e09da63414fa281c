//! Times in the form of Kusto.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Ticks of 100 ns from the year 1 to 1970.
const EPOCH: i64 = 621_355_968_000_000_000;

/// A time in ticks of 100 ns since the year 1.
pub fn ticks(time: SystemTime) -> i64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_nanos() / 100).map_or(i64::MAX, |ticks| EPOCH.saturating_add(ticks))
}

/// A time as text, such as `2024-05-01T12:00:00.0000000Z`.
pub fn text(time: SystemTime) -> String {
    let mut out = String::new();
    kql_parser::calendar::datetime(ticks(time), &mut out);
    out
}

/// A duration as text, such as `00:00:01.5000000`.
pub fn duration(duration: Duration) -> String {
    let mut out = String::new();
    kql_parser::calendar::timespan(i64::try_from(duration.as_nanos() / 100).unwrap_or(i64::MAX), &mut out);
    out
}

/// Seconds since 1970.
pub fn unix_seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

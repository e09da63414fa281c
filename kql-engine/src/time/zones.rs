//! Local times. Only this module decides which time is meant when a clock shows a time twice, or skips it.

use super::{EPOCH, SECOND};
use chrono::{DateTime, Duration, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

fn naive(ticks: i64) -> Option<NaiveDateTime> {
    let ticks = ticks - EPOCH;
    let nanoseconds = u32::try_from(ticks.rem_euclid(SECOND) * 100).ok()?;
    Some(DateTime::from_timestamp(ticks.div_euclid(SECOND), nanoseconds)?.naive_utc())
}

/// Ticks of the local time in a zone at a time in UTC.
pub(crate) fn utc_to_local(ticks: i64, zone: Tz) -> Option<i64> {
    let offset = zone.offset_from_utc_datetime(&naive(ticks)?).fix().local_minus_utc();
    ticks.checked_add(i64::from(offset) * SECOND)
}

/// Ticks in UTC of a local time in a zone. A time that the clocks skip has the offset after the jump, as
/// the documentation of `datetime_local_to_utc()` shows; a time that occurs twice is the first of the two.
pub(crate) fn local_to_utc(ticks: i64, zone: Tz) -> Option<i64> {
    let time = naive(ticks)?;
    let offset = zone.offset_from_local_datetime(&time).earliest().or_else(|| {
        let after = [Duration::hours(3), Duration::hours(25)];
        after.iter().find_map(|d| zone.offset_from_local_datetime(&time.checked_add_signed(*d)?).earliest())
    })?;
    ticks.checked_sub(i64::from(offset.fix().local_minus_utc()) * SECOND)
}

#[cfg(test)]
mod tests {
    use super::*;
    use kql_parser::time::{datetime_text, parse_datetime};

    #[test]
    fn skipped_and_repeated() {
        let of = |text: &str, zone: Tz| parse_datetime(text).and_then(|t| local_to_utc(t, zone)).map(datetime_text);
        let at = |text: &str| Some(text.to_owned());
        // the example of the documentation
        assert_eq!(of("2022-03-27T02:30:00", Tz::Europe__Brussels), at("2022-03-27T00:30:00"));
        assert_eq!(of("2023-03-12T02:30:00", Tz::America__New_York), at("2023-03-12T06:30:00"));
        assert_eq!(of("2023-11-05T01:30:00", Tz::America__New_York), at("2023-11-05T05:30:00"));
        // a day that an island skipped
        assert_eq!(of("2011-12-30T12:00:00", Tz::Pacific__Apia), at("2011-12-29T22:00:00"));
        assert_eq!(of("9999-12-31T23:59:59", Tz::Europe__Brussels), at("9999-12-31T22:59:59"));
    }
}

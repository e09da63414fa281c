//! Ticks, the calendar, and the text formats of times. A tick is 100 ns; a datetime counts them from 0001-01-01T00:00:00Z.
//!
//! The arithmetic does not use a library, since it runs over whole columns.

use std::fmt::Write;
use std::ops::RangeInclusive;

/// Ticks of a microsecond.
pub const MICROSECOND: i64 = 10;
/// Ticks of a millisecond.
pub const MILLISECOND: i64 = 1000 * MICROSECOND;
/// Ticks of a second.
pub const SECOND: i64 = 1000 * MILLISECOND;
/// Ticks of a minute.
pub const MINUTE: i64 = 60 * SECOND;
/// Ticks of an hour.
pub const HOUR: i64 = 60 * MINUTE;
/// Ticks of a day.
pub const DAY: i64 = 24 * HOUR;
/// Ticks from 0001-01-01 to 1970-01-01.
pub const EPOCH: i64 = EPOCH_DAYS * DAY;
/// The valid ticks of a datetime: from year 1 to the end of year 9999.
pub const RANGE: RangeInclusive<i64> = 0..=3_155_378_975_999_999_999;
/// Days from 0001-01-01 to 1970-01-01.
const EPOCH_DAYS: i64 = 719_162;

/// Year, month and day of a day number counted from 0001-01-01.
pub fn civil(days: i64) -> (i64, u32, u32) {
    // Howard Hinnant's algorithm, eras of 400 years that start in March
    let z = days - EPOCH_DAYS + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year_of_era + era * 400 + i64::from(month <= 2), month as u32, day as u32)
}

/// Day number from 0001-01-01 of a date.
pub fn days(year: i64, month: u32, day: u32) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let month = i64::from(month);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468 + EPOCH_DAYS
}

/// Days of a month.
pub fn month_length(year: i64, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        _ => 31,
    }
}

/// `2020-01-01T00:00:00.0000000Z`
pub fn datetime(ticks: i64, out: &mut String) {
    datetime_seconds(ticks, out);
    let _ = write!(out, ".{:07}Z", ticks.rem_euclid(SECOND));
}

/// `2020-01-01T00:00:00Z`, with as many fractional digits as needed.
pub fn datetime_short(ticks: i64, out: &mut String) {
    datetime_seconds(ticks, out);
    let fraction = ticks.rem_euclid(SECOND);
    if fraction != 0 {
        let digits = format!("{fraction:07}");
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
    out.push('Z');
}

/// `2020-01-01T10:11:12.1234567`: without a zone, and with a fraction only if it is not zero.
pub fn datetime_plain(ticks: i64, out: &mut String) {
    datetime_seconds(ticks, out);
    let fraction = ticks.rem_euclid(SECOND);
    if fraction != 0 {
        let _ = write!(out, ".{fraction:07}");
    }
}

fn datetime_seconds(ticks: i64, out: &mut String) {
    let (year, month, day) = civil(ticks.div_euclid(DAY));
    let seconds = ticks.rem_euclid(DAY) / SECOND;
    let _ =
        write!(out, "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
}

/// `[-][d.]hh:mm:ss[.fffffff]`
pub fn timespan(ticks: i64, out: &mut String) {
    if ticks < 0 {
        out.push('-');
    }
    let ticks = ticks.unsigned_abs();
    let (day, second) = (DAY.unsigned_abs(), SECOND.unsigned_abs());
    if ticks >= day {
        let _ = write!(out, "{}.", ticks / day);
    }
    let seconds = ticks % day / second;
    let _ = write!(out, "{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60);
    if !ticks.is_multiple_of(second) {
        let _ = write!(out, ".{:07}", ticks % second);
    }
}

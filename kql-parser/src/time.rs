//! Texts of datetimes and timespans, for literals as well as for `todatetime()` and `totimespan()`.
//!
//! Datetimes are ticks of 100 ns since 0001-01-01T00:00:00Z; timespans are ticks.

use crate::calendar::{self, DAY, HOUR, MICROSECOND, MILLISECOND, MINUTE, RANGE, SECOND, days, month_length};
use crate::text::{Read, blank, whole};
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag_no_case, take_till1, take_while, take_while_m_n, take_while1};
use nom::character::complete::{char, digit0, digit1, one_of};
use nom::combinator::{map_opt, map_res, opt, rest, success, value, verify};
use nom::multi::{many_m_n, many0_count, separated_list1};
use nom::sequence::{preceded, separated_pair, terminated};

/// The ticks of a unit of a timespan literal: `d`, `min`, `microseconds`.
pub fn unit(word: &str) -> Option<i64> {
    Some(match word {
        "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "minute" | "minutes" => MINUTE,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => MILLISECOND,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => MICROSECOND,
        "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds" => 0,
        "tick" | "ticks" => 1,
        _ => return None,
    })
}

/// The ticks of a datetime text; `None` if it is not valid or outside the years 1 to 9999.
pub fn parse_datetime(text: &str) -> Option<i64> {
    iso(text.as_bytes()).or_else(|| free(text.trim()))
}

/// `2020-01-01T10:11:12.1234567`, which [`parse_datetime`] can read.
pub fn datetime_text(ticks: i64) -> String {
    let mut text = String::new();
    calendar::datetime_plain(ticks, &mut text);
    text
}

/// `1.02:03:04.5000000`, which [`parse_timespan`] can read.
pub fn timespan_text(ticks: i64) -> String {
    let mut text = String::new();
    calendar::timespan(ticks, &mut text);
    text
}

/// A timespan in the greatest unit of which it is a multiple: `90m`.
pub fn units(ticks: i64) -> String {
    const UNITS: [(i64, &str); 5] = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (MILLISECOND, "ms")];
    let whole = UNITS.iter().find(|(unit, _)| ticks % unit == 0);
    let (unit, name) = whole.copied().unwrap_or((1, "tick"));
    format!("{}{name}", ticks / unit)
}

/// Ticks since midnight of a text with a time and no date: `8:00`, `8:00:00 AM`. As a datetime, its date is today.
pub fn parse_time_of_day(text: &str) -> Option<i64> {
    let (text, offset) = zone(text.trim())?;
    let time = if text.contains(':') { whole(time_of_day, text)? } else { return None };
    time.checked_sub(offset)
}

/// `2020-01-01T10:11:12.1234567Z`, the form of nearly all data, parsed directly.
fn iso(b: &[u8]) -> Option<i64> {
    let digits = |from: usize, n: usize| -> Option<i64> {
        let mut value = 0i64;
        for byte in b.get(from..from + n)? {
            if !byte.is_ascii_digit() {
                return None;
            }
            value = value * 10 + i64::from(byte - b'0');
        }
        Some(value)
    };
    if !matches!(b, [_, _, _, _, b'-', _, _, b'-', _, _, b'T' | b' ', _, _, b':', _, _, b':', _, _, ..]) {
        return None;
    }
    let date = date(digits(0, 4)?, digits(5, 2)?, digits(8, 2)?)?;
    let time = clock(digits(11, 2)?, digits(14, 2)?, digits(17, 2)?)?;
    let mut rest = b.get(19..)?;
    let mut fraction = 0;
    if let Some((b'.', after)) = rest.split_first() {
        let n = after.iter().take_while(|b| b.is_ascii_digit()).count();
        for i in 0..7 {
            let digit = after.get(i).filter(|_| i < n).map_or(0, |d| i64::from(d - b'0'));
            fraction = fraction * 10 + digit;
        }
        rest = after.get(n..)?;
    }
    let ticks = date + time + fraction;
    match rest {
        [] | b"Z" | b"z" => in_range(ticks),
        _ => None,
    }
}

/// The ticks of a datetime literal that is a bare number, as `todatetime()` of that number returns them; `None` if it has as
/// many digits as a year, a month or a day, with or without a time.
pub fn parse_ticks(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && !matches!(text.len(), 4 | 6 | 8 | 10 | 12 | 14) { in_range(text.parse().ok()?) } else { None }
}

fn in_range(ticks: i64) -> Option<i64> {
    RANGE.contains(&ticks).then_some(ticks)
}

/// Ticks of midnight of a date.
fn date(year: i64, month: i64, day: i64) -> Option<i64> {
    let (month, day) = (u32::try_from(month).ok()?, u32::try_from(day).ok()?);
    let known = (1..=9999).contains(&year) && (1..=12).contains(&month);
    (known && (1..=month_length(year, month)).contains(&day)).then(|| days(year, month, day) * DAY)
}

fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    ((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second))
        .then_some(hour * HOUR + minute * MINUTE + second * SECOND)
}

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The other forms: `2020`, `2020-01`, `1/2/2020 3:04 PM`, `2 Dec 2022`, `Sat, 08 Nov 2014 15:05:02 GMT`, `20221202`.
fn free(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let (text, offset) = zone(text)?;
    if let Some(day) = whole(listed_date, text) {
        return in_range(day);
    }
    let day = alt((numeric_date, named_month));
    let (_, day, time) = whole((blank, day, opt(preceded(blank, time_of_day))), text.trim_end())?;
    in_range(day.checked_add(time.unwrap_or(0))?.checked_sub(offset)?)
}

/// The number of a text of digits.
fn number(i: &str) -> Read<'_, i64> {
    map_res(digit1, str::parse).parse(i)
}

/// A number of exactly `n` digits.
fn digits<'a>(n: usize) -> impl Parser<&'a str, Output = i64, Error = ()> {
    map_res(take_while_m_n(n, n, |c: char| c.is_ascii_digit()), str::parse)
}

/// `2025, 6, 14`, or `2025, 6` for the first day of a month.
fn listed_date(i: &str) -> Read<'_, i64> {
    let next = || preceded((blank, char(','), blank), number);
    let year = verify(number, |year| *year >= 1000);
    map_opt((year, next(), opt(next())), |(year, month, day)| date(year, month, day.unwrap_or(1))).parse(i)
}

/// The text without its time zone, and the zone's offset from UTC in ticks.
fn zone(text: &str) -> Option<(&str, i64)> {
    let trimmed = text.trim_end();
    for name in ["Z", "z", "GMT", "UTC", "gmt", "utc"] {
        if let Some(rest) = trimmed.strip_suffix(name)
            && rest.ends_with(|c: char| c.is_ascii_digit() || c == ' ')
        {
            return Some((rest.trim_end(), 0));
        }
    }
    // +02:00, -0530, +2: only after a time; otherwise it is the hyphen of a date
    let Some(at) = trimmed.rfind(['+', '-']).filter(|at| trimmed.find(':').is_some_and(|c| c < *at)) else {
        return Some((trimmed, 0));
    };
    let (rest, sign) = (trimmed.get(..at)?.trim_end(), trimmed.get(at..=at)?);
    let colon = separated_pair(number, char(':'), number);
    let form = alt((colon, (digits(2), digits(2)), number.map(|hours| (hours, 0))));
    let (hours, minutes) = whole(form, trimmed.get(at + 1..)?)?;
    if hours > 14 || minutes > 59 {
        return None;
    }
    let ticks = hours * HOUR + minutes * MINUTE;
    Some((rest, if sign == "-" { -ticks } else { ticks }))
}

/// `2020`, `2020-01`, `01/2020`, `2020-01-02`, `1/2/2020`, `20200102`, and the separator before a time.
fn numeric_date(i: &str) -> Read<'_, i64> {
    let more = |separator| many_m_n(1, 2, preceded(char(separator), digit1));
    let parts = (digit1, alt((more('-'), more('/'), more('.'), success(Vec::new()))));
    let number = |digits: &str| digits.parse().ok();
    let day = map_opt(parts, |(first, more): (&str, Vec<&str>)| match *more.as_slice() {
        [] if first.len() == 4 => date(number(first)?, 1, 1),
        [] => whole((digits(4), digits(2), digits(2)), first).and_then(|(year, month, day)| date(year, month, day)),
        [second] if first.len() == 4 => date(number(first)?, number(second)?, 1),
        [second] if second.len() == 4 => date(number(second)?, number(first)?, 1),
        [second, third] if first.len() == 4 => date(number(first)?, number(second)?, number(third)?),
        [second, third] => date(full_year(number(third)?, third)?, number(first)?, number(second)?),
        _ => None,
    });
    terminated(day, opt(one_of("T,"))).parse(i)
}

fn full_year(year: i64, text: &str) -> Option<i64> {
    match text.len() {
        4 => Some(year),
        2 => Some(if year < 50 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

/// The number of a month, given its name or the first three letters of it.
fn month(word: &str) -> Option<i64> {
    let is =
        |name: &str| word.eq_ignore_ascii_case(name) || name.get(..3).is_some_and(|s| word.eq_ignore_ascii_case(s));
    MONTHS.iter().position(|name| is(name)).map(|index| index as i64 + 1)
}

/// Whether a word begins like a day of the week. No month begins with the same letters.
fn is_weekday(word: &str) -> bool {
    word.get(..3).is_some_and(|start| DAYS.iter().any(|day| start.eq_ignore_ascii_case(day)))
}

/// `Sat, 08 Nov 2014`, `Saturday, 08-Nov-14`, `2 Dec 2022`, `Dec 2, 2022`
fn named_month(i: &str) -> Read<'_, i64> {
    let gap = |c: char| matches!(c, ' ' | ',' | '-');
    let word = || preceded(take_while(gap), take_till1(gap));
    let weekday = verify(word(), |word: &str| is_weekday(word));
    let parts = preceded(many0_count(weekday), (word(), word(), word()));
    map_opt(parts, |(first, second, year): (&str, &str, &str)| {
        let (day, month) = match month(first) {
            Some(month) => (second, month),
            None => (first, month(second)?),
        };
        date(full_year(year.parse().ok()?, year)?, month, day.parse().ok()?)
    })
    .parse(i)
}

/// `15:05`, `15:05:02.5`, `3:05 PM`, `3 PM`
fn time_of_day(i: &str) -> Read<'_, i64> {
    let half = preceded(blank, alt((value(12, tag_no_case("PM")), value(0, tag_no_case("AM")))));
    let second = (number, opt(preceded(char('.'), fraction)).map(Option::unwrap_or_default));
    let parts = (number, opt(preceded(char(':'), number)), opt(preceded(char(':'), second)), opt(half));
    map_opt(parts, |(hour, minute, second, half)| {
        let (second, fraction) = second.unwrap_or_default();
        let time = match half {
            Some(half) if (1..=12).contains(&hour) => clock(hour % 12 + half, minute.unwrap_or(0), second),
            Some(_) => None,
            None => clock(hour, minute?, second),
        };
        Some(time? + fraction)
    })
    .parse(i)
}

/// Ticks of the fractional digits of a second; more than seven are truncated.
fn fraction(i: &str) -> Read<'_, i64> {
    let ticks = |digits: &str| {
        let digits = digits.bytes().map(|b| i64::from(b - b'0')).chain(std::iter::repeat(0));
        digits.take(7).fold(0, |value, digit| value * 10 + digit)
    };
    digit0.map(ticks).parse(i)
}

/// Ticks of a timespan text: `1.02:03:04.5`, `02:03`, `1d`, `1.5h`, `15 seconds`, and a bare number of days.
pub fn parse_timespan(text: &str) -> Option<i64> {
    let minus = opt(terminated(char('-'), blank));
    let (minus, ticks) = whole((minus, alt((with_colons, number_and_unit))), text.trim())?;
    if minus.is_some() { ticks.checked_neg() } else { Some(ticks) }
}

/// `1.02:03:04.5`, `1:02:03:04.5`, `02:03:04`, `02:03`
fn with_colons(i: &str) -> Read<'_, i64> {
    let parts =
        (opt(terminated(number, char('.'))), separated_list1(char(':'), number), opt(preceded(char('.'), fraction)));
    map_opt(parts, |(days, parts, fraction)| {
        let (days, time) = match (days, parts.as_slice(), fraction) {
            (_, [hours, minutes], None) => (days, clock(*hours, *minutes, 0)?),
            (_, [hours, minutes, seconds], _) => (days, clock(*hours, *minutes, *seconds)?),
            (None, [days, hours, minutes, seconds], _) => (Some(*days), clock(*hours, *minutes, *seconds)?),
            _ => return None,
        };
        days.unwrap_or(0).checked_mul(DAY)?.checked_add(time + fraction.unwrap_or(0))
    })
    .parse(i)
}

fn number_and_unit(i: &str) -> Read<'_, i64> {
    let number = take_while1(|c: char| c.is_ascii_digit() || c == '.');
    map_opt(separated_pair(number, blank, rest), |(number, word): (&str, &str)| {
        let ticks = if word.is_empty() { DAY } else { unit(word)? };
        let nano = word.starts_with("nano");
        if let Ok(whole) = number.parse::<i64>() {
            return if nano { Some(whole / 100) } else { whole.checked_mul(ticks) };
        }
        let value: f64 = number.parse().ok()?;
        let ticks = if nano { value / 100.0 } else { value * ticks as f64 };
        (ticks.abs() < 9.2e18).then_some(ticks.round() as i64)
    })
    .parse(i)
}

//! Texts of datetimes and timespans, for literals and for `todatetime()` and `totimespan()` alike.
//!
//! Datetimes are ticks of 100 ns since 0001-01-01T00:00:00Z, timespans ticks.

const SECOND: i64 = 10_000_000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MAX: i64 = 3_155_378_975_999_999_999;

/// Ticks of a unit of a timespan literal: `d`, `min`, `microseconds`.
pub fn unit(word: &str) -> Option<i64> {
    Some(match word {
        "d" | "day" | "days" => DAY,
        "h" | "hr" | "hrs" | "hour" | "hours" => HOUR,
        "m" | "min" | "minute" | "minutes" => MINUTE,
        "s" | "sec" | "second" | "seconds" => SECOND,
        "ms" | "milli" | "millis" | "millisec" | "millisecond" | "milliseconds" => SECOND / 1000,
        "micro" | "micros" | "microsec" | "microsecond" | "microseconds" => 10,
        "nano" | "nanos" | "nanosec" | "nanosecond" | "nanoseconds" => 0,
        "tick" | "ticks" => 1,
        _ => return None,
    })
}

/// Ticks of a datetime text; none where it is none, or out of the range of years 1 to 9999.
pub fn parse_datetime(text: &str) -> Option<i64> {
    iso(text.as_bytes()).or_else(|| free(text.trim()))
}

/// `2020-01-01T10:11:12.1234567`, which [`parse_datetime`] reads.
pub fn datetime_text(ticks: i64) -> String {
    let (mut days, time) = (ticks.div_euclid(DAY), ticks.rem_euclid(DAY));
    // cycles of the calendar: 400, 100, 4 years and one
    let mut year = 1 + days / 146_097 * 400;
    days %= 146_097;
    let centuries = (days / 36_524).min(3);
    days -= centuries * 36_524;
    let fours = days / 1461;
    days %= 1461;
    let ones = (days / 365).min(3);
    days -= ones * 365;
    year += centuries * 100 + fours * 4 + ones;
    let mut month = 1;
    while month < 12
        && let (Some(this), Some(next)) = (date(year, month, 1), date(year, month + 1, 1))
        && days >= (next - this) / DAY
    {
        days -= (next - this) / DAY;
        month += 1;
    }
    format!("{year:04}-{month:02}-{:02}T{}", days + 1, timespan_text(time))
}

/// `1.02:03:04.5000000`, which [`parse_timespan`] reads.
pub fn timespan_text(ticks: i64) -> String {
    let sign = if ticks < 0 { "-" } else { "" };
    let ticks = ticks.unsigned_abs();
    let unit = |n: i64| n.unsigned_abs();
    let days = ticks / unit(DAY);
    let (hours, minutes) = (ticks / unit(HOUR) % 24, ticks / unit(MINUTE) % 60);
    let (seconds, fraction) = (ticks / unit(SECOND) % 60, ticks % unit(SECOND));
    let day = if days > 0 { format!("{days}.") } else { String::new() };
    let rest = if fraction > 0 { format!(".{fraction:07}") } else { String::new() };
    format!("{sign}{day}{hours:02}:{minutes:02}:{seconds:02}{rest}")
}

/// A timespan in the greatest unit that it is a whole number of: `90m`.
pub fn units(ticks: i64) -> String {
    const UNITS: [(i64, &str); 5] = [(DAY, "d"), (HOUR, "h"), (MINUTE, "m"), (SECOND, "s"), (SECOND / 1000, "ms")];
    let whole = UNITS.iter().find(|(unit, _)| ticks % unit == 0);
    let (unit, name) = whole.copied().unwrap_or((1, "tick"));
    format!("{}{name}", ticks / unit)
}

/// Ticks since midnight of a text that has a time and no date: `8:00`, `8:00:00 AM`. As a datetime it is of today.
pub fn parse_time_of_day(text: &str) -> Option<i64> {
    let (text, offset) = zone(text.trim())?;
    let time = if text.contains(':') && text.is_ascii() { time_part(text)? } else { return None };
    time.checked_sub(offset)
}

/// `2020-01-01T10:11:12.1234567Z`, the form that nearly all data has, without detours.
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

/// The ticks of a datetime literal that is a bare number, as `todatetime()` of that number gives them; none where its
/// digits are as many as those of a year, a month or a day with or without a time.
pub fn parse_ticks(text: &str) -> Option<i64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    if digits && !matches!(text.len(), 4 | 6 | 8 | 10 | 12 | 14) { in_range(text.parse().ok()?) } else { None }
}

fn in_range(ticks: i64) -> Option<i64> {
    (0..=MAX).contains(&ticks).then_some(ticks)
}

/// Ticks of midnight of a date.
fn date(year: i64, month: i64, day: i64) -> Option<i64> {
    let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let lengths = [31, if leap { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let index = usize::try_from(month - 1).ok()?;
    let length = *lengths.get(index)?;
    if !(1..=9999).contains(&year) || !(1..=length).contains(&day) {
        return None;
    }
    let before = year - 1;
    let days = before * 365 + before / 4 - before / 100 + before / 400;
    let months: i64 = lengths.get(..index)?.iter().sum();
    Some((days + months + day - 1) * DAY)
}

fn clock(hour: i64, minute: i64, second: i64) -> Option<i64> {
    ((0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second))
        .then_some(hour * HOUR + minute * MINUTE + second * SECOND)
}

const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// The other forms: `2020`, `2020-01`, `1/2/2020 3:04 PM`, `2 Dec 2022`, `Sat, 08 Nov 2014 15:05:02 GMT`, `20221202`.
fn free(text: &str) -> Option<i64> {
    if text.is_empty() || text.len() > 64 || !text.is_ascii() {
        return None;
    }
    let (text, offset) = zone(text)?;
    if let Some(day) = listed_date(text) {
        return in_range(day);
    }
    let (day, rest) = day_part(text)?;
    let time = match rest.trim() {
        "" => 0,
        rest => time_part(rest)?,
    };
    in_range(day.checked_add(time)?.checked_sub(offset)?)
}

/// `2025, 6, 14`, or `2025, 6` for the first day of a month.
fn listed_date(text: &str) -> Option<i64> {
    let mut parts = text.split(',').map(|part| part.trim().parse::<i64>().ok());
    let (year, month, day) = (parts.next()??, parts.next()??, parts.next().unwrap_or(Some(1))?);
    if parts.next().is_some() || year < 1000 { None } else { date(year, month, day) }
}

/// The text without its zone, and the zone's distance from UTC in ticks.
fn zone(text: &str) -> Option<(&str, i64)> {
    let trimmed = text.trim_end();
    for name in ["Z", "z", "GMT", "UTC", "gmt", "utc"] {
        if let Some(rest) = trimmed.strip_suffix(name)
            && rest.ends_with(|c: char| c.is_ascii_digit() || c == ' ')
        {
            return Some((rest.trim_end(), 0));
        }
    }
    // +02:00, -0530, +2: only behind a time, else it is a date's hyphen
    let Some(at) = trimmed.rfind(['+', '-']).filter(|at| trimmed.find(':').is_some_and(|c| c < *at)) else {
        return Some((trimmed, 0));
    };
    let (rest, sign) = (trimmed.get(..at)?.trim_end(), trimmed.get(at..=at)?);
    let digits = trimmed.get(at + 1..)?;
    let (hours, minutes) = match digits.split_once(':') {
        Some((h, m)) => (h.parse::<i64>().ok()?, m.parse::<i64>().ok()?),
        None if digits.len() == 4 => (digits.get(..2)?.parse().ok()?, digits.get(2..)?.parse().ok()?),
        None => (digits.parse::<i64>().ok()?, 0),
    };
    if hours > 14 || minutes > 59 {
        return None;
    }
    let ticks = hours * HOUR + minutes * MINUTE;
    Some((rest, if sign == "-" { -ticks } else { ticks }))
}

/// The date at the start, and what follows it.
fn day_part(text: &str) -> Option<(i64, &str)> {
    let text = text.trim_start();
    if text.starts_with(|c: char| c.is_ascii_alphabetic()) || text.split([' ', '-', ',']).nth(1).is_some_and(is_month) {
        return named_month(text);
    }
    let end = text.find([' ', 'T', ',']).unwrap_or(text.len());
    let (head, rest) = (text.get(..end)?, text.get(end..)?);
    let rest = rest.strip_prefix('T').or_else(|| rest.strip_prefix(',')).unwrap_or(rest);
    let separator = head.chars().find(|c| !c.is_ascii_digit());
    let parts: Vec<&str> = match separator {
        Some(c @ ('-' | '/' | '.')) => head.split(c).collect(),
        None => vec![head],
        Some(_) => return None,
    };
    let numbers = parts.iter().map(|p| p.parse::<i64>().ok()).collect::<Option<Vec<_>>>()?;
    let day = match (numbers.as_slice(), separator) {
        ([year], None) if head.len() == 4 => date(*year, 1, 1)?,
        ([_], None) if head.len() == 8 => {
            date(head.get(..4)?.parse().ok()?, head.get(4..6)?.parse().ok()?, head.get(6..)?.parse().ok()?)?
        }
        ([year, month], _) if parts.first()?.len() == 4 => date(*year, *month, 1)?,
        ([month, year], _) if parts.get(1)?.len() == 4 => date(*year, *month, 1)?,
        ([year, month, day], _) if parts.first()?.len() == 4 => date(*year, *month, *day)?,
        ([month, day, year], _) => date(full_year(*year, parts.get(2)?)?, *month, *day)?,
        _ => return None,
    };
    Some((day, rest))
}

fn full_year(year: i64, text: &str) -> Option<i64> {
    match text.len() {
        4 => Some(year),
        2 => Some(if year < 50 { 2000 + year } else { 1900 + year }),
        _ => None,
    }
}

fn month(word: &str) -> Option<i64> {
    let lower = word.to_ascii_lowercase();
    let short = lower.get(..3)?;
    let index = MONTHS.iter().position(|m| *m == short)?;
    let full = [
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
    (lower.len() == 3 || full.get(index) == Some(&lower.as_str())).then_some(index as i64 + 1)
}

fn is_month(word: &str) -> bool {
    month(word).is_some()
}

/// `Sat, 08 Nov 2014`, `Saturday, 08-Nov-14`, `2 Dec 2022`, `Dec 2, 2022`
fn named_month(text: &str) -> Option<(i64, &str)> {
    let mut rest = text;
    let mut parts: Vec<&str> = Vec::new();
    while parts.len() < 3 {
        rest = rest.trim_start_matches([' ', ',', '-']);
        let end = rest.find([' ', ',', '-']).unwrap_or(rest.len());
        let word = rest.get(..end)?;
        if word.is_empty() {
            return None;
        }
        rest = rest.get(end..)?;
        let weekday = word.to_ascii_lowercase();
        if parts.is_empty() && month(word).is_none() && DAYS.iter().any(|d| weekday.starts_with(d)) {
            continue;
        }
        parts.push(word);
    }
    let [a, b, c] = parts.as_slice() else { return None };
    let (day, month_number) = match (month(a), month(b)) {
        (Some(m), _) => (b.parse().ok()?, m),
        (None, Some(m)) => (a.parse().ok()?, m),
        _ => return None,
    };
    let year = full_year(c.parse().ok()?, c)?;
    Some((date(year, month_number, day)?, rest))
}

/// `15:05`, `15:05:02.5`, `3:05 PM`
fn time_part(text: &str) -> Option<i64> {
    let upper = text.to_ascii_uppercase();
    let (text, half) = match upper.strip_suffix("PM") {
        Some(rest) => (rest.trim_end(), Some(true)),
        None => match upper.strip_suffix("AM") {
            Some(rest) => (rest.trim_end(), Some(false)),
            None => (upper.trim_end(), None),
        },
    };
    let mut parts = text.split(':');
    let mut hour: i64 = parts.next()?.parse().ok()?;
    let minute: i64 = match parts.next() {
        Some(m) => m.parse().ok()?,
        None if half.is_some() => 0,
        None => return None,
    };
    let (second, fraction) = match parts.next() {
        Some(s) => {
            let (s, f) = s.split_once('.').unwrap_or((s, ""));
            (s.parse().ok()?, fraction(f)?)
        }
        None => (0, 0),
    };
    if parts.next().is_some() {
        return None;
    }
    match half {
        Some(pm) if (1..=12).contains(&hour) => hour = hour % 12 + if pm { 12 } else { 0 },
        Some(_) => return None,
        None => {}
    }
    Some(clock(hour, minute, second)? + fraction)
}

/// Ticks of the digits behind a second's point; more than seven are cut off.
fn fraction(digits: &str) -> Option<i64> {
    if !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some(digits.bytes().map(|b| i64::from(b - b'0')).chain(std::iter::repeat(0)).take(7).fold(0, |v, d| v * 10 + d))
}

/// Ticks of a timespan text: `1.02:03:04.5`, `02:03`, `1d`, `1.5h`, `15 seconds`, and a bare number of days.
pub fn parse_timespan(text: &str) -> Option<i64> {
    let text = text.trim();
    let (negative, text) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim_start()),
        None => (false, text),
    };
    let ticks = if text.contains(':') { colons(text)? } else { number_and_unit(text)? };
    if negative { ticks.checked_neg() } else { Some(ticks) }
}

fn colons(text: &str) -> Option<i64> {
    let parts: Vec<&str> = text.split(':').collect();
    let whole = |s: &str| -> Option<i64> { s.bytes().all(|b| b.is_ascii_digit()).then(|| s.parse().ok()).flatten() };
    let (days, hours, minutes, seconds) = match parts.as_slice() {
        [h, m] => (None, *h, *m, "0"),
        [h, m, s] => (None, *h, *m, *s),
        [d, h, m, s] => (Some(*d), *h, *m, *s),
        _ => return None,
    };
    let (days, hours) = match (days, hours.split_once('.')) {
        (Some(d), None) => (whole(d)?, whole(hours)?),
        (None, Some((d, h))) => (whole(d)?, whole(h)?),
        (None, None) => (0, whole(hours)?),
        _ => return None,
    };
    let (seconds, fraction_digits) = seconds.split_once('.').unwrap_or((seconds, ""));
    let (minutes, seconds) = (whole(minutes)?, whole(seconds)?);
    if hours > 23 || minutes > 59 || seconds > 59 {
        return None;
    }
    days.checked_mul(DAY)?.checked_add(clock(hours, minutes, seconds)? + fraction(fraction_digits)?)
}

fn number_and_unit(text: &str) -> Option<i64> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, word) = (text.get(..end)?, text.get(end..)?.trim());
    let ticks = if word.is_empty() { DAY } else { unit(word)? };
    let nano = word.starts_with("nano");
    if let Ok(whole) = number.parse::<i64>() {
        return if nano { Some(whole / 100) } else { whole.checked_mul(ticks) };
    }
    let value: f64 = number.parse().ok()?;
    let ticks = if nano { value / 100.0 } else { value * ticks as f64 };
    (ticks.abs() < 9.2e18).then_some(ticks.round() as i64)
}

//! Ranges of times as ISO 8601 writes them: two times, a time and a duration, or a duration that ends now.

use crate::clock;
use crate::query_error::QueryError;
use std::time::SystemTime;

/// Ticks of 100 ns in a second.
const SECOND: i64 = 10_000_000;
const DAY: i64 = 86_400 * SECOND;

/// The beginning and the end of a range; the end does not belong to it.
pub fn range(text: &str, now: SystemTime) -> Result<(String, String), QueryError> {
    let wrong = || {
        QueryError::Request(format!(
            "The timespan '{text}' is not valid; use a duration such as PT24H, or two times with a slash between them."
        ))
    };
    let ticks = |text: &str| kql_parser::time::parse_datetime(text.trim());
    let (from, to) = match text.trim().split_once('/') {
        None => {
            let now = clock::ticks(now);
            (now.checked_sub(duration(text.trim()).ok_or_else(wrong)?), Some(now))
        }
        Some((a, b)) => match (duration(a.trim()), duration(b.trim())) {
            (None, Some(length)) => {
                let from = ticks(a).ok_or_else(wrong)?;
                (Some(from), from.checked_add(length))
            }
            (Some(length), None) => {
                let to = ticks(b).ok_or_else(wrong)?;
                (to.checked_sub(length), Some(to))
            }
            _ => (ticks(a), ticks(b)),
        },
    };
    match (from, to) {
        (Some(from), Some(to)) if from <= to => Ok((text_of(from), text_of(to))),
        _ => Err(wrong()),
    }
}

fn text_of(ticks: i64) -> String {
    let mut out = String::new();
    kql_parser::calendar::datetime(ticks.max(0), &mut out);
    out
}

/// The ticks of a duration such as `P1DT2H3M4.5S`; `None` if it is not one. A month has 30 days, and a year 365.
fn duration(text: &str) -> Option<i64> {
    let rest = text.strip_prefix(['P', 'p'])?;
    let (days, times) = rest.split_once(['T', 't']).unwrap_or((rest, ""));
    let mut total = 0_f64;
    let mut parts = 0;
    for (part, is_time) in [(days, false), (times, true)] {
        let mut number = String::new();
        for c in part.chars() {
            if c.is_ascii_digit() || c == '.' {
                number.push(c);
                continue;
            }
            let unit = match (c.to_ascii_uppercase(), is_time) {
                ('Y', false) => 365 * DAY,
                ('M', false) => 30 * DAY,
                ('W', false) => 7 * DAY,
                ('D', false) => DAY,
                ('H', true) => 3600 * SECOND,
                ('M', true) => 60 * SECOND,
                ('S', true) => SECOND,
                _ => return None,
            };
            total += number.parse::<f64>().ok()? * unit as f64;
            parts += 1;
            number.clear();
        }
        if !number.is_empty() {
            return None;
        }
    }
    // ten thousand years
    (parts > 0 && total < 3.2e18).then_some(total.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, seconds) in
            [("PT86400.0S", 86400), ("P1D", 86400), ("PT2H", 7200), ("P1DT1M", 86460), ("P1W", 604_800)]
        {
            assert_eq!(duration(text), Some(seconds * SECOND), "{text}");
        }
        for text in ["", "P", "PT", "1D", "P1", "P1H", "PT1D", "P1..5D", "P99999999999999D", "P-1D"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }

    #[test]
    fn ranges() {
        let range = |text: &str| range(text, SystemTime::UNIX_EPOCH).unwrap();
        let whole = ("2026-01-01T00:00:00.0000000Z".to_owned(), "2026-01-01T02:00:00.0000000Z".to_owned());
        assert_eq!(range("2026-01-01T00:00:00.000Z/PT7200.0S"), whole);
        assert_eq!(range("PT2H/2026-01-01T02:00:00Z"), whole);
        assert_eq!(range("2026-01-01/2026-01-01T02:00:00Z"), whole);
        assert_eq!(range("PT1S").1, "1970-01-01T00:00:00.0000000Z");
        for wrong in ["x", "2026-01-01", "2026-01-02/2026-01-01", "P1D/P1D", "/"] {
            assert!(super::range(wrong, SystemTime::UNIX_EPOCH).is_err(), "{wrong}");
        }
    }
}

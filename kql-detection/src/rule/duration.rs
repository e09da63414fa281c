//! Durations as rule files write them.

/// Ticks of 100 ns in a second.
const SECOND: i64 = 10_000_000;

/// Seconds in a day.
const DAY: i64 = 86_400;

/// A duration in ticks of 100 ns: `1d`, `5h`, `PT5M`, `P1DT2H`, `1.02:03:04`; `None` if it is not one of these.
pub fn ticks(text: &str) -> Option<i64> {
    let text = text.trim();
    if text == "0" {
        return Some(0);
    }
    if let Some(iso) = text.strip_prefix(['P', 'p']) {
        return iso_ticks(iso);
    }
    if text.contains(':') {
        return clock_ticks(text);
    }
    let (number, unit) = split(text)?;
    scaled(number, seconds(unit)?).filter(|_| text.len() == number.len() + 1)
}

/// The number at the start of a text, and the letter behind it.
fn split(text: &str) -> Option<(&str, char)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    Some((text.get(..end)?, text.get(end..)?.chars().next()?)).filter(|(number, _)| !number.is_empty())
}

fn seconds(unit: char) -> Option<i64> {
    match unit.to_ascii_lowercase() {
        'd' => Some(DAY),
        'h' => Some(3600),
        'm' => Some(60),
        's' => Some(1),
        _ => None,
    }
}

fn scaled(number: &str, seconds: i64) -> Option<i64> {
    number.parse::<i64>().ok()?.checked_mul(seconds)?.checked_mul(SECOND)
}

/// What follows the `P`: weeks, days, and behind a `T` hours, minutes and seconds. Months and years have no fixed length.
fn iso_ticks(text: &str) -> Option<i64> {
    let upper = text.to_ascii_uppercase();
    let (days, times) = match upper.split_once('T') {
        Some((days, times)) => (days, Some(times)),
        None => (upper.as_str(), None),
    };
    if upper.is_empty() || times == Some("") {
        return None;
    }
    let days = sum(days, |unit| match unit {
        'W' => Some(7 * DAY),
        'D' => Some(DAY),
        _ => None,
    })?;
    let times = sum(times.unwrap_or(""), |unit| seconds(unit).filter(|_| unit != 'D'))?;
    days.checked_add(times)
}

fn sum(mut text: &str, unit: impl Fn(char) -> Option<i64>) -> Option<i64> {
    let mut all = 0i64;
    while !text.is_empty() {
        let (number, letter) = split(text)?;
        all = all.checked_add(scaled(number, unit(letter)?)?)?;
        text = text.get(number.len() + letter.len_utf8()..)?;
    }
    Some(all)
}

/// `[days.]hours:minutes[:seconds[.fraction]]`
fn clock_ticks(text: &str) -> Option<i64> {
    let (hours, rest) = text.split_once(':')?;
    let (days, hours) = hours.split_once('.').unwrap_or(("0", hours));
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, "0"));
    if [days, hours, minutes, seconds, fraction].iter().any(|part| !part.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let below = |part: &str, limit: i64| part.parse::<i64>().ok().filter(|n| *n < limit);
    let whole = below(hours, 24)? * 3600 + below(minutes, 60)? * 60 + below(seconds, 60)?;
    let fraction = format!("{fraction:0<7}").parse::<i64>().ok().filter(|_| fraction.len() <= 7)?;
    scaled(days, DAY)?.checked_add(whole * SECOND)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms() {
        let hour = 3600 * SECOND;
        for (text, expected) in [
            ("1d", 24 * hour),
            ("5h", 5 * hour),
            ("24H", 24 * hour),
            ("30m", hour / 2),
            ("0", 0),
            ("PT5M", hour / 12),
            ("PT0S", 0),
            ("P1DT2H", 26 * hour),
            ("P2W", 14 * 24 * hour),
            ("1.02:03:04", 26 * hour + 184 * SECOND),
            ("01:00:00", hour),
            ("00:00:00.5", SECOND / 2),
        ] {
            assert_eq!(ticks(text), Some(expected), "{text}");
        }
        for text in ["", "d", "1", "1x", "1d2h", "-1d", "P", "PT", "P1H", "P1M", "PT1D", "25:00:00", "1:2:3:4", "é1d"]
        {
            assert_eq!(ticks(text), None, "{text}");
        }
        assert_eq!(ticks("99999999999d"), None);
    }
}

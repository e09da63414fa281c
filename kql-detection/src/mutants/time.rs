//! Time spans that are twice as long.

/// The text of a time span literal with twice its value; `None` for 0 and if it does not fit.
pub(super) fn doubled(written: &str, ticks: i64) -> Option<String> {
    if ticks == 0 {
        return None;
    }
    let digits = written.len() - written.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = written.split_at_checked(digits)?;
    if let Ok(number) = number.parse::<i64>()
        && unit.chars().all(|c| c.is_ascii_alphabetic())
    {
        return Some(format!("{}{unit}", number.checked_mul(2)?));
    }
    let ticks = ticks.checked_mul(2)?;
    const UNITS: [(i64, &str); 7] = [
        (864_000_000_000, "d"),
        (36_000_000_000, "h"),
        (600_000_000, "m"),
        (10_000_000, "s"),
        (10_000, "ms"),
        (10, "microsecond"),
        (1, "tick"),
    ];
    let (length, unit) = UNITS.into_iter().find(|(length, _)| ticks % length == 0)?;
    Some(match ticks / length {
        count if count < 0 => format!("(-{}{unit})", count.unsigned_abs()),
        count => format!("{count}{unit}"),
    })
}

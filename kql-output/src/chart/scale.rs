//! Maps values to positions along an axis, and chooses marks at round values.

use super::kinds::{Spacing, Unit};
use kql_engine::time::{DAY, SECOND, civil, days};

/// A mark of an axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Tick {
    /// Its value.
    pub value: f64,
    /// Its text.
    pub label: String,
    /// What it belongs to if the mark before it does not: the date of a time of day, the year of a date. Else empty.
    pub context: String,
}

/// An axis.
#[derive(Clone, PartialEq, Debug)]
pub struct Scale {
    /// Its first value.
    pub low: f64,
    /// Its last value.
    pub high: f64,
    spacing: Spacing,
    /// Its marks, in order.
    pub ticks: Vec<Tick>,
}

/// The bounds of an axis that are fixed.
#[derive(Clone, Copy, Default)]
pub struct Fixed {
    /// The first value.
    pub low: bool,
    /// The last value.
    pub high: bool,
}

impl Scale {
    /// An axis of exactly these values, with about `marks` marks.
    pub fn exact(unit: Unit, low: f64, high: f64, spacing: Spacing, marks: usize) -> Scale {
        let (low, high) = if low < high { (low, high) } else { widened(unit, low, spacing) };
        let marks = marks.max(1);
        let step = step(unit, low, high, marks);
        let ticks = match unit {
            _ if spacing.is_log() => log_ticks(low, high),
            Unit::Time(base) => time_ticks(base, low, high, marks),
            _ => ticks(unit, low, high, step),
        };
        Scale { low, high, spacing, ticks }
    }

    /// An axis that begins and ends at marks, except at a fixed bound.
    pub fn rounded(unit: Unit, range: (f64, f64), fixed: Fixed, spacing: Spacing, marks: usize) -> Scale {
        let (low, high) = range;
        let end = |fixed: bool, given: f64, rounded: f64| if fixed || !rounded.is_finite() { given } else { rounded };
        if matches!(unit, Unit::Time(_)) {
            return Scale::exact(unit, low, high, spacing, marks);
        }
        if spacing.is_log() {
            let low = end(fixed.low, low, 10_f64.powf(low.log10().floor()));
            let high = end(fixed.high, high, 10_f64.powf(high.log10().ceil()));
            return Scale::exact(unit, low, high, spacing, marks);
        }
        let (low, high) = if low < high { (low, high) } else { widened(unit, low, spacing) };
        let step = step(unit, low, high, marks.max(1));
        let low = end(fixed.low, low, (low / step + 1e-9).floor() * step);
        let mut high = end(fixed.high, high, (high / step - 1e-9).ceil() * step);
        if unit == Unit::Percent && !fixed.high {
            high = high.min(100.0);
        }
        Scale { low, high, spacing, ticks: ticks(unit, low, high, step) }
    }

    /// The position of a value, 0 at the beginning and 1 at the end; `None` outside.
    pub fn at(&self, value: f64) -> Option<f64> {
        let place = self.unclamped(value);
        (-1e-9..=1.0 + 1e-9).contains(&place).then_some(place.clamp(0.0, 1.0))
    }

    /// The position of a value, moved to the nearer end if it is outside.
    pub fn clamped(&self, value: f64) -> f64 {
        let place = self.unclamped(value);
        if place.is_nan() { 0.0 } else { place.clamp(0.0, 1.0) }
    }

    /// The position of a value, also outside of the axis.
    pub fn unclamped(&self, value: f64) -> f64 {
        if self.spacing.is_log() {
            (value.log10() - self.low.log10()) / (self.high.log10() - self.low.log10())
        } else {
            // halves, since the difference of large numbers can overflow
            (value / 2.0 - self.low / 2.0) / (self.high / 2.0 - self.low / 2.0)
        }
    }
}

/// A range around a single value.
fn widened(unit: Unit, value: f64, spacing: Spacing) -> (f64, f64) {
    match unit {
        _ if spacing.is_log() => (value / 10.0, value * 10.0),
        Unit::Time(_) => (value - 30.0 * SECOND as f64, value + 30.0 * SECOND as f64),
        _ if value == 0.0 => (-1.0, 1.0),
        _ => (value - value.abs() * 0.5, value + value.abs() * 0.5),
    }
}

/// The smallest of 1, 2, 5, 10, 20 ... that is not less than `step`.
fn nice(step: f64) -> f64 {
    if !(step.is_finite() && step > 0.0) {
        return 1.0;
    }
    let power = 10_f64.powf(step.log10().floor());
    let digit = step / power;
    let round = [1.0, 2.0, 5.0].into_iter().find(|r| digit <= r + 1e-9).unwrap_or(10.0);
    round * power
}

/// More marks than this are a mistake.
const MAX_TICKS: usize = 200;

/// The multiples of a step between two values.
fn multiples(low: f64, high: f64, step: f64) -> Vec<f64> {
    let first = (low / step - 1e-9).ceil();
    // a cast of a negative number or of NaN returns zero
    let count = ((high / step + 1e-9).floor() - first + 1.0).min(MAX_TICKS as f64) as usize;
    (0..count).map(|i| (first + i as f64) * step).collect()
}

/// The step between marks, if there are about `marks` of them.
fn step(unit: Unit, low: f64, high: f64, marks: usize) -> f64 {
    let wanted = high / marks as f64 - low / marks as f64;
    if unit == Unit::Timespan { span_step(wanted) } else { nice(wanted) }
}

fn ticks(unit: Unit, low: f64, high: f64, step: f64) -> Vec<Tick> {
    let largest = low.abs().max(high.abs());
    let label = |value: f64| match unit {
        Unit::Timespan if step >= DAY as f64 => format!("{}d", (value / DAY as f64).round()),
        Unit::Timespan => timespan(value),
        Unit::Percent => number(value, step, largest) + "%",
        _ => number(value, step, largest),
    };
    let values = multiples(low, high, step).into_iter();
    values.map(|value| Tick { value, label: label(value), context: String::new() }).collect()
}

/// A number on an axis whose marks are `step` apart; `largest` is the largest mark.
fn number(value: f64, step: f64, largest: f64) -> String {
    if !(1e-4..1e15).contains(&largest) {
        return if value == 0.0 { "0".to_owned() } else { format!("{value:.1e}") };
    }
    const UNITS: [(f64, &str); 4] = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k")];
    let unit = UNITS.into_iter().find(|(size, _)| largest >= size * if *size == 1e3 { 10.0 } else { 1.0 });
    let (size, name) = unit.unwrap_or((1.0, ""));
    let (value, step) = (value / size, step / size);
    let digits = (-(step.log10() + 1e-9).floor()).clamp(0.0, 12.0) as usize;
    let text = format!("{value:.digits$}");
    match text.trim_start_matches('-').trim_matches(['0', '.']) {
        "" => "0".to_owned(),
        _ => text + name,
    }
}

fn log_ticks(low: f64, high: f64) -> Vec<Tick> {
    let (first, last) = (low.log10().ceil(), high.log10().floor());
    let count = (last - first + 1.0).min(700.0) as usize;
    let each = count.div_ceil(10).max(1);
    let powers = (0..count).step_by(each).map(|i| 10_f64.powf(first + i as f64));
    powers.map(|value| Tick { value, label: short(value), context: String::new() }).collect()
}

/// A number in a few characters.
pub fn short(value: f64) -> String {
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e15).contains(&magnitude) {
        return format!("{value:.1e}").replace(".0e", "e");
    }
    let digits = if magnitude >= 100.0 || value.fract() == 0.0 { 0 } else { 2 };
    let digits = if magnitude < 0.1 && value != 0.0 { 5 } else { digits };
    let size = [(1e12, "T"), (1e9, "G"), (1e6, "M"), (1e4, "k")].into_iter().find(|(size, _)| magnitude >= *size);
    let (value, name, digits) = match size {
        Some((size, name)) => (value / if name == "k" { 1e3 } else { size }, name, 1),
        None => (value, "", digits),
    };
    let text = format!("{value:.digits$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{name}")
}

/// A timespan, given in ticks.
pub fn timespan(value: f64) -> String {
    let mut out = String::new();
    kql_engine::time::timespan(value as i64, &mut out);
    out
}

/// A number with all its digits.
pub fn exact(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value:.0}");
    }
    let mut out = String::new();
    kql_engine::render::real(value, &mut out);
    out
}

/// A value as displayed beside a mark.
pub fn shown(value: f64, unit: Unit) -> String {
    match unit {
        Unit::Number => exact(value),
        Unit::Percent => format!("{}%", short(value)),
        Unit::Timespan => timespan(value),
        Unit::Time(base) => {
            let mut out = String::new();
            kql_engine::time::datetime_short(base.saturating_add(value as i64), &mut out);
            out
        }
    }
}

const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;

/// Steps of time shorter than a month.
const STEPS: [i64; 24] = [
    1,
    10,
    100,
    1_000,
    10_000,
    100_000,
    1_000_000,
    SECOND,
    2 * SECOND,
    5 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
];

/// Steps of months.
const MONTHS: [i64; 4] = [1, 2, 3, 6];

fn span_step(step: f64) -> f64 {
    match STEPS.into_iter().find(|s| *s as f64 >= step) {
        Some(found) if found <= DAY => found as f64,
        _ => nice(step / DAY as f64).max(1.0) * DAY as f64,
    }
}

/// Marks at round times, from fractions of a second to years.
fn time_ticks(base: i64, low: f64, high: f64, marks: usize) -> Vec<Tick> {
    let (from, to) = (base.saturating_add(low as i64), base.saturating_add(high as i64));
    let wanted = (high - low) / marks.max(1) as f64;
    let mut ticks: Vec<Tick> = Vec::new();
    let mut before = String::new();
    let mut push = |at: i64, label: String, context: String| {
        let context = if context == before { String::new() } else { context };
        if !context.is_empty() {
            before.clone_from(&context);
        }
        ticks.push(Tick { value: (at - base) as f64, label, context });
    };
    if let Some(step) = STEPS.into_iter().find(|s| *s as f64 >= wanted) {
        let mut at = from.div_euclid(step).saturating_mul(step);
        if at < from {
            at = at.saturating_add(step);
        }
        while at <= to && ticks_left(at, from, step) {
            let (label, context) = time_label(at, step);
            push(at, label, context);
            at = at.saturating_add(step);
        }
        return ticks;
    }
    let month = 30.44 * DAY as f64;
    let step = match MONTHS.into_iter().find(|m| *m as f64 * month >= wanted) {
        Some(months) => months,
        None => 12 * nice(wanted / (12.0 * month)).max(1.0) as i64,
    };
    let (year, first, _) = civil(from.div_euclid(DAY));
    let mut count = (year * 12 + i64::from(first) - 1).div_euclid(step) * step;
    loop {
        let (year, month) = (count.div_euclid(12), count.rem_euclid(12) as u32 + 1);
        let at = days(year, month, 1).saturating_mul(DAY);
        if at > to || year > 9999 {
            return ticks;
        }
        if at >= from {
            let (label, context) = match step >= 12 {
                true => (format!("{year:04}"), String::new()),
                false => (format!("{year:04}-{month:02}"), String::new()),
            };
            push(at, label, context);
        }
        count += step;
    }
}

fn ticks_left(at: i64, from: i64, step: i64) -> bool {
    at.saturating_sub(from) / step < MAX_TICKS as i64
}

/// A time on an axis whose marks are `step` apart, and what it belongs to.
fn time_label(ticks: i64, step: i64) -> (String, String) {
    let (year, month, day) = civil(ticks.div_euclid(DAY));
    let date = format!("{year:04}-{month:02}-{day:02}");
    let seconds = ticks.rem_euclid(DAY) / SECOND;
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if step >= DAY {
        return (format!("{month:02}-{day:02}"), format!("{year:04}"));
    }
    if step >= MINUTE {
        return (format!("{hour:02}:{minute:02}"), date);
    }
    if step >= SECOND {
        return (format!("{hour:02}:{minute:02}:{second:02}"), date);
    }
    let fraction = format!("{:07}", ticks.rem_euclid(SECOND));
    (format!("{minute:02}:{second:02}.{}", fraction.trim_end_matches('0')), date)
}

/// The labels of times that are categories along an axis: as short as possible for all of them.
pub fn category_times(times: &[i64]) -> Vec<String> {
    let whole = |step: i64| times.iter().all(|t| t.rem_euclid(step) == 0);
    times
        .iter()
        .map(|ticks| {
            let (year, month, day) = civil(ticks.div_euclid(DAY));
            if whole(DAY) {
                return format!("{year:04}-{month:02}-{day:02}");
            }
            let seconds = ticks.rem_euclid(DAY) / SECOND;
            let (hour, minute) = (seconds / 3600, seconds / 60 % 60);
            if whole(MINUTE) {
                return format!("{month:02}-{day:02} {hour:02}:{minute:02}");
            }
            let mut text = String::new();
            kql_engine::time::datetime_short(*ticks, &mut text);
            text
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(scale: &Scale) -> Vec<&str> {
        scale.ticks.iter().map(|t| t.label.as_str()).collect()
    }

    #[test]
    fn round_numbers() {
        let scale = |low, high| Scale::rounded(Unit::Number, (low, high), Fixed::default(), Spacing::Linear, 5);
        assert_eq!(labels(&scale(0.0, 97.0)), ["0", "20", "40", "60", "80", "100"]);
        assert_eq!(labels(&scale(-3.0, 7.0)), ["-4", "-2", "0", "2", "4", "6", "8"]);
        assert_eq!(labels(&scale(0.0, 0.35)), ["0", "0.1", "0.2", "0.3", "0.4"]);
        assert_eq!(labels(&scale(0.0, 43_000.0)), ["0", "10k", "20k", "30k", "40k", "50k"]);
        assert_eq!(labels(&scale(0.0, 2_600_000.0)), ["0", "1M", "2M", "3M"]);
    }

    #[test]
    fn extreme_numbers_end() {
        for (low, high) in [(0.0, f64::MAX), (-f64::MAX, f64::MAX), (0.0, f64::MIN_POSITIVE), (1e300, 1.1e300)] {
            let scale = Scale::rounded(Unit::Number, (low, high), Fixed::default(), Spacing::Linear, 5);
            assert!(scale.ticks.len() <= MAX_TICKS);
        }
    }

    #[test]
    fn powers_of_ten() {
        let scale = Scale::rounded(Unit::Number, (3.0, 25_000.0), Fixed::default(), Spacing::Log, 5);
        assert_eq!(labels(&scale), ["1", "10", "100", "1000", "10k", "100k"]);
        assert_eq!(scale.at(1.0), Some(0.0));
        assert_eq!(scale.at(0.5), None);
    }

    #[test]
    fn round_times() {
        let base = days(2024, 2, 28) * DAY + 22 * HOUR + 7 * MINUTE;
        let scale = |length: i64| Scale::exact(Unit::Time(base), 0.0, length as f64, Spacing::Linear, 6);
        let day = scale(DAY);
        assert_eq!(labels(&day), ["00:00", "06:00", "12:00", "18:00"]);
        assert_eq!(day.ticks[0].context, "2024-02-29");
        assert_eq!(day.ticks[1].context, "");
        assert_eq!(labels(&scale(HOUR)), ["22:15", "22:30", "22:45", "23:00"]);
        assert_eq!(labels(&scale(365 * DAY)), ["2024-03", "2024-05", "2024-07", "2024-09", "2024-11", "2025-01"]);
        assert_eq!(labels(&scale(12 * 365 * DAY)), ["2026", "2028", "2030", "2032", "2034", "2036"]);
        assert_eq!(labels(&scale(30)).len(), 4);
    }

    #[test]
    fn short_numbers() {
        let all = [0.0, 5.0, 0.25, 1234.0, 12_345.0, 3.5e6, 1e18, -20.0, 1e-7];
        let shown: Vec<String> = all.into_iter().map(short).collect();
        assert_eq!(shown, ["0", "5", "0.25", "1234", "12.3k", "3.5M", "1e18", "-20", "1e-7"]);
    }
}

//! How each KQL type prints: the forms that `tostring()` gives, and literals.

use crate::types::ScalarType;
use crate::value::Value;
use std::fmt::Write;

/// Ticks of a second.
pub const SECOND: i64 = 10_000_000;
/// Ticks of a day.
pub const DAY: i64 = 86_400 * SECOND;
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

/// `2020-01-01T00:00:00.0000000Z`
pub fn datetime(ticks: i64, out: &mut String) {
    datetime_seconds(ticks, out);
    let _ = write!(out, ".{:07}Z", ticks.rem_euclid(SECOND));
}

/// `2020-01-01T00:00:00Z`, with as many digits of the second as there are.
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

/// The shortest digits that read back as the same real, with a point: `1.0`, `1500.0`, `1E+20`.
pub fn real(value: f64, out: &mut String) {
    if value.is_nan() {
        return out.push_str("NaN");
    }
    if value.is_infinite() {
        return out.push_str(if value > 0.0 { "Infinity" } else { "-Infinity" });
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-5..1e15).contains(&magnitude) {
        let text = format!("{value:E}");
        let (mantissa, exponent) = text.split_once('E').unwrap_or((&text, "0"));
        let (sign, digits) = match exponent.strip_prefix('-') {
            Some(digits) => ('-', digits),
            None => ('+', exponent),
        };
        let _ = write!(out, "{mantissa}E{sign}{digits:0>2}");
        return;
    }
    let start = out.len();
    let _ = write!(out, "{value}");
    if !out.get(start..).unwrap_or("").contains('.') {
        out.push_str(".0");
    }
}

/// `74be27de-1e4e-49d9-b579-fe0b331d3642`
pub fn guid(value: u128) -> String {
    uuid::Uuid::from_u128(value).hyphenated().to_string()
}

/// `True`, `False`
pub fn bool_text(value: bool) -> &'static str {
    if value { "True" } else { "False" }
}

/// A value as a literal of the language, for plans and messages.
pub fn literal(value: &Value, ty: ScalarType) -> String {
    let mut out = String::new();
    match (value, ty) {
        (Value::Null, _) => {
            let _ = write!(out, "{ty}(null)");
        }
        (Value::Long(ticks), ScalarType::Datetime) => {
            out.push_str("datetime(");
            datetime_short(*ticks, &mut out);
            out.push(')');
        }
        (Value::Long(ticks), ScalarType::Timespan) => {
            out.push_str("timespan(");
            timespan(*ticks, &mut out);
            out.push(')');
        }
        (Value::Bool(b), _) => {
            let _ = write!(out, "{b}");
        }
        (Value::Int(i), _) => {
            let _ = write!(out, "int({i})");
        }
        (Value::Long(i), _) => {
            let _ = write!(out, "{i}");
        }
        (Value::Real(r), _) => real(*r, &mut out),
        (Value::Decimal(d), _) => {
            out.push_str("decimal(");
            crate::decimal::text(*d, &mut out);
            out.push(')');
        }
        (Value::Text(text), ScalarType::Dynamic) => {
            let _ = write!(out, "dynamic({text})");
        }
        (Value::Text(text), ScalarType::Guid) => {
            let _ = write!(out, "guid({text})");
        }
        (Value::Text(text), _) => crate::dynamic::write::string(text, &mut out),
    }
    out
}

//! Text forms of each KQL type, as `tostring()` returns them.

use std::fmt::Write;

/// The shortest digits that parse to the same real, with a decimal point: `1.0`, `1500.0`, `1E+20`.
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

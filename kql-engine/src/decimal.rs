//! Decimals: integers scaled by 10^18, as they lie in Arrow arrays.

use crate::types::DECIMAL_SCALE;

/// 10^18.
pub const ONE: i128 = 10i128.pow(DECIMAL_SCALE as u32);

/// The decimal a text spells (`1.5`, `-2`, `1e3`); none where it spells none or is out of range.
pub fn parse(text: &str) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, text.get(at + 1..)?.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: i128 = 0;
    let mut scale = i32::from(DECIMAL_SCALE) + exponent - i32::try_from(fraction.len()).ok()?;
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let mut kept = all.as_slice();
    // digits beyond what is kept
    while scale < 0 {
        match kept.split_last() {
            Some((last, rest)) if last.is_ascii_digit() => kept = rest,
            Some(_) => return None,
            None => return Some(0),
        }
        scale += 1;
    }
    for byte in kept {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10)?.checked_add(i128::from(byte - b'0'))?;
    }
    if value != 0 {
        value = value.checked_mul(10i128.checked_pow(u32::try_from(scale).ok()?)?)?;
    }
    (value.unsigned_abs() < 10u128.pow(38)).then_some(if negative { -value } else { value })
}

/// The text of a decimal, without zeros at the end.
pub fn text(value: i128, out: &mut String) {
    use std::fmt::Write;
    if value < 0 {
        out.push('-');
    }
    let magnitude = value.unsigned_abs();
    let one = ONE.unsigned_abs();
    let _ = write!(out, "{}", magnitude / one);
    let fraction = magnitude % one;
    if fraction != 0 {
        let digits = format!("{fraction:018}");
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
}

/// The nearest real.
pub fn to_real(value: i128) -> f64 {
    value as f64 / ONE as f64
}

/// The decimal nearest to a real; none where it is out of range or not a number.
pub fn from_real(value: f64) -> Option<i128> {
    if !value.is_finite() || value.abs() >= 1e20 {
        return None;
    }
    // by way of the shortest digits, so that 0.1 becomes 0.1
    parse(&format!("{value}"))
}

/// Product of two decimals; none on overflow.
pub fn multiply(a: i128, b: i128) -> Option<i128> {
    let (whole, rest) = (b / ONE, b % ONE);
    let high = a.checked_mul(whole)?;
    let low = match a.checked_mul(rest) {
        Some(product) => product / ONE,
        None => (a / ONE).checked_mul(rest)?.checked_add((a % ONE).checked_mul(rest)? / ONE)?,
    };
    high.checked_add(low)
}

/// Quotient of two decimals; none by zero and on overflow.
pub fn divide(a: i128, b: i128) -> Option<i128> {
    if b == 0 {
        return None;
    }
    let whole = a / b;
    let mut rest = a % b;
    let mut value = whole.checked_mul(ONE)?;
    // long division, digit by digit, never leaves 128 bits
    let mut scale = ONE;
    while scale > 1 && rest != 0 {
        scale /= 10;
        rest = rest.checked_mul(10)?;
        value = value.checked_add((rest / b).checked_mul(scale)?)?;
        rest %= b;
    }
    Some(value)
}

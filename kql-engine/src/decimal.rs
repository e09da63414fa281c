//! Decimals: integers scaled by 10^18, as they are stored in Arrow arrays.
//!
//! 34 digits before the point and 18 after it, so that the 32 digits of a version fit.

use crate::types::DECIMAL_SCALE;
pub use arrow::datatypes::i256 as Scaled;

/// 10^18.
pub const ONE: Scaled = Scaled::from_i128(10i128.pow(DECIMAL_SCALE as u32));

/// Digits before the point.
pub const WHOLE_DIGITS: u32 = 34;

/// A scaled decimal with a whole number's value.
pub fn whole(number: i128) -> Option<Scaled> {
    fitting(Scaled::from_i128(number).checked_mul(ONE)?)
}

/// Whether the value has no more digits than a decimal.
pub fn fits(value: Scaled) -> bool {
    let limit = Scaled::from_i128(10).checked_pow(WHOLE_DIGITS + DECIMAL_SCALE as u32);
    limit.is_some_and(|limit| value < limit && value > limit.wrapping_neg())
}

fn fitting(value: Scaled) -> Option<Scaled> {
    fits(value).then_some(value)
}

/// The decimal of a text (`1.5`, `-2`, `1e3`); `None` if it is not a decimal or out of range.
pub fn parse(text: &str) -> Option<Scaled> {
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
    let mut value = Scaled::ZERO;
    let mut scale = i32::from(DECIMAL_SCALE).checked_add(exponent)?.checked_sub(i32::try_from(fraction.len()).ok()?)?;
    let all: Vec<u8> = whole.bytes().chain(fraction.bytes()).collect();
    let mut kept = all.as_slice();
    // digits beyond the precision
    while scale < 0 {
        match kept.split_last() {
            Some((last, rest)) if last.is_ascii_digit() => kept = rest,
            Some(_) => return None,
            None => return Some(Scaled::ZERO),
        }
        scale += 1;
    }
    for byte in kept {
        if !byte.is_ascii_digit() {
            return None;
        }
        value = value.checked_mul(10.into())?.checked_add(i128::from(byte - b'0').into())?;
    }
    if value != Scaled::ZERO {
        value = value.checked_mul(Scaled::from(10i64).checked_pow(u32::try_from(scale).ok()?)?)?;
    }
    fitting(if negative { value.wrapping_neg() } else { value })
}

/// The text of a decimal, without zeros at the end.
pub fn text(value: Scaled, out: &mut String) {
    use std::fmt::Write;
    if value.is_negative() {
        out.push('-');
    }
    let magnitude = value.wrapping_abs();
    let _ = write!(out, "{}", magnitude.wrapping_div(ONE));
    let fraction = magnitude.wrapping_rem(ONE);
    if fraction != Scaled::ZERO {
        let digits = format!("{:018}", fraction.as_i128());
        out.push('.');
        out.push_str(digits.trim_end_matches('0'));
    }
}

/// The nearest real.
pub fn to_real(value: Scaled) -> f64 {
    let unscaled = match value.to_i128() {
        Some(value) => value as f64,
        None => {
            let (low, high) = value.to_parts();
            high as f64 * 2f64.powi(128) + low as f64
        }
    };
    unscaled / 10f64.powi(i32::from(DECIMAL_SCALE))
}

/// The decimal nearest to a real; `None` if it is out of range or not a number.
pub fn from_real(value: f64) -> Option<Scaled> {
    if !value.is_finite() || value.abs() >= 10f64.powi(WHOLE_DIGITS as i32) {
        return None;
    }
    // uses the shortest digits, so that 0.1 becomes 0.1
    parse(&format!("{value}"))
}

/// The whole part; `None` if it does not fit a long.
pub fn to_long(value: Scaled) -> Option<i64> {
    value.wrapping_div(ONE).to_i128().and_then(|whole| i64::try_from(whole).ok())
}

/// Sum of two decimals; `None` on overflow.
pub fn add(a: Scaled, b: Scaled) -> Option<Scaled> {
    fitting(a.checked_add(b)?)
}

/// Difference of two decimals; `None` on overflow.
pub fn subtract(a: Scaled, b: Scaled) -> Option<Scaled> {
    fitting(a.checked_sub(b)?)
}

/// Product of two decimals; `None` on overflow.
pub fn multiply(a: Scaled, b: Scaled) -> Option<Scaled> {
    let (whole, rest) = (b.wrapping_div(ONE), b.wrapping_rem(ONE));
    // both parts fit: 52 digits, and 34 or 18
    fitting(a.checked_mul(whole)?.checked_add(a.checked_mul(rest)?.wrapping_div(ONE))?)
}

/// Quotient of two decimals; `None` on division by zero and on overflow.
pub fn divide(a: Scaled, b: Scaled) -> Option<Scaled> {
    if b == Scaled::ZERO {
        return None;
    }
    fitting(a.checked_mul(ONE)?.wrapping_div(b))
}

/// The remainder of a division, at least 0 and less than the size of `b`; `None` on division by zero.
pub fn modulo(a: Scaled, b: Scaled) -> Option<Scaled> {
    if b == Scaled::ZERO {
        return None;
    }
    let rest = a.wrapping_rem(b);
    Some(if rest.is_negative() { rest.wrapping_add(b.wrapping_abs()) } else { rest })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_come_back() {
        for text_in in
            ["0", "1.5", "-0.000000000000000001", "9999999999999999999999999999999999.5", "-1000000020000000300000004"]
        {
            let mut out = String::new();
            text(parse(text_in).unwrap_or(Scaled::MAX), &mut out);
            assert_eq!(out, text_in);
        }
        assert!(parse("10000000000000000000000000000000000").is_none());
        assert!(parse("1e40").is_none());
        assert!(parse("1e2147483647").is_none());
        assert!(parse("1e-40") == Some(Scaled::ZERO));
    }

    #[test]
    fn products_and_quotients() {
        let d = |text: &str| parse(text).unwrap_or(Scaled::MAX);
        assert_eq!(multiply(d("1.5"), d("-2.25")), Some(d("-3.375")));
        assert_eq!(multiply(d("1e20"), d("1e20")), None);
        assert_eq!(divide(d("1"), d("3")), Some(d("0.333333333333333333")));
        assert_eq!(divide(d("-1e30"), d("4")), Some(d("-2.5e29")));
        assert_eq!(modulo(d("-14"), d("12")), Some(d("10")));
        assert_eq!(divide(d("1"), Scaled::ZERO), None);
    }
}

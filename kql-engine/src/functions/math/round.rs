//! `round()`, `ceiling()`

use crate::decimal::{self, Scaled};
use crate::functions::kernel;
use crate::registry::{
    ArgumentKind, Call, Eval,
    ParameterType::{Is, Number},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::{Decimal, Int, Long, Real};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ROUND: ScalarFunction = ScalarFunction {
    name: "round",
    aliases: &[],
    signatures: &[sig(
        &[p("number", Number), optional("precision", Is(Long)).kind(ArgumentKind::Constant)],
        Returns::Parameter(0),
    )],
    result_name: ResultName::FirstArgument,
    summary: "Rounds to a number of digits after the decimal point (before it if negative); halves are rounded \
              away from zero.",
    page: "round-function",
    eval: Eval::Kernel(round),
};

pub static CEILING: ScalarFunction = ScalarFunction {
    name: "ceiling",
    aliases: &[],
    signatures: &[
        // Kusto returns reals for whole numbers too
        sig(&[p("number", Is(Real))], Returns::Is(Real)),
        sig(&[p("number", Is(Decimal))], Returns::Is(Decimal)),
    ],
    result_name: ResultName::FirstArgument,
    summary: "The smallest whole number that is greater than or equal to the number.",
    page: "ceiling-function",
    eval: Eval::Kernel(ceiling),
};

fn round(call: &Call) -> Result<ColumnarValue> {
    let digits = call.longs_or(1, 0)?;
    let digits_of = |i: usize| digits.get(i).map(|d| d.clamp(-400, 400) as i32);
    match call.returns {
        Int => {
            let number = call.ints(0)?;
            kernel::ints(call.rows, |i| i32::try_from(whole(i64::from(number.get(i)?), digits_of(i)?)?).ok())
        }
        Long => {
            let number = call.longs(0)?;
            kernel::longs(call.rows, |i| whole(number.get(i)?, digits_of(i)?))
        }
        Decimal => {
            let number = call.decimals(0)?;
            kernel::decimals(call.rows, |i| {
                let (value, digits) = (number.get(i)?, digits_of(i)?);
                if digits >= 18 {
                    return Some(value);
                }
                match Scaled::from(10i64).checked_pow((18 - digits).unsigned_abs()) {
                    Some(unit) => nearest_decimal(value, unit),
                    None => Some(Scaled::ZERO),
                }
            })
        }
        _ => {
            let number = call.reals(0)?;
            kernel::reals(call.rows, |i| {
                let (value, digits) = (number.get(i)?, digits_of(i)?);
                let scale = 10f64.powi(digits.abs());
                let rounded =
                    if digits >= 0 { (value * scale).round() / scale } else { (value / scale).round() * scale };
                // if the scale exceeds the range of reals, there is nothing to round
                Some(if rounded.is_nan() { value } else { rounded })
            })
        }
    }
}

fn whole(value: i64, digits: i32) -> Option<i64> {
    if digits >= 0 {
        return Some(value);
    }
    match 10i128.checked_pow(digits.unsigned_abs()) {
        Some(unit) => nearest(i128::from(value), unit).and_then(|v| i64::try_from(v).ok()),
        None => Some(0),
    }
}

/// The multiple of `unit` nearest to a value; of two equally near ones, the one farther from zero.
fn nearest(value: i128, unit: i128) -> Option<i128> {
    let rest = value % unit;
    let down = value - rest;
    if rest.abs().checked_mul(2)? >= unit { down.checked_add(unit * value.signum()) } else { Some(down) }
}

fn nearest_decimal(value: Scaled, unit: Scaled) -> Option<Scaled> {
    let rest = value.wrapping_rem(unit);
    let down = value.wrapping_sub(rest);
    if rest.wrapping_abs().checked_mul(2.into())? >= unit {
        decimal::add(down, unit.wrapping_mul(value.signum()))
    } else {
        Some(down)
    }
}

fn ceiling(call: &Call) -> Result<ColumnarValue> {
    if call.returns == Decimal {
        let number = call.decimals(0)?;
        return kernel::decimals(call.rows, |i| {
            let value = number.get(i)?;
            let rest = decimal::modulo(value, decimal::ONE)?;
            if rest == Scaled::ZERO { Some(value) } else { decimal::add(value, decimal::ONE.wrapping_sub(rest)) }
        });
    }
    let number = call.reals(0)?;
    kernel::reals(call.rows, |i| number.get(i).map(f64::ceil))
}

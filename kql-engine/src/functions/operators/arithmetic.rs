//! `+ - * / %` and the signs.
//!
//! Whole numbers wrap on overflow. Division by zero is null for whole numbers and decimals, and infinite for reals. `%`
//! is never negative. Ticks of datetimes and timespans that are out of range become null.

use crate::decimal;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval, ParameterType, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{self, Datetime, Decimal, Dynamic, Int, Long, Real, Timespan};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::ColumnarValue;

const NUMBER: ParameterType = ParameterType::Number;
const NUMBERS: Signature = sig(&[p("left", NUMBER), p("right", NUMBER)], Returns::Widest);

const fn of(left: ScalarType, right: ScalarType, returns: ScalarType) -> [crate::registry::Parameter; 2] {
    let _ = returns;
    [p("left", Is(left)), p("right", Is(right))]
}

static TT: [crate::registry::Parameter; 2] = of(Timespan, Timespan, Timespan);
static DT: [crate::registry::Parameter; 2] = of(Datetime, Timespan, Datetime);
static TD: [crate::registry::Parameter; 2] = of(Timespan, Datetime, Datetime);
static DD: [crate::registry::Parameter; 2] = of(Datetime, Datetime, Timespan);
static TN: [crate::registry::Parameter; 2] = [p("left", Is(Timespan)), p("right", NUMBER)];
static NT: [crate::registry::Parameter; 2] = [p("left", NUMBER), p("right", Is(Timespan))];
static DN: [crate::registry::Parameter; 2] = [p("left", Is(Datetime)), p("right", NUMBER)];
static ND: [crate::registry::Parameter; 2] = [p("left", NUMBER), p("right", Is(Datetime))];

static ADDS: [Signature; 5] = [
    NUMBERS,
    sig(&TT, Returns::Is(Timespan)),
    sig(&DT, Returns::Is(Datetime)),
    sig(&TD, Returns::Is(Datetime)),
    sig(&DD, Returns::Is(Datetime)),
];
static SUBTRACTS: [Signature; 5] = [
    NUMBERS,
    sig(&TT, Returns::Is(Timespan)),
    sig(&DD, Returns::Is(Timespan)),
    sig(&DT, Returns::Is(Datetime)),
    sig(&TD, Returns::Is(Datetime)),
];
static MULTIPLIES: [Signature; 6] = [
    NUMBERS,
    sig(&TT, Returns::Is(Timespan)),
    sig(&TN, Returns::Is(Timespan)),
    sig(&NT, Returns::Is(Timespan)),
    sig(&DN, Returns::Is(Datetime)),
    sig(&ND, Returns::Is(Datetime)),
];
static DIVIDES: [Signature; 6] = [
    NUMBERS,
    sig(&TT, Returns::Is(Real)),
    sig(&TN, Returns::Is(Timespan)),
    sig(&DD, Returns::Is(Real)),
    sig(&DT, Returns::Is(Real)),
    sig(&DN, Returns::Is(Datetime)),
];
static MODULOS: [Signature; 6] = [
    NUMBERS,
    sig(&TT, Returns::Is(Timespan)),
    sig(&TN, Returns::Is(Timespan)),
    sig(&DD, Returns::Is(Timespan)),
    sig(&DT, Returns::Is(Timespan)),
    sig(&DN, Returns::Is(Datetime)),
];

macro_rules! operator {
    ($row:ident, $name:literal, $signatures:expr, $op:expr, $summary:literal) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: $signatures,
            result_name: ResultName::None,
            summary: $summary,
            page: "operator:numerical-operators",
            eval: Eval::Kernel(|call| run(call, $op)),
        };
    };
}

operator!(ADD, "+", &ADDS, Op::Add, "Sum.");
operator!(SUBTRACT, "-", &SUBTRACTS, Op::Subtract, "Difference.");
operator!(MULTIPLY, "*", &MULTIPLIES, Op::Multiply, "Product.");
operator!(DIVIDE, "/", &DIVIDES, Op::Divide, "Quotient; whole numbers give a whole number, cut off towards zero.");
operator!(MODULO, "%", &MODULOS, Op::Modulo, "Rest of a division, never negative.");

static SIGNED: [Signature; 5] = [
    sig(&[p("operand", Is(Long))], Returns::Is(Long)),
    sig(&[p("operand", Is(Real))], Returns::Is(Real)),
    sig(&[p("operand", Is(Decimal))], Returns::Is(Decimal)),
    sig(&[p("operand", Is(Timespan))], Returns::Is(Timespan)),
    sig(&[p("operand", Is(Dynamic))], Returns::Is(Dynamic)),
];

pub static MINUS: ScalarFunction = ScalarFunction {
    name: "-x",
    aliases: &[],
    signatures: &SIGNED,
    result_name: ResultName::None,
    summary: "The negated value.",
    page: "operator:numerical-operators",
    eval: Eval::Kernel(minus),
};

pub static PLUS: ScalarFunction = ScalarFunction {
    name: "+x",
    aliases: &[],
    signatures: &SIGNED,
    result_name: ResultName::None,
    summary: "The value itself.",
    page: "operator:numerical-operators",
    eval: Eval::Kernel(|call| Ok(ColumnarValue::Array(call.array(0)?))),
};

fn minus(call: &Call) -> Result<ColumnarValue> {
    match call.returns {
        Long | Timespan => {
            let values = call.longs(0)?;
            kernel::longs(call.rows, |i| values.get(i).map(i64::wrapping_neg))
        }
        Real => {
            let values = call.reals(0)?;
            kernel::reals(call.rows, |i| values.get(i).map(|v| -v))
        }
        Decimal => {
            let values = call.decimals(0)?;
            kernel::decimals(call.rows, |i| values.get(i).map(|v| -v))
        }
        Dynamic => {
            let values = call.strings(0)?;
            kernel::texts(call.rows, |i, out| match values.option(i) {
                Some(text)
                    if matches!(
                        crate::dynamic::read::kind(text),
                        crate::dynamic::read::Kind::Long | crate::dynamic::read::Kind::Real
                    ) =>
                {
                    match text.strip_prefix('-') {
                        Some(rest) => out.push_str(rest),
                        None => {
                            out.push('-');
                            out.push_str(text);
                        }
                    }
                    true
                }
                _ => false,
            })
        }
        other => internal_err!("no minus for {other}"),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Op {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
}

fn run(call: &Call, op: Op) -> Result<ColumnarValue> {
    let (Some(left), Some(right)) = (call.types.first().copied(), call.types.get(1).copied()) else {
        return internal_err!("two operands expected");
    };
    match (left, right) {
        (Long, Long) => {
            let (a, b) = (call.longs(0)?, call.longs(1)?);
            kernel::longs(call.rows, |i| whole(op, a.get(i)?, b.get(i)?))
        }
        (Real, Real) => {
            let (a, b) = (call.reals(0)?, call.reals(1)?);
            kernel::reals(call.rows, |i| Some(real(op, a.get(i)?, b.get(i)?)))
        }
        (Decimal, Decimal) => {
            let (a, b) = (call.decimals(0)?, call.decimals(1)?);
            kernel::decimals(call.rows, |i| fixed(op, a.get(i)?, b.get(i)?))
        }
        (Datetime | Timespan, Datetime | Timespan) => {
            let (a, b) = (call.longs(0)?, call.longs(1)?);
            if call.returns == Real {
                return kernel::reals(call.rows, |i| Some(a.get(i)? as f64 / b.get(i)? as f64));
            }
            let datetime = call.returns == Datetime;
            kernel::longs(call.rows, |i| in_range(ticks(op, a.get(i)?, b.get(i)?)?, datetime))
        }
        (Datetime | Timespan, number) => {
            let (a, b) = (call.longs(0)?, Factor::new(call, 1, number)?);
            let datetime = call.returns == Datetime;
            kernel::longs(call.rows, |i| in_range(scaled(op, a.get(i)?, b.get(i)?)?, datetime))
        }
        (number, Datetime | Timespan) => {
            let (a, b) = (Factor::new(call, 0, number)?, call.longs(1)?);
            let datetime = call.returns == Datetime;
            kernel::longs(call.rows, |i| in_range(scaled(op, b.get(i)?, a.get(i)?)?, datetime))
        }
        (left, right) => internal_err!("no arithmetic for {left} and {right}"),
    }
}

fn whole(op: Op, a: i64, b: i64) -> Option<i64> {
    match op {
        Op::Add => Some(a.wrapping_add(b)),
        Op::Subtract => Some(a.wrapping_sub(b)),
        Op::Multiply => Some(a.wrapping_mul(b)),
        Op::Divide => (b != 0).then(|| a.wrapping_div(b)),
        Op::Modulo => (b != 0).then(|| a.wrapping_rem_euclid(b)),
    }
}

fn real(op: Op, a: f64, b: f64) -> f64 {
    match op {
        Op::Add => a + b,
        Op::Subtract => a - b,
        Op::Multiply => a * b,
        Op::Divide => a / b,
        Op::Modulo => a.rem_euclid(b),
    }
}

fn fixed(op: Op, a: decimal::Scaled, b: decimal::Scaled) -> Option<decimal::Scaled> {
    match op {
        Op::Add => decimal::add(a, b),
        Op::Subtract => decimal::subtract(a, b),
        Op::Multiply => decimal::multiply(a, b),
        Op::Divide => decimal::divide(a, b),
        Op::Modulo => decimal::modulo(a, b),
    }
}

fn ticks(op: Op, a: i64, b: i64) -> Option<i64> {
    match op {
        Op::Add => a.checked_add(b),
        Op::Subtract => a.checked_sub(b),
        Op::Multiply => a.checked_mul(b),
        Op::Divide => a.checked_div(b),
        Op::Modulo => a.checked_rem_euclid(b),
    }
}

fn in_range(value: i64, datetime: bool) -> Option<i64> {
    (!datetime || crate::time::RANGE.contains(&value)).then_some(value)
}

/// A number by which ticks are multiplied or divided.
enum Factor<'a> {
    Whole(kernel::Longs<'a>),
    Int(kernel::Ints<'a>),
    Real(kernel::Reals<'a>),
    Decimal(kernel::Decimals<'a>),
}

enum Number {
    Whole(i64),
    Real(f64),
}

impl<'a> Factor<'a> {
    fn new(call: &Call<'a>, n: usize, ty: ScalarType) -> Result<Factor<'a>> {
        Ok(match ty {
            Long => Factor::Whole(call.longs(n)?),
            Int => Factor::Int(call.ints(n)?),
            Real => Factor::Real(call.reals(n)?),
            Decimal => Factor::Decimal(call.decimals(n)?),
            other => return internal_err!("{other} is no number"),
        })
    }

    fn get(&self, i: usize) -> Option<Number> {
        Some(match self {
            Factor::Whole(v) => Number::Whole(v.get(i)?),
            Factor::Int(v) => Number::Whole(i64::from(v.get(i)?)),
            Factor::Real(v) => Number::Real(v.get(i)?),
            Factor::Decimal(v) => Number::Real(decimal::to_real(v.get(i)?)),
        })
    }
}

fn scaled(op: Op, ticks: i64, by: Number) -> Option<i64> {
    match (op, by) {
        (Op::Multiply, Number::Whole(n)) => ticks.checked_mul(n),
        (Op::Divide, Number::Whole(n)) => ticks.checked_div(n),
        (Op::Modulo, Number::Whole(n)) => ticks.checked_rem_euclid(n),
        (Op::Multiply, Number::Real(r)) => whole_ticks(ticks as f64 * r),
        (Op::Divide, Number::Real(r)) => whole_ticks(ticks as f64 / r),
        (Op::Modulo, Number::Real(r)) => whole_ticks((ticks as f64).rem_euclid(r)),
        (Op::Add | Op::Subtract, _) => None,
    }
}

fn whole_ticks(value: f64) -> Option<i64> {
    (value.is_finite() && value.abs() < 9.2e18).then(|| value.round() as i64)
}

//! `pow()`, `atan2()`, `pi()`

use crate::functions::kernel;
use crate::registry::{Eval, ParameterType::Number, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Real;

pub static POW: ScalarFunction = ScalarFunction {
    name: "pow",
    aliases: &[],
    signatures: &[sig(&[p("base", Number), p("exponent", Number)], Returns::Is(Real))],
    result_name: ResultName::None,
    summary: "The first number to the power of the second.",
    page: "pow-function",
    eval: Eval::Kernel(|call| {
        let (base, exponent) = (call.numbers(0)?, call.numbers(1)?);
        kernel::reals(call.rows, |i| Some(base.get(i)?.powf(exponent.get(i)?)))
    }),
};

pub static ATAN2: ScalarFunction = ScalarFunction {
    name: "atan2",
    aliases: &[],
    signatures: &[sig(&[p("y", Number), p("x", Number)], Returns::Is(Real))],
    result_name: ResultName::FirstArgument,
    summary: "The angle in radians between the x axis and the line from the origin to the point (y, x).",
    page: "atan2-function",
    eval: Eval::Kernel(|call| {
        let (y, x) = (call.numbers(0)?, call.numbers(1)?);
        kernel::reals(call.rows, |i| Some(y.get(i)?.atan2(x.get(i)?)))
    }),
};

pub static PI: ScalarFunction = ScalarFunction {
    name: "pi",
    aliases: &[],
    signatures: &[sig(&[], Returns::Is(Real))],
    result_name: ResultName::None,
    summary: "The ratio of a circle's circumference to its diameter.",
    page: "pi-function",
    eval: Eval::Kernel(|call| kernel::reals(call.rows, |_| Some(std::f64::consts::PI))),
};

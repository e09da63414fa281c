//! `== != < <= > >=`.
//!
//! A null equals nothing and differs from every value: `null == 1` is false and `null != 1` is true; between two
//! nulls both are null. The orderings are null if a side is null. NaN equals nothing, and is neither smaller nor greater.

use super::Polarity;
use super::logical::two;
use crate::registry::{
    CallInfo, Eval, ParameterType, ParameterType::Is, ResultName, Returns, ScalarFunction, Signature, p, sig,
};
use crate::types::ScalarType::{self, Bool, Datetime, Timespan};
use crate::value::Value;
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, Operator, binary_expr, lit, when};

const ANY: &[Signature] =
    &[sig(&[p("left", ParameterType::Scalar), p("right", ParameterType::Scalar)], Returns::Is(Bool))];

const ORDERED: &[Signature] = &[
    sig(&[p("left", ParameterType::NumberOrBool), p("right", ParameterType::NumberOrBool)], Returns::Is(Bool)),
    sig(&[p("left", Is(Timespan)), p("right", Is(Timespan))], Returns::Is(Bool)),
    sig(&[p("left", Is(Datetime)), p("right", Is(Datetime))], Returns::Is(Bool)),
];

macro_rules! ordering {
    ($row:ident, $name:literal, $operator:ident, $summary:literal) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: ORDERED,
            result_name: ResultName::None,
            summary: $summary,
            page: "operator:numerical-operators",
            eval: Eval::Expr(|info, args| {
                let [left, right] = two(args)?;
                Ok(ordered(info, (left, 0), Operator::$operator, (right, 1)))
            }),
        };
    };
}

ordering!(LESS, "<", Lt, "True where the left side is smaller.");
ordering!(LESS_OR_EQUAL, "<=", LtEq, "True where the left side is not greater.");
ordering!(GREATER, ">", Gt, "True where the left side is greater.");
ordering!(GREATER_OR_EQUAL, ">=", GtEq, "True where the left side is not smaller.");

/// Two arguments, with their positions, in an order. DataFusion's comparison is a total order, in which NaN is before or
/// after all numbers, depending on its sign. So the side on which NaN would win must be a number too.
pub(super) fn ordered(info: &CallInfo, left: (Expr, usize), operator: Operator, right: (Expr, usize)) -> Expr {
    let test = binary_expr(left.0.clone(), operator, right.0.clone());
    if info.types.first() != Some(&ScalarType::Real) {
        return test;
    }
    let (smaller, greater) = match operator {
        Operator::Lt | Operator::LtEq => (left, right),
        _ => (right, left),
    };
    let mut all = test;
    if may_be_nan(info, smaller.1) {
        all = all.and(smaller.0.gt_eq(lit(f64::NEG_INFINITY)));
    }
    if may_be_nan(info, greater.1) {
        all = all.and(greater.0.lt_eq(lit(f64::INFINITY)));
    }
    all
}

fn may_be_nan(info: &CallInfo, argument: usize) -> bool {
    match info.constants.get(argument) {
        Some(Some(Value::Real(n))) => n.is_nan(),
        Some(Some(_)) => false,
        _ => true,
    }
}

pub static EQUAL: ScalarFunction = ScalarFunction {
    name: "==",
    aliases: &[],
    signatures: ANY,
    result_name: ResultName::None,
    summary: "True if both sides are equal; strings are compared case-sensitively.",
    page: "operator:datatypes-string-operators",
    eval: Eval::Expr(|info, args| equality(info, args, Polarity::Positive)),
};

pub static NOT_EQUAL: ScalarFunction = ScalarFunction {
    name: "!=",
    aliases: &[],
    signatures: ANY,
    result_name: ResultName::None,
    summary: "True if the sides differ; strings are compared case-sensitively.",
    page: "operator:datatypes-string-operators",
    eval: Eval::Expr(|info, args| equality(info, args, Polarity::Negative)),
};

/// Whether DataFusion's equality is right for values of this type.
pub fn is_native(ty: ScalarType) -> bool {
    // NaN equals nothing, and DataFusion's comparison is a total order
    ty != ScalarType::Real
}

fn equality(info: &CallInfo, args: Vec<Expr>, polarity: Polarity) -> Result<Expr> {
    let real = info.types.first() == Some(&ScalarType::Real);
    let never_null = |i: usize| {
        info.types.get(i) == Some(&ScalarType::String)
            || matches!(info.constants.get(i), Some(Some(value)) if *value != Value::Null)
    };
    let (left_safe, right_safe) = (never_null(0), never_null(1));
    let [left, right] = two(args)?;
    let either_null = left.clone().is_null().and(right.clone().is_null());
    let not_a_number = real.then(|| is_nan(&left).or(is_nan(&right)));
    let operator = match (polarity, left_safe && right_safe) {
        (Polarity::Positive, true) => Operator::Eq,
        (Polarity::Negative, true) => Operator::NotEq,
        (Polarity::Positive, false) => Operator::IsNotDistinctFrom,
        (Polarity::Negative, false) => Operator::IsDistinctFrom,
    };
    let test = binary_expr(left, operator, right);
    let test = match not_a_number {
        Some(nan) => when(nan, lit(polarity.of(false))).otherwise(test)?,
        None => test,
    };
    if left_safe || right_safe {
        return Ok(test);
    }
    when(either_null, lit(datafusion::common::ScalarValue::Boolean(None))).otherwise(test)
}

fn is_nan(e: &Expr) -> Expr {
    // for a comparison with a literal: NaN is not within any bounds
    e.clone().is_not_null().and(e.clone().not_between(lit(f64::NEG_INFINITY), lit(f64::INFINITY)))
}

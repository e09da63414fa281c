//! `tolong()`

use super::convert::{Any, by_text, long_of};
use crate::decimal;
use crate::dynamic::read::{self, Kind};
use crate::functions::kernel::{self, Reals};
use crate::registry::{Call, Eval, ParameterType::Scalar, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Long;
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static TOLONG: ScalarFunction = ScalarFunction {
    name: "tolong",
    aliases: &[],
    signatures: &[sig(&[p("value", Scalar)], Returns::Is(Long))],
    result_name: ResultName::FirstArgument,
    summary: "A whole number of 64 bits; reals are cut off towards zero.",
    page: "tolong-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Any::new(call, 0)?;
    if let Any::Real(Reals::Scalar(Some(real))) = value
        && real.is_finite()
        && !(-LIMIT..LIMIT).contains(&real)
    {
        // a constant out of range is the least long, as the engine was measured, though over rows it is the nearest
        return kernel::longs(call.rows, |_| Some(i64::MIN));
    }
    kernel::longs(call.rows, |i| long(&value, i))
}

/// 2^63, the first real above all longs.
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// The whole number of row `i`.
pub(super) fn long(value: &Any, i: usize) -> Option<i64> {
    match value {
        Any::Bool(v) => v.get(i).map(i64::from),
        Any::Int(v) => v.get(i).map(i64::from),
        Any::Long(v) | Any::Datetime(v) | Any::Timespan(v) => v.get(i),
        Any::Real(v) => v.get(i).and_then(cut),
        Any::Decimal(v) => v.get(i).and_then(decimal::to_long),
        Any::String(v) => by_text(v, false, i, long_of),
        Any::Dynamic(v) => match read::kind(v.option(i)?) {
            Kind::Bool => Some(i64::from(v.option(i)? == "true")),
            Kind::Real => v.option(i)?.parse().ok().and_then(cut),
            _ => by_text(v, true, i, long_of),
        },
        Any::Guid(_) => None,
    }
}

/// A real cut off towards zero, at most the greatest long; none where it is infinite or no number.
fn cut(value: f64) -> Option<i64> {
    value.is_finite().then_some(value as i64)
}

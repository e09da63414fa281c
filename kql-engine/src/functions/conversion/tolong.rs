//! `tolong()`

use super::convert::{Arg, by_dynamic_text, by_text, long_of};
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
    summary: "Converts to a 64-bit integer; reals are truncated toward zero.",
    page: "tolong-function",
    eval: Eval::Kernel(run),
};

fn run(call: &Call) -> Result<ColumnarValue> {
    let value = Arg::new(call, 0)?;
    if let Arg::Real(Reals::Scalar(Some(real))) = value
        && real.is_finite()
        && !(-LIMIT..LIMIT).contains(&real)
    {
        // a constant out of range becomes the least long, as measured in Kusto; over rows it becomes the nearest
        return kernel::longs(call.rows, |_| Some(i64::MIN));
    }
    kernel::longs(call.rows, |i| long(&value, i))
}

/// 2^63, the first real greater than all longs.
const LIMIT: f64 = 9_223_372_036_854_775_808.0;

/// The whole number of row `i`.
pub(super) fn long(value: &Arg, i: usize) -> Option<i64> {
    match value {
        Arg::Bool(v) => v.get(i).map(i64::from),
        Arg::Int(v) => v.get(i).map(i64::from),
        Arg::Long(v) | Arg::Datetime(v) | Arg::Timespan(v) => v.get(i),
        Arg::Real(v) => v.get(i).and_then(cut),
        Arg::Decimal(v) => v.get(i).and_then(decimal::to_long),
        Arg::String(v) => by_text(v, i, long_of),
        Arg::Dynamic(v) => match read::kind(v.option(i)?) {
            Kind::Bool => Some(i64::from(v.option(i)? == "true")),
            Kind::Real => v.option(i)?.parse().ok().and_then(cut),
            _ => by_dynamic_text(v, i, long_of),
        },
        Arg::Guid(_) => None,
    }
}

/// A real truncated towards zero, at most the greatest long; `None` if it is infinite or NaN.
fn cut(value: f64) -> Option<i64> {
    value.is_finite().then_some(value as i64)
}

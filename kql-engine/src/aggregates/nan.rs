//! NaN in extremes: if a group has a NaN, it is both its smallest and its greatest value.

use datafusion::common::Result;
use datafusion::functions_aggregate::expr_fn::count;
use datafusion::logical_expr::{Expr, lit, when};

/// `extreme`, or NaN if the group has one.
pub(super) fn or_nan(extreme: Expr, value: Expr) -> Result<Expr> {
    let numbers = value.clone().between(lit(f64::NEG_INFINITY), lit(f64::INFINITY));
    let nan = value.is_not_null().and(Expr::Not(Box::new(numbers)));
    when(count(when(nan, lit(1i64)).end()?).gt(lit(0i64)), lit(f64::NAN)).otherwise(extreme)
}

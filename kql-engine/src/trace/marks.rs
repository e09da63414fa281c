//! The column that followed rows carry: their numbers, in order and separated by commas; null for other rows.

use crate::dynamic::read;
use crate::registry::{
    AggregateFunction, Call, CallInfo, Eval, Kernel, Outputs, ParameterType::Scalar, Reduce, ResultName, Returns,
    ScalarFunction, p, sig,
};
use crate::types::ScalarType::{Dynamic, Long};
use arrow::array::{Array, AsArray, StringBuilder};
use arrow::datatypes::Int64Type;
use datafusion::common::Result;
use datafusion::functions_aggregate::string_agg::string_agg;
use datafusion::logical_expr::{self as df, ColumnarValue, lit};
use std::collections::BTreeSet;
use std::sync::Arc;

/// The name of the column with the numbers of followed rows in a result: no user column can have this name.
pub(crate) const MARK: &str = "\0mark";

/// The numbers in a value of the column.
pub(crate) fn numbers(text: &str) -> impl Iterator<Item = i64> {
    text.split(',').filter_map(|number| number.parse().ok())
}

/// The number of a row, if the row is followed.
pub(super) static FOLLOWED: ScalarFunction = ScalarFunction {
    name: "__followed",
    aliases: &[],
    signatures: &[sig(&[p("row", Scalar), p("rows", Scalar)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The number of a row that is followed.",
    page: "",
    eval: Eval::Compiled(followed),
};

fn followed(info: &CallInfo) -> Result<Box<dyn Kernel>> {
    debug_assert_eq!(info.types.first(), Some(&Long));
    let wanted: Option<BTreeSet<i64>> =
        info.text(1).map(|list| read::elements(list).filter_map(|number| number.parse().ok()).collect());
    Ok(Box::new(move |call: &Call| {
        let rows = ColumnarValue::values_to_arrays(call.args)?;
        let mut out = StringBuilder::new();
        if let Some(rows) = rows.first().and_then(|rows| rows.as_primitive_opt::<Int64Type>()) {
            for row in rows.iter() {
                out.append_option(
                    row.filter(|row| wanted.as_ref().is_none_or(|w| w.contains(row))).map(|row| row.to_string()),
                );
            }
        }
        Ok(ColumnarValue::Array(Arc::new(out.finish())))
    }))
}

/// The numbers of two values.
pub(super) static BOTH: ScalarFunction = ScalarFunction {
    name: "__both_followed",
    aliases: &[],
    signatures: &[sig(&[p("left", Scalar), p("right", Scalar)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "The numbers of the followed rows that a row is made from.",
    page: "",
    eval: Eval::PerRow(both),
};

fn both(call: &Call) -> Result<ColumnarValue> {
    let arrays = call.args.iter().map(|arg| arg.to_array(call.rows)).collect::<Result<Vec<_>>>()?;
    let mut out = StringBuilder::new();
    for row in 0..call.rows {
        let mut all = BTreeSet::new();
        for texts in arrays.iter().filter_map(|array| array.as_string_opt::<i32>()) {
            if !texts.is_null(row) {
                all.extend(numbers(texts.value(row)));
            }
        }
        let text = all.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        out.append_option((!all.is_empty()).then_some(text));
    }
    Ok(ColumnarValue::Array(Arc::new(out.finish())))
}

/// The numbers of all rows of a group, not yet in order.
pub(super) static ALL_OF_GROUP: AggregateFunction = AggregateFunction {
    name: "__all_followed",
    aliases: &[],
    signatures: &[sig(&[p("rows", Scalar)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    outputs: Outputs::One,
    summary: "The numbers of the followed rows of a group.",
    page: "",
    reduce: Reduce::Expr(|_, args| {
        let rows = args.into_iter().next().unwrap_or_else(|| lit(""));
        Ok(df::cast(string_agg(rows, lit(",")), Dynamic.arrow()))
    }),
};

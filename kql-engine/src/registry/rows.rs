//! Expressions and types of DataFusion that entries of the registry and lowering share.

use super::{CallInfo, ScalarFunction, Udf};
use crate::types::ScalarType;
use arrow::datatypes::{DataType, Field, Fields};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{Expr, when};

/// The first value that is not null. A simple CASE: DataFusion's own coalesce runs only after its optimizer.
pub fn first_not_null(values: Vec<Expr>) -> Result<Expr> {
    let mut values = values.into_iter().rev();
    let Some(mut result) = values.next() else { return internal_err!("coalesce of nothing") };
    for value in values {
        result = when(value.clone().is_not_null(), value).otherwise(result)?;
    }
    Ok(result)
}

/// A call of a function in the registry.
pub fn call(function: &'static ScalarFunction, info: CallInfo, args: Vec<Expr>) -> Result<Expr> {
    Ok(Udf::prepare(function, info)?.call(args))
}

/// The Arrow type of a struct with values of these types.
pub fn row_type(types: &[ScalarType]) -> DataType {
    let fields = types.iter().enumerate().map(|(i, ty)| Field::new(field_name(i), ty.arrow(), true));
    DataType::Struct(Fields::from(fields.collect::<Vec<_>>()))
}

/// The name of a field of this struct.
pub fn field_name(i: usize) -> String {
    format!("f{i}")
}

//! The order of rows as one binary column, for aggregates that depend on it: bytes that compare as the sort keys do.

use crate::encoded::Encoded;
use crate::plan::OrderKey;
use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, Int64Array};
use arrow::buffer::OffsetBuffer;
use arrow::datatypes::{DataType, Int64Type};
use arrow::row::{RowConverter, SortField};
use datafusion::common::Result;
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use std::sync::Arc;

/// The order key of a row.
pub(super) fn order_key(order: &[OrderKey]) -> Expr {
    let directions = order.iter().map(|k| (k.ascending, k.nulls_first)).collect();
    ScalarUDF::new_from_impl(OrderKeyUdf::new(directions)).call(order.iter().map(|k| super::column(k.column)).collect())
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct OrderKeyUdf {
    /// For each key: ascending, nulls first.
    directions: Vec<(bool, bool)>,
    signature: Signature,
}

impl OrderKeyUdf {
    fn new(directions: Vec<(bool, bool)>) -> OrderKeyUdf {
        OrderKeyUdf { directions, signature: Signature::variadic_any(Volatility::Immutable) }
    }

    /// As data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        Encoded::of(&self.directions)
    }

    /// From its data.
    pub(crate) fn decode(encoded: &Encoded) -> Result<OrderKeyUdf> {
        Ok(OrderKeyUdf::new(encoded.data()?))
    }
}

impl ScalarUDFImpl for OrderKeyUdf {
    fn name(&self) -> &str {
        "order_key"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Binary)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let arrays: Vec<ArrayRef> = ColumnarValue::values_to_arrays(&args.args)?;
        if let ([array], [(true, _)]) = (arrays.as_slice(), self.directions.as_slice())
            && let Some(numbers) = array.as_primitive_opt::<Int64Type>().filter(|numbers| numbers.null_count() == 0)
        {
            return Ok(ColumnarValue::Array(Arc::new(big_endian(numbers))));
        }
        let fields = arrays.iter().zip(&self.directions).map(|(array, (ascending, nulls_first))| {
            let options = arrow::compute::SortOptions { descending: !ascending, nulls_first: *nulls_first };
            SortField::new_with_options(array.data_type().clone(), options)
        });
        let converter = RowConverter::new(fields.collect())?;
        let rows = converter.convert_columns(&arrays)?;
        Ok(ColumnarValue::Array(Arc::new(rows.try_into_binary()?)))
    }
}

/// Bytes that compare as the numbers do: the usual case, rows in the order of their table.
fn big_endian(numbers: &Int64Array) -> BinaryArray {
    let bytes: Vec<u8> = numbers.values().iter().flat_map(|n| (n ^ i64::MIN).to_be_bytes()).collect();
    let offsets = OffsetBuffer::from_repeated_length(size_of::<i64>(), numbers.len());
    BinaryArray::new(offsets, bytes.into(), None)
}

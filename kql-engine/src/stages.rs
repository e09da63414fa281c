//! Converts the rows of a subquery to its result.

use crate::error::{Error, run_error};
use crate::plan::{Compiler, Relation, Stage, StageKind, StageResult};
use crate::value::Value;
use arrow::array::{ArrayRef, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, FieldRef, Schema};
use datafusion::common::ScalarValue;
use std::sync::Arc;

/// The result of a stage whose relation has these rows.
pub(crate) fn result(stage: &Stage, batches: Vec<RecordBatch>, compiler: &dyn Compiler) -> Result<StageResult, Error> {
    Ok(match &stage.kind {
        StageKind::Scalar => StageResult::Value(first_value(&batches)?),
        StageKind::List => StageResult::Value(list(&stage.relation, &batches)?),
        StageKind::Table(function) => {
            let rows = match function {
                Some(function) => function.run(&batches, compiler).map_err(|e| Error::Function(Box::new(e)))?,
                None => batches,
            };
            StageResult::Rows(Arc::new(numbered(rows).map_err(run_error)?))
        }
    })
}

/// The first value of the first column.
fn first_value(batches: &[RecordBatch]) -> Result<Value, Error> {
    let Some(batch) = batches.iter().find(|b| b.num_rows() > 0) else { return Ok(Value::Null) };
    let Some(column) = batch.columns().first() else { return Ok(Value::Null) };
    let scalar = ScalarValue::try_from_array(column, 0).map_err(run_error)?;
    Ok(Value::from_scalar(&scalar).unwrap_or(Value::Null))
}

/// The rows with a last column that numbers them.
fn numbered(batches: Vec<RecordBatch>) -> datafusion::common::Result<Vec<RecordBatch>> {
    let mut next = 0;
    let mut result = Vec::with_capacity(batches.len());
    for batch in batches {
        let rows = batch.num_rows() as i64;
        let number: ArrayRef = Arc::new(Int64Array::from_iter_values(next..next + rows));
        next += rows;
        let mut fields: Vec<FieldRef> = batch.schema().fields().iter().cloned().collect();
        fields.push(Arc::new(Field::new("row", DataType::Int64, false)));
        let mut columns = batch.columns().to_vec();
        columns.push(number);
        result.push(RecordBatch::try_new(Arc::new(Schema::new(fields)), columns)?);
    }
    Ok(result)
}

/// All values of the first column as a dynamic array.
fn list(relation: &Relation, batches: &[RecordBatch]) -> Result<Value, Error> {
    let mut text = "[".to_owned();
    let Some(column) = relation.columns.first() else { return Ok(Value::Text("[]".to_owned())) };
    for batch in batches {
        let Some(array) = batch.columns().first() else { continue };
        for row in 0..batch.num_rows() {
            let scalar = ScalarValue::try_from_array(array, row).map_err(run_error)?;
            if text.len() > 1 {
                text.push(',');
            }
            crate::dynamic::write::value(&Value::from_scalar(&scalar).unwrap_or(Value::Null), column.ty, &mut text);
        }
    }
    text.push(']');
    Ok(Value::Text(text))
}

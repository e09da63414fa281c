//! Tables from Arrow batches, for embedding.

use super::SourceTable;
use super::lost::Lost;
use super::normalize::{columns_of, physical_batch};
use super::report::{CastFailures, InputReport};
use crate::error::SourceError;
use crate::types::Column;
use arrow::array::RecordBatch;
use datafusion::datasource::MemTable;
use std::path::PathBuf;
use std::sync::Arc;

/// A table from batches, which all have the same schema. The type of a column is determined by `kql.type` in its field's
/// metadata, or by its Arrow type: timestamps and dates become datetime, durations timespan,
/// lists, structs and maps dynamic.
pub fn from_batches(name: &str, batches: Vec<RecordBatch>) -> Result<SourceTable, SourceError> {
    let bad = |reason: String| SourceError::Batches { table: name.to_owned(), reason };
    let Some(first) = batches.first().map(RecordBatch::schema) else {
        return Err(bad("there is none; an empty batch tells the columns of an empty table".to_owned()));
    };
    let schema = columns_of(first.fields()).map_err(|e| bad(e.to_string()))?;
    let arrow = schema.plain();
    let mut converted = Vec::with_capacity(batches.len());
    // messages about the values call the table by its name
    let (path, mut before, mut misfits) = (PathBuf::from(name), 0, CastFailures::default());
    for batch in &batches {
        if batch.schema().fields() != first.fields() {
            return Err(bad("their columns differ".to_owned()));
        }
        let add = |column: &Column, lost: Lost| misfits.add_lost(&path, column, lost, |row| before + row as u64 + 1);
        converted.push(physical_batch(batch, &arrow, &schema.columns, add).map_err(|e| bad(e.to_string()))?);
        before += batch.num_rows() as u64;
    }
    let report = Arc::new(InputReport::default());
    if !misfits.is_empty() {
        report.file(&path, "row", before, 0, Vec::new());
        report.scanned(&misfits);
    }
    let provider = MemTable::try_new(arrow, vec![converted]).map_err(|e| bad(e.to_string()))?;
    Ok(SourceTable {
        name: name.to_owned(),
        schema,
        provider: Arc::new(provider),
        report,
        files: Vec::new(),
        provisional: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ScalarType;
    use arrow::array::{ArrayRef, Int64Array, StringViewArray, TimestampNanosecondArray};

    #[test]
    fn columns_get_their_types() {
        let columns: Vec<(&str, ArrayRef)> = vec![
            ("t", Arc::new(TimestampNanosecondArray::from(vec![0]))),
            ("s", Arc::new(StringViewArray::from(vec![None::<&str>]))),
            ("n", Arc::new(Int64Array::from(vec![1]))),
        ];
        let batch = RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, a)| (n, a, true)));
        let table = from_batches("T", vec![batch.expect("a batch")]).expect("a table");
        let types: Vec<ScalarType> = table.schema.columns.iter().map(|c| c.ty).collect();
        assert_eq!(types, [ScalarType::Datetime, ScalarType::String, ScalarType::Long]);
        assert_eq!(table.provider.schema(), table.schema.plain());
    }

    #[test]
    fn what_cannot_be_a_table() {
        assert!(matches!(from_batches("T", vec![]), Err(SourceError::Batches { .. })));
        let batch = |name: &str| {
            let column: ArrayRef = Arc::new(Int64Array::from(vec![1]));
            RecordBatch::try_from_iter([(name, column)]).expect("a batch")
        };
        assert!(from_batches("T", vec![batch("a"), batch("b")]).is_err());
    }
}

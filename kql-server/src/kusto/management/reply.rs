//! The answer to a command: a table.

use crate::query_error::QueryError;
use crate::query_run::QueryRequest;
use crate::state::AppState;
use crate::values::{self, Encoding};
use arrow::array::{
    ArrayRef, BooleanArray, Float64Array, Int32Array, Int64Array, RecordBatch, RecordBatchOptions, StringArray,
};
use kql_engine::{Column, Engine, Profile, ScalarType, TableSchema};
use serde_json::Value;
use std::sync::Arc;

/// The name of a command's table in a query over it.
const RESULT: &str = "CommandResult";

/// A table as the answer to a command.
pub struct Reply {
    columns: Vec<Column>,
    rows: Vec<String>,
    /// The values, for a query over them.
    values: Vec<Vec<Value>>,
}

impl Reply {
    /// A table of these rows.
    pub fn of(columns: &[(&str, ScalarType)], values: Vec<Vec<Value>>) -> Reply {
        let columns = columns.iter().map(|(name, ty)| Column::new(*name, *ty)).collect();
        let rows = values.iter().map(|row| serde_json::to_string(row).unwrap_or_default()).collect();
        Reply { columns, rows, values }
    }

    /// The answer in the first version of the protocol.
    pub fn json(&self) -> String {
        let mut out = "{\"Tables\":[{\"TableName\":\"Table_0\",\"Columns\":[".to_owned();
        // commands call the type of truths by another name than queries
        let data_type = |ty| if ty == ScalarType::Bool { "Boolean" } else { values::data_type(ty) };
        let keys: [values::TypeKey<'_>; 2] = [("DataType", data_type), ("ColumnType", values::type_name)];
        values::columns(&self.columns, &keys, "ColumnName", &mut out);
        out.push_str("],\"Rows\":[");
        out.push_str(&self.rows.join(",\n"));
        out.push_str("]}]}");
        out
    }

    /// The result of a query over this table.
    pub async fn piped(self, state: &Arc<AppState>, request: &QueryRequest, query: &str) -> Result<Reply, QueryError> {
        let timeout = state.settings.limits.timeout;
        let mut admission = state.queries.admit(&request.text, &request.label, timeout).await?;
        let text = format!("{RESULT} |{query}");
        let of = |error| QueryError::of(error, &text);
        let base: &Engine = state.catalog.base();
        let batch = self.batch()?;
        let engine =
            base.derive().profile(Profile::Bare).table(RESULT, vec![batch]).map_err(of)?.build().map_err(of)?;
        let answer = engine.query_async(&text, admission.cancel()).await.map_err(of);
        let rows = answer
            .as_ref()
            .map_or(0, |a| a.tables.iter().flat_map(|t| &t.batches).map(RecordBatch::num_rows).sum::<usize>());
        admission.ended(rows as u64, answer.as_ref().err());
        let Some(table) = answer?.tables.into_iter().next() else {
            return Err(QueryError::Request("The query after the command returns no table.".to_owned()));
        };
        let columns = table.schema.columns;
        let mut rows = Vec::new();
        for batch in &table.batches {
            for row in 0..batch.num_rows() {
                let mut out = "[".to_owned();
                for (n, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
                    out.push_str(if n > 0 { "," } else { "" });
                    values::value(array, column.ty, row, Encoding::Kusto, &mut out);
                }
                out.push(']');
                rows.push(out);
            }
        }
        Ok(Reply { columns, rows, values: Vec::new() })
    }

    /// The rows as a batch.
    fn batch(&self) -> Result<RecordBatch, QueryError> {
        let schema = TableSchema { columns: self.columns.clone() }.arrow();
        let arrays = self.columns.iter().enumerate().map(|(n, column)| self.array(n, column.ty)).collect();
        let options = RecordBatchOptions::new().with_row_count(Some(self.values.len()));
        RecordBatch::try_new_with_options(schema, arrays, &options).map_err(|_| QueryError::Defect)
    }

    fn array(&self, place: usize, ty: ScalarType) -> ArrayRef {
        let column = self.values.iter().map(|row| row.get(place).unwrap_or(&Value::Null));
        match ty {
            ScalarType::Bool => Arc::new(column.map(Value::as_bool).collect::<BooleanArray>()),
            ScalarType::Int => {
                Arc::new(column.map(|v| v.as_i64().and_then(|n| i32::try_from(n).ok())).collect::<Int32Array>())
            }
            ScalarType::Long => Arc::new(column.map(Value::as_i64).collect::<Int64Array>()),
            ScalarType::Real => Arc::new(column.map(Value::as_f64).collect::<Float64Array>()),
            ScalarType::Datetime => {
                Arc::new(column.map(|v| kql_parser::time::parse_datetime(v.as_str()?)).collect::<Int64Array>())
            }
            ScalarType::Timespan => {
                Arc::new(column.map(|v| kql_parser::time::parse_timespan(v.as_str()?)).collect::<Int64Array>())
            }
            ScalarType::Dynamic => {
                Arc::new(column.map(|v| (!v.is_null()).then(|| v.to_string())).collect::<StringArray>())
            }
            ScalarType::Guid => Arc::new(column.map(Value::as_str).collect::<StringArray>()),
            _ => Arc::new(column.map(|v| Some(v.as_str().unwrap_or(""))).collect::<StringArray>()),
        }
    }
}

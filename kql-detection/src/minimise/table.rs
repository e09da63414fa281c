//! A table of which few rows were kept.

use arrow::array::{Array, AsArray, RecordBatch};
use kql_engine::TableSchema;
use kql_parser::bracketed_name;

/// A table of which few rows were kept.
#[derive(Clone, Debug)]
pub struct MinimisedTable {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub schema: TableSchema,
    /// The rows that were kept.
    pub batch: RecordBatch,
    /// How many rows it had.
    pub rows_before: usize,
}

impl MinimisedTable {
    /// A query for its rows, without the columns that have no value in any of them.
    pub fn query(&self) -> String {
        let columns = self.schema.columns.iter().zip(self.batch.columns());
        let filled = columns.filter(|(_, array)| {
            let texts = array.as_string_opt::<i32>();
            (0..array.len()).any(|row| array.is_valid(row) && texts.is_none_or(|texts| !texts.value(row).is_empty()))
        });
        let names: Vec<String> = filled.map(|(column, _)| bracketed_name(&column.name)).collect();
        let table = bracketed_name(&self.name);
        if names.is_empty() { table } else { format!("{table} | project {}", names.join(", ")) }
    }
}

//! The first rows of a result, for formats that people read.

use crate::Error;
use kql_engine::{Table, TableStream};

/// The first rows of a result, and the number of all rows.
#[derive(Clone, Debug)]
pub struct Excerpt {
    /// The result, with its first rows only.
    pub table: Table,
    /// The number of rows of the whole result.
    pub rows: usize,
}

impl Excerpt {
    /// Reads a result to its end and keeps the first `limit` rows. Blocks.
    ///
    /// # Errors
    /// [`Error::Query`] if the query fails.
    pub fn read(stream: TableStream, limit: usize) -> Result<Excerpt, Error> {
        let (name, schema, render) = (stream.name.clone(), stream.schema.clone(), stream.render.clone());
        let (mut batches, mut rows) = (Vec::new(), 0);
        for batch in stream.batches() {
            let batch = batch?;
            let kept = batch.num_rows().min(limit.saturating_sub(rows));
            rows += batch.num_rows();
            if kept > 0 {
                batches.push(batch.slice(0, kept));
            }
        }
        Ok(Excerpt { table: Table { name, schema, batches, render }, rows })
    }
}

/// A whole result.
impl From<Table> for Excerpt {
    fn from(table: Table) -> Excerpt {
        let rows = table.batches.iter().map(|b| b.num_rows()).sum();
        Excerpt { table, rows }
    }
}

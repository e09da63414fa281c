//! Describes the data: for each table its files, rows, time range, and how its columns fit the schema.

use crate::bind::StoredFunction;
use crate::deep_stack::on_deep_stack;
use crate::engine::Engine;
use crate::exec;
use crate::sources::{FileSummary, SourceTable};
use crate::strategy::Strategy;
use crate::types::Column;
use arrow::array::AsArray;
use arrow::compute::{max, min};
use arrow::datatypes::Int64Type;
use datafusion::common::DataFusionError;
use futures::StreamExt;

/// A table with data.
#[derive(Clone, Debug, Default)]
pub struct TableDescription {
    /// Its name.
    pub name: String,
    /// The format and content of its files.
    pub other_names: Vec<String>,
    /// What its files were recognised as.
    pub files: Vec<FileSummary>,
    /// Rows that can be read.
    pub rows: u64,
    /// Damaged rows, which are skipped.
    pub refused: u64,
    /// Values that do not fit their columns, and became null.
    pub misfits: u64,
    /// The time column, and the first and last time in it as ticks; `None` if there is no time.
    pub time: Option<(String, i64, i64)>,
    /// Whether a schema declares the table.
    pub declared: bool,
    /// The columns that the schema declares and the data has.
    pub matched: Vec<Column>,
    /// The columns that only the data has.
    pub unmatched: Vec<Column>,
    /// The columns that only the schema has.
    pub missing: Vec<Column>,
    /// Notices about its input: skipped rows, values that did not fit, and the first positions of these.
    pub notices: Vec<String>,
    /// Why it cannot be read.
    pub error: Option<String>,
}

impl Engine {
    /// Reads all data once, and describes it.
    pub fn describe(&self) -> Vec<TableDescription> {
        on_deep_stack(|| self.data_tables().iter().map(|name| self.described(name)).collect())
    }

    /// Reads the data of one table, and describes it. Blocks.
    pub fn describe_table(&self, name: &str) -> TableDescription {
        on_deep_stack(|| self.described(name))
    }

    /// The saved functions, by name.
    pub fn saved_functions(&self) -> Vec<(String, StoredFunction)> {
        let functions = &self.core.database.functions;
        let mut found: Vec<(String, StoredFunction)> = functions.iter().map(|(n, f)| (n.clone(), f.clone())).collect();
        found.sort_by(|(a, _), (b, _)| a.cmp(b));
        found
    }

    fn described(&self, name: &str) -> TableDescription {
        let other_names = self.core.database.other_names(name);
        let mut found = TableDescription { name: name.to_owned(), other_names, ..TableDescription::default() };
        let table = match self.core.database.data(name) {
            Some(Ok(table)) => table,
            Some(Err(error)) => return TableDescription { error: Some(error.to_string()), ..found },
            None => return found,
        };
        let declared = self.core.database.declared(name);
        found.declared = declared.is_some();
        let in_data = |column: &Column| table.files.iter().any(|f| f.columns.contains(&column.name));
        let own = self.core.database.own_columns(&table);
        for column in own.iter().filter_map(|i| table.schema.columns.get(*i)) {
            let known = declared.as_ref().is_some_and(|d| d.column(&column.name).is_some());
            let list = match (known, in_data(column)) {
                (true, true) => &mut found.matched,
                (true, false) => &mut found.missing,
                (false, _) => &mut found.unmatched,
            };
            list.push(column.clone());
        }
        if let Err(error) = self.read_all(&table, &mut found) {
            found.error = Some(crate::error::run_error(error).to_string());
        }
        found.files.clone_from(&table.files);
        found.refused = table.report.refused();
        found.misfits = table.report.misfits();
        found.notices = table.report.notices();
        found
    }

    fn read_all(&self, table: &SourceTable, found: &mut TableDescription) -> Result<(), DataFusionError> {
        let time = crate::export::time_column(&table.schema);
        let state = self.core.local_session(Strategy::InMemory);
        let runtime = self.core.runtime().map_err(|e| DataFusionError::External(Box::new(e)))?;
        let mut range: Option<(i64, i64)> = None;
        runtime.block_on(exec::caught(async {
            let plan = table.provider.scan(&state, None, &[], None).await?;
            let _watched = self.core.progress.watch(&plan);
            let mut stream = datafusion::physical_plan::execute_stream(plan, state.task_ctx())?;
            while let Some(batch) = stream.next().await {
                let batch = batch?;
                found.rows += batch.num_rows() as u64;
                let Some(array) = time.and_then(|i| batch.columns().get(i)) else { continue };
                let Some(values) = array.as_primitive_opt::<Int64Type>() else { continue };
                if let (Some(low), Some(high)) = (min(values), max(values)) {
                    range = Some(range.map_or((low, high), |(l, h)| (l.min(low), h.max(high))));
                }
            }
            Ok::<(), DataFusionError>(())
        }))?;
        let column = time.and_then(|i| table.schema.columns.get(i)).map(|c| c.name.clone());
        found.time = column.zip(range).map(|(column, (from, to))| (column, from, to));
        Ok(())
    }
}

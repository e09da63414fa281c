//! The rows that a test gives, as Arrow batches.

use super::value::{Values, scalar};
use crate::problem::{Problem, Source};
use crate::test_file::{Cells, Given, GivenRow, Part};
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::concat;
use kql_engine::datafusion::common::ScalarValue;
use kql_engine::value::Value;
use kql_engine::{Column, DataPath, Engine, ScalarType, TableSchema};
use std::cell::RefCell;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// A table of a test.
#[derive(Clone, Debug)]
pub(super) struct TestTable {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub batch: RecordBatch,
    /// Its columns.
    pub schema: TableSchema,
    /// For each row, how messages call it.
    pub rows: Vec<RowName>,
}

/// How messages call a row.
#[derive(Clone, Debug)]
pub(super) struct RowName {
    /// `a`, `row 2`, `row 5 of office.ndjson`.
    pub name: String,
}

/// The rows of a file.
pub(super) type FileRows = (TableSchema, RecordBatch);

/// The rows of the files that tests name; each file is read once.
#[derive(Default)]
pub(super) struct Fixtures(RefCell<HashMap<(String, PathBuf), Result<FileRows, String>>>);

impl Fixtures {
    /// The rows of a file as rows of a table.
    pub fn rows(&self, engine: &Engine, table: &str, path: &Path) -> Result<FileRows, String> {
        let key = (table.to_owned(), path.to_owned());
        if let Some(known) = self.0.borrow().get(&key) {
            return known.clone();
        }
        let read = read_file(engine, table, path);
        self.0.borrow_mut().insert(key, read.clone());
        read
    }
}

fn read_file(engine: &Engine, table: &str, path: &Path) -> Result<FileRows, String> {
    let mut builder = Engine::builder().profile(engine.profile()).strict(true);
    if let Some(Ok(schema)) = engine.table_schema(table) {
        builder = builder.schema(table, schema);
    }
    let data = DataPath { name: Some(table.to_owned()), path: path.to_owned() };
    let reader = builder.data(data).build().map_err(|error| error.to_string())?;
    let answer = reader.query(&format!("['{table}']")).map_err(|error| error.to_string())?;
    let table = answer.tables.into_iter().next().ok_or("the file has no rows")?;
    let schema = table.schema.arrow();
    let batch = arrow::compute::concat_batches(&schema, &table.batches).map_err(|error| error.to_string())?;
    Ok((table.schema, batch))
}

/// Makes tables.
pub(super) struct Tables<'t> {
    /// Knows the schemas.
    pub engine: &'t Engine,
    /// Computes cells.
    pub values: &'t Values<'t>,
    /// Reads files.
    pub fixtures: &'t Fixtures,
    /// The test file.
    pub source: &'t Source,
    /// What rows leave out.
    pub defaults: &'t [(crate::problem::Placed<String>, Cells)],
}

impl Tables<'_> {
    /// A table with these rows. `name` is the one that the engine knows.
    pub fn table(&self, name: &str, given: &[&Given]) -> Result<TestTable, Vec<Problem>> {
        let parts: Vec<&Part> = given.iter().flat_map(|given| &given.parts).collect();
        self.of_parts(name, &parts)
    }

    /// A table with one row.
    pub fn of_row(&self, name: &str, row: &GivenRow) -> Result<TestTable, Vec<Problem>> {
        let part = Part::Row(row.clone());
        self.of_parts(name, &[&part])
    }

    fn of_parts(&self, name: &str, parts: &[&Part]) -> Result<TestTable, Vec<Problem>> {
        let mut problems = Vec::new();
        let declared = match self.engine.table_schema(name) {
            Some(Ok(schema)) => Some(schema),
            _ => None,
        };
        let mut columns: Vec<Column> = declared.iter().flat_map(|schema| schema.columns.clone()).collect();
        let mut places: HashMap<String, usize> =
            columns.iter().enumerate().map(|(i, column)| (column.name.clone(), i)).collect();
        let mut files: Vec<FileRows> = Vec::new();
        for part in parts {
            match part {
                Part::File(path) => match self.fixtures.rows(self.engine, name, &path.value) {
                    Ok(rows) => {
                        for column in &rows.0.columns {
                            places.entry(column.name.clone()).or_insert_with(|| {
                                columns.push(column.clone());
                                columns.len() - 1
                            });
                        }
                        files.push(rows);
                    }
                    Err(reason) => problems.push(self.source.problem(path.place, reason, None)),
                },
                Part::Row(row) => {
                    let defaults = self.defaults.iter().filter(|(table, _)| table.value == name);
                    for (column, value) in row.cells.iter().chain(defaults.flat_map(|(_, cells)| cells)) {
                        if places.contains_key(&column.value) {
                            continue;
                        }
                        if declared.is_some() && !is_service_column(&column.value) {
                            let names = columns.iter().map(|c| c.name.as_str());
                            let help = kql_parser::suggest(&column.value, names)
                                .map(|like| format!("did you mean '{like}'?"))
                                .or_else(|| Some(format!("kql schema {name} lists its columns")));
                            let message = format!("the table {name} has no column '{}'", column.value);
                            let problem = self.source.problem(column.place, message, help);
                            if problems.iter().all(|p: &Problem| p.place != problem.place) {
                                problems.push(problem);
                            }
                            continue;
                        }
                        places.insert(column.value.clone(), columns.len());
                        columns.push(Column::new(column.value.clone(), self.values.natural_type(value)));
                    }
                }
            }
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        if columns.is_empty() {
            let defaults = self.defaults.iter().filter(|(table, _)| table.value == name).flat_map(|(_, cells)| cells);
            for (column, value) in defaults {
                places.insert(column.value.clone(), columns.len());
                columns.push(Column::new(column.value.clone(), self.values.natural_type(value)));
            }
        }
        let mut files = files.into_iter();
        let mut pieces: Vec<RecordBatch> = Vec::new();
        let mut rows = Vec::new();
        let schema = TableSchema { columns };
        let mut written: Vec<&GivenRow> = Vec::new();
        let mut number = 0;
        for part in parts {
            match part {
                Part::Row(row) => {
                    number += 1;
                    let name = row.id.clone().unwrap_or_else(|| format!("row {number}"));
                    rows.push(RowName { name });
                    written.push(row);
                }
                Part::File(path) => {
                    self.flush(name, &schema, &places, &mut written, &mut pieces, &mut problems);
                    let Some((own, batch)) = files.next() else { continue };
                    let shown = path.value.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
                    for row in 0..batch.num_rows() {
                        rows.push(RowName { name: format!("row {} of {shown}", row + 1) });
                    }
                    match widened(&schema, &own, &batch) {
                        Ok(piece) => pieces.push(piece),
                        Err(reason) => problems.push(self.source.problem(path.place, reason, None)),
                    }
                }
            }
        }
        self.flush(name, &schema, &places, &mut written, &mut pieces, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let batch = arrow::compute::concat_batches(&schema.arrow(), &pieces)
            .map_err(|error| vec![self.source.whole(format!("the rows of {name} do not fit together: {error}"))])?;
        Ok(TestTable { name: name.to_owned(), batch, schema, rows })
    }

    /// The rows written so far as a batch.
    fn flush(
        &self,
        table: &str,
        schema: &TableSchema,
        places: &HashMap<String, usize>,
        written: &mut Vec<&GivenRow>,
        pieces: &mut Vec<RecordBatch>,
        problems: &mut Vec<Problem>,
    ) {
        let rows = std::mem::take(written);
        let mut cells: Vec<Option<Vec<ScalarValue>>> = vec![None; schema.columns.len()];
        let missing = |at: usize| {
            let ty = schema.columns.get(at).map_or(ScalarType::String, |column| column.ty);
            vec![scalar(&Value::missing(ty), ty); rows.len()]
        };
        let defaults: Vec<_> =
            self.defaults.iter().filter(|(name, _)| name.value == table).flat_map(|(_, cells)| cells).collect();
        for (n, row) in rows.iter().enumerate() {
            let own = |name: &str| row.cells.iter().any(|(column, _)| column.value == name);
            let left_out = defaults.iter().copied().filter(|(column, _)| !own(&column.value));
            for (column, node) in row.cells.iter().chain(left_out) {
                let Some(at) = places.get(&column.value).copied() else { continue };
                let Some(ty) = schema.columns.get(at).map(|column| column.ty) else { continue };
                match self.values.of(node, ty) {
                    Ok(value) => {
                        let cells = cells.get_mut(at).map(|cells| cells.get_or_insert_with(|| missing(at)));
                        if let Some(cell) = cells.and_then(|cells| cells.get_mut(n)) {
                            *cell = scalar(&value, ty);
                        }
                    }
                    Err(reason) => {
                        let message = format!("{table}.{}: {reason}", column.value);
                        let problem = self.source.problem(node.place, message, None);
                        if problems.iter().all(|p| p.place != problem.place) {
                            problems.push(problem);
                        }
                    }
                }
            }
        }
        if rows.is_empty() && !pieces.is_empty() {
            return;
        }
        let arrays: Result<Vec<ArrayRef>, _> = schema
            .columns
            .iter()
            .zip(cells)
            .map(|(column, cells)| match cells {
                Some(cells) => ScalarValue::iter_to_array(cells),
                None => empty(column.ty, rows.len()),
            })
            .collect();
        let options = RecordBatchOptions::new().with_row_count(Some(rows.len()));
        match arrays.map_err(|e| e.to_string()).and_then(|arrays| {
            RecordBatch::try_new_with_options(schema.arrow(), arrays, &options).map_err(|e| e.to_string())
        }) {
            Ok(batch) => pieces.push(batch),
            Err(reason) => problems.push(self.source.whole(format!("the rows of {table} are not a table: {reason}"))),
        }
    }
}

/// A column of values that rows leave out.
fn empty(ty: ScalarType, rows: usize) -> Result<ArrayRef, kql_engine::datafusion::common::DataFusionError> {
    match Value::missing(ty) {
        Value::Null => Ok(new_null_array(&ty.arrow(), rows)),
        value => scalar(&value, ty).to_array_of_size(rows),
    }
}

/// A batch with all columns of the table; a column that the file has in another type has that type's texts.
fn widened(schema: &TableSchema, own: &TableSchema, batch: &RecordBatch) -> Result<RecordBatch, String> {
    let mut arrays: Vec<ArrayRef> = Vec::with_capacity(schema.columns.len());
    for column in &schema.columns {
        let at = own.columns.iter().position(|c| c.name == column.name);
        arrays.push(match at.and_then(|at| Some((own.columns.get(at)?, batch.columns().get(at)?))) {
            Some((found, array)) if found.ty == column.ty => array.clone(),
            Some((found, _)) => {
                let (name, ty, own) = (&column.name, column.ty, found.ty);
                return Err(format!("the column {name} is a {own} in this file, and a {ty} elsewhere"));
            }
            None => empty(column.ty, batch.num_rows()).map_err(|error| error.to_string())?,
        });
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.arrow(), arrays, &options).map_err(|error| error.to_string())
}

/// Columns that the service adds to tables, and schemas do not list.
fn is_service_column(name: &str) -> bool {
    name.starts_with('_') || matches!(name, "Type" | "TenantId" | "SourceSystem" | "MG" | "ManagementGroupName")
}

/// A table with only some of its rows.
pub(super) fn with_rows(table: &TestTable, keep: &[bool]) -> Result<TestTable, String> {
    let filter = arrow::array::BooleanArray::from(keep.to_vec());
    let batch = arrow::compute::filter_record_batch(&table.batch, &filter).map_err(|error| error.to_string())?;
    let rows = table.rows.iter().zip(keep).filter(|(_, keep)| **keep).map(|(row, _)| row.clone()).collect();
    Ok(TestTable { name: table.name.clone(), batch, schema: table.schema.clone(), rows })
}

/// Two tables of the same name as one.
pub(super) fn joined(one: &TestTable, other: &TestTable) -> Result<TestTable, String> {
    let mut columns = one.schema.columns.clone();
    for column in &other.schema.columns {
        if columns.iter().all(|c| c.name != column.name) {
            columns.push(column.clone());
        }
    }
    let schema = TableSchema { columns };
    let (a, b) = (widened(&schema, &one.schema, &one.batch)?, widened(&schema, &other.schema, &other.batch)?);
    let arrays: Result<Vec<ArrayRef>, _> =
        a.columns().iter().zip(b.columns()).map(|(a, b)| concat(&[a.as_ref(), b.as_ref()])).collect();
    let batch = RecordBatch::try_new(schema.arrow(), arrays.map_err(|e| e.to_string())?).map_err(|e| e.to_string())?;
    let rows = one.rows.iter().chain(&other.rows).cloned().collect();
    Ok(TestTable { name: one.name.clone(), batch, schema, rows })
}

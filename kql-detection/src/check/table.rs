//! The rows that a test gives, as Arrow batches.

use super::fixtures::{FileRows, Fixtures};
use super::target::target;
use super::value::{Values, scalar};
use crate::problem::{Placed, Problem};
use crate::test_file::{Given, GivenRow, Part, TestFile};
use crate::yaml::Node;
use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions, new_null_array};
use arrow::compute::concat;
use kql_engine::datafusion::common::ScalarValue;
use kql_engine::value::Value;
use kql_engine::{Column, Engine, ScalarType, TableSchema};
use std::collections::HashMap;
use std::path::Path;

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

/// Makes tables.
pub(super) struct Tables<'t> {
    /// Knows the schemas.
    pub engine: &'t Engine,
    /// Computes cells.
    pub values: &'t Values<'t>,
    /// Reads files.
    pub fixtures: &'t Fixtures,
    /// The test file.
    pub file: &'t TestFile,
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
                    Err(found) => {
                        let problem = |(reason, help)| self.file.source.problem(path.place, reason, help);
                        problems.extend(found.into_iter().map(problem));
                    }
                },
                Part::Row(row) => {
                    for (column, value) in row.cells.iter().chain(self.defaults(name)) {
                        // null says nothing about the type
                        if places.contains_key(&column.value) || (declared.is_none() && value.is_null()) {
                            continue;
                        }
                        if declared.is_some() && !is_service_column(&column.value) {
                            let (message, help) = no_column(name, &column.value, &columns);
                            let problem = self.file.source.problem(column.place, message, help);
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
        if declared.is_none() {
            let own = parts.iter().filter_map(|part| match part {
                Part::Row(row) => Some(row),
                Part::File(_) => None,
            });
            for column in self.columns_elsewhere(name, own) {
                places.entry(column.name.clone()).or_insert_with(|| {
                    columns.push(column);
                    columns.len() - 1
                });
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
                        Err(reason) => problems.push(self.file.source.problem(path.place, reason, None)),
                    }
                }
            }
        }
        self.flush(name, &schema, &places, &mut written, &mut pieces, &mut problems);
        if !problems.is_empty() {
            return Err(problems);
        }
        let batch = arrow::compute::concat_batches(&schema.arrow(), &pieces).map_err(|error| {
            vec![self.file.source.whole(format!("the rows of {name} do not fit together: {error}"))]
        })?;
        Ok(TestTable { name: name.to_owned(), batch, schema, rows })
    }

    /// The values that rows of a table leave out.
    fn defaults(&self, table: &str) -> impl Iterator<Item = &(Placed<String>, Node)> {
        let all = self.file.settings.defaults.iter();
        all.filter(move |(name, _)| name.value == table).flat_map(|(_, cells)| cells)
    }

    /// The columns that a table without a schema has in any test of the file, then those that are null in all of them.
    fn columns_elsewhere<'r>(&self, table: &str, own: impl Iterator<Item = &'r GivenRow>) -> Vec<Column> {
        let mut columns: Vec<Column> = Vec::new();
        let mut add = |column: Column| {
            if columns.iter().all(|known| known.name != column.name) {
                columns.push(column);
            }
        };
        let (mut cells, mut files): (Vec<&(Placed<String>, Node)>, Vec<&Path>) = (Vec::new(), Vec::new());
        cells.extend(self.defaults(table));
        let given = self.file.settings.tables.iter().chain(self.file.cases.iter().flat_map(|case| &case.given));
        for part in given.filter(|given| target(self.engine, given).table() == table).flat_map(|given| &given.parts) {
            match part {
                Part::Row(row) => cells.extend(&row.cells),
                Part::File(path) => files.push(&path.value),
            }
        }
        let each = self.file.cases.iter().filter_map(|case| case.each.as_ref());
        for each in each.filter(|each| each.table.value == table) {
            cells.extend(each.hit.iter().chain(&each.miss).flat_map(|row| &row.cells));
        }
        let own: Vec<&(Placed<String>, Node)> = own.flat_map(|row| &row.cells).collect();
        for (column, value) in cells.iter().filter(|(_, value)| !value.is_null()) {
            add(Column::new(column.value.clone(), self.values.natural_type(value)));
        }
        for (schema, _) in files.iter().filter_map(|path| self.fixtures.rows(self.engine, table, path).ok()) {
            schema.columns.into_iter().for_each(&mut add);
        }
        for (column, _) in cells.into_iter().chain(own) {
            add(Column::new(column.value.clone(), ScalarType::String));
        }
        columns
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
        let defaults: Vec<_> = self.defaults(table).collect();
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
                        let problem = self.file.source.problem(node.place, message, None);
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
            Err(reason) => {
                problems.push(self.file.source.whole(format!("the rows of {table} are not a table: {reason}")))
            }
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

/// What is wrong with a column that the schema of its table does not have, and what to do about it.
pub(super) fn no_column(table: &str, column: &str, columns: &[Column]) -> (String, Option<String>) {
    let help = match kql_parser::suggest(column, columns.iter().map(|c| c.name.as_str())) {
        Some(like) => format!("did you mean '{like}'?"),
        None => format!("kql schema {table} lists its columns"),
    };
    (format!("the table {table} has no column '{column}'"), Some(help))
}

/// Columns that the service adds to tables, and schemas do not list.
pub(super) fn is_service_column(name: &str) -> bool {
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

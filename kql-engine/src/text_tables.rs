//! Files of KQL text as tables: a query without tables (`datatable`, `print`, `range`), or rows after `.ingest inline`.
//!
//! People keep small data in such files, beside the query that uses it. Only a file that is named explicitly is
//! read as data: in a folder, `.kql` files are queries.

use crate::answer::Table;
use crate::error::{Error, SourceError};
use crate::external;
use crate::sources::{ColumnAlias, DataPath, FileSummary};
use crate::types::{Column, ScalarType, TableSchema};
use arrow::array::RecordBatch;
use kql_parser::bracketed_name;
use std::fmt::Write;
use std::path::Path;

/// The name of the format in `kql data`.
const NAME: &str = "KQL text";

/// The schema of a known table, and its two columns with the same times.
pub(crate) type Declared<'a> = dyn Fn(&str) -> Option<(TableSchema, Option<ColumnAlias>)> + 'a;

/// The name of the given rows in generated queries.
pub(crate) const ROWS: &str = "rows";

/// Runs a query without tables, or over the given rows as the table [`ROWS`].
pub(crate) type Run<'a> = dyn Fn(&str, Option<Vec<RecordBatch>>) -> Result<Vec<Table>, Error> + 'a;

/// A table, and notices about it.
pub(crate) struct TextTable {
    pub name: String,
    pub batches: Vec<RecordBatch>,
    pub summary: FileSummary,
    pub notices: Vec<String>,
}

/// Whether the path names a file of KQL text.
pub(crate) fn is_text(path: &Path) -> bool {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or_default();
    (extension.eq_ignore_ascii_case("kql") || extension.eq_ignore_ascii_case("csl")) && path.is_file()
}

/// Reads a file's tables. Known tables get the columns and types of their schemas; for tables that the user declares,
/// `ordered` returns the columns in the order of the rows.
pub(crate) fn read(
    data: &DataPath,
    declared: &Declared,
    ordered: &dyn Fn(&str) -> Option<TableSchema>,
    run: &Run,
) -> Result<Vec<TextTable>, SourceError> {
    let path = &data.path;
    let bytes = std::fs::read(path).map_err(|e| SourceError::unreadable(path, e))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| SourceError::unreadable(path, "the text is not UTF-8; save it as UTF-8 and try again"))?;
    let text = text.trim_start_matches('\u{feff}');
    let reader = Reader { path, declared, ordered, run };
    let first = text.lines().find(|line| !line.trim().is_empty() && !line.trim_start().starts_with("//"));
    let Some(first) = first else { return Err(reader.not_that("it has no query")) };
    if first.starts_with('.') {
        return reader.commands(text, data.name.as_deref());
    }
    let stem = path.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let table = reader.query(text)?;
    Ok(vec![reader.table(data.name.clone().unwrap_or(stem), table, Vec::new())?])
}

struct Reader<'a> {
    path: &'a Path,
    declared: &'a Declared<'a>,
    ordered: &'a dyn Fn(&str) -> Option<TableSchema>,
    run: &'a Run<'a>,
}

impl Reader<'_> {
    fn not_that(&self, reason: impl Into<String>) -> SourceError {
        SourceError::NotThat { path: self.path.to_owned(), format: "KQL data", reason: reason.into() }
    }

    /// The only result of a query without tables.
    fn query(&self, text: &str) -> Result<Table, SourceError> {
        let tables = (self.run)(text, None).map_err(|error| match error {
            Error::Query(found) => {
                let first = found.iter().find(|d| d.is_error());
                let line = first.and_then(|d| text.get(..d.span.start as usize)).map_or(0, |b| b.matches('\n').count());
                let message = first.map_or_else(String::new, |d| format!("{} {}", d.code, d.message));
                self.not_that(format!(
                    "line {}: {message} (a .kql data file must hold one query that reads no tables)",
                    line + 1
                ))
            }
            error => self.not_that(error.to_string()),
        })?;
        let count = tables.len();
        match <[Table; 1]>::try_from(tables) {
            Ok([table]) => Ok(table),
            Err(_) => Err(self.not_that(format!("it has {count} results, but a table needs exactly one"))),
        }
    }

    /// Rows as a table, with the columns of its schema if there is one.
    fn table(&self, name: String, rows: Table, notices: Vec<String>) -> Result<TextTable, SourceError> {
        let summary = FileSummary {
            path: self.path.to_owned(),
            format: NAME,
            rows: rows.batches.iter().map(|b| b.num_rows() as u64).sum(),
            columns: rows.schema.columns.iter().map(|c| c.name.clone()).collect(),
            ..FileSummary::default()
        };
        let mut batches = rows.batches;
        if batches.is_empty() {
            batches.push(RecordBatch::new_empty(rows.schema.arrow()));
        }
        let declared = (self.declared)(&name).filter(|(declared, _)| *declared != rows.schema);
        if let Some((declared, twin)) = declared {
            let query = filled(&rows.schema, &declared, twin);
            let filled = (self.run)(&query, Some(batches)).map_err(|e| self.not_that(e.to_string()))?;
            let Some(table) = filled.into_iter().next() else { return Err(self.not_that("it has no rows")) };
            batches = table.batches;
            if batches.is_empty() {
                batches.push(RecordBatch::new_empty(table.schema.arrow()));
            }
        }
        Ok(TextTable { name, batches, summary, notices })
    }

    /// `.create table` and `.ingest inline` commands.
    fn commands(&self, text: &str, name: Option<&str>) -> Result<Vec<TextTable>, SourceError> {
        let mut created: Vec<(String, TableSchema)> = Vec::new();
        let mut tables: Vec<(String, Table, Vec<String>)> = Vec::new();
        for (line, command) in split(text) {
            let wrong = |reason: &str| self.not_that(format!("line {line}: {reason}"));
            let words = || command.split_whitespace();
            match words().next().unwrap_or_default() {
                ".create" | ".create-merge" if words().nth(1) == Some("table") => {
                    let rest = command.split_once("table").map_or("", |(_, rest)| rest);
                    let (table, rest) = table_name(rest).ok_or_else(|| wrong("the command names no table"))?;
                    let end = rest.rfind(')').map_or(rest.len(), |at| at + 1);
                    let columns = rest.get(..end).unwrap_or(rest).trim();
                    let empty = self.query(&format!("datatable{columns}[]"));
                    created.push((table, empty.map_err(|_| wrong("the columns of the table cannot be read"))?.schema));
                }
                ".ingest" if words().nth(1) == Some("inline") => {
                    let (head, rows) = command.split_once("<|").ok_or_else(|| wrong("expected rows after <|"))?;
                    let rest = head.split_once("table").map_or("", |(_, rest)| rest);
                    let (table, options) = table_name(rest).ok_or_else(|| wrong("the command names no table"))?;
                    let schema = created.iter().rev().find(|(n, _)| *n == table).map(|(_, schema)| schema.clone());
                    let schema = schema.or_else(|| (self.ordered)(&table)).ok_or_else(|| {
                        wrong(&format!("the columns of {table} are not known; put a .create table before it"))
                    })?;
                    let (rows, notices) = self.rows(rows, options, &schema)?;
                    match tables.iter_mut().find(|(n, ..)| *n == table) {
                        Some((_, known, more)) if known.schema == rows.schema => {
                            known.batches.extend(rows.batches);
                            more.extend(notices);
                        }
                        Some(_) => return Err(wrong("the table's columns changed in between")),
                        None => tables.push((table, rows, notices)),
                    }
                }
                other => {
                    return Err(wrong(&format!("{other} is not supported; only .create table and .ingest inline are")));
                }
            }
        }
        // a table that is created without rows is empty
        for (table, schema) in created {
            if !tables.iter().any(|(n, ..)| *n == table) {
                let rows = Table { name: table.clone(), schema, batches: Vec::new(), render: None };
                tables.push((table, rows, Vec::new()));
            }
        }
        let several = tables.len() > 1;
        tables
            .into_iter()
            .map(|(table, rows, notices)| {
                let table = name.filter(|_| !several).map_or(table, str::to_owned);
                self.table(table, rows, notices)
            })
            .collect()
    }

    /// The rows of an `.ingest inline` in the format of its options; comma-separated by default.
    fn rows(&self, text: &str, options: &str, schema: &TableSchema) -> Result<(Table, Vec<String>), SourceError> {
        let option = |name: &str| {
            let at = options.to_ascii_lowercase().find(name)?;
            let value = options.get(at + name.len()..)?.trim_start().strip_prefix('=')?.trim_start();
            let end = value.find([',', ')']).unwrap_or(value.len());
            Some(value.get(..end)?.trim().trim_matches(['"', '\'']).to_owned())
        };
        let kind = option("format").unwrap_or_else(|| "csv".to_owned());
        let skip = option("ignorefirstrecord").is_some_and(|v| v.eq_ignore_ascii_case("true"));
        let columns: Vec<(String, ScalarType)> = schema.columns.iter().map(|c| (c.name.clone(), c.ty)).collect();
        let rows = text.trim_start_matches([' ', '\t']).trim_start_matches(['\r', '\n']);
        let (arrays, notices) = external::rows(self.path, rows.as_bytes(), &kind, skip, &columns)?;
        let batch = RecordBatch::try_new(schema.arrow(), arrays).map_err(|e| self.not_that(e.to_string()))?;
        Ok((Table { name: String::new(), schema: schema.clone(), batches: vec![batch], render: None }, notices))
    }
}

/// The commands of a text, each with its first line. Rows do not begin with a command's word.
fn split(text: &str) -> Vec<(usize, &str)> {
    const WORDS: [&str; 9] =
        [".create", ".ingest", ".alter", ".set", ".append", ".drop", ".clear", ".execute", ".export"];
    let mut starts = Vec::new();
    let mut at = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if WORDS.iter().any(|word| line.starts_with(word)) || (starts.is_empty() && line.starts_with('.')) {
            starts.push((number + 1, at));
        }
        at += line.len();
    }
    let end = |i: usize| starts.get(i + 1).map_or(text.len(), |(_, at)| *at);
    starts.iter().enumerate().map(|(i, (line, at))| (*line, text.get(*at..end(i)).unwrap_or_default())).collect()
}

/// The name of a table at the beginning of a text, and the rest of the text.
fn table_name(text: &str) -> Option<(String, &str)> {
    let text = text.trim_start();
    if let Some(inner) = text.strip_prefix("['").or_else(|| text.strip_prefix("[\"")) {
        let end = inner.find(['\'', '"'])?;
        return Some((inner.get(..end)?.to_owned(), inner.get(end + 2..)?));
    }
    let end = text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '-' | '.')).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    (!name.is_empty()).then(|| (name.to_owned(), rest))
}

/// The query that converts rows to the columns of a schema; columns that only the rows have come after them.
fn filled(rows: &TableSchema, declared: &TableSchema, twin: Option<ColumnAlias>) -> String {
    let mut query = format!("{ROWS} | project ");
    for (i, column) in declared.columns.iter().enumerate() {
        let name = bracketed_name(&column.name);
        let separator = if i > 0 { ", " } else { "" };
        let other = twin.and_then(|(a, b)| match column.name.as_str() {
            name if name == a => rows.column(b),
            name if name == b => rows.column(a),
            _ => None,
        });
        let _ = match rows.column(&column.name) {
            Some(own) if own.ty == column.ty => write!(query, "{separator}{name}"),
            None if other.is_some_and(|o| o.ty == column.ty) => {
                write!(query, "{separator}{name} = {}", bracketed_name(other.map_or("", |o| o.name.as_str())))
            }
            Some(_) => write!(query, "{separator}{name} = to{}({name})", converter(column.ty)),
            None if column.ty == ScalarType::String => write!(query, "{separator}{name} = ''"),
            None => write!(query, "{separator}{name} = {}(null)", column.ty),
        };
    }
    let own = |column: &&Column| declared.column(&column.name).is_none();
    for column in rows.columns.iter().filter(own) {
        let _ = write!(query, ", {}", bracketed_name(&column.name));
    }
    query
}

/// The part after `to` in the name of the function that converts to a type.
fn converter(ty: ScalarType) -> &'static str {
    match ty {
        ScalarType::Real => "double",
        other => other.name(),
    }
}

//! Compares rows with what is expected.

use super::value::{Values, is_plain, is_time};
use crate::problem::{Place, Problem, Source};
use crate::test_file::GivenRow;
use crate::yaml::{Kind, Node};
use arrow::array::{Array, ArrayRef};
use kql_engine::{ScalarType, Table, TableSchema, cell};
use regex::Regex;
use serde_json::Value as Json;

/// The cells of a result, as texts.
#[derive(Clone, Debug)]
pub(super) struct ResultRows {
    /// The columns.
    pub schema: TableSchema,
    /// For each row its cells; `None` for null.
    pub rows: Vec<Vec<Option<String>>>,
    /// The places of the columns by which the query orders the rows; empty if it leaves their order open.
    pub order: Vec<usize>,
}

impl ResultRows {
    /// The rows of a table, which these columns order.
    pub fn of(table: &Table, order: Vec<usize>) -> ResultRows {
        let mut rows = Vec::new();
        for batch in &table.batches {
            for row in 0..batch.num_rows() {
                let cells = table.schema.columns.iter().zip(batch.columns());
                rows.push(cells.map(|(column, array)| text(array, column.ty, row)).collect());
            }
        }
        ResultRows { schema: table.schema.clone(), rows, order }
    }

    /// The names of the columns that order the rows.
    pub fn order_names(&self) -> String {
        let names = self.order.iter().filter_map(|at| Some(self.schema.columns.get(*at)?.name.as_str()));
        names.collect::<Vec<_>>().join(", ")
    }

    /// The place of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.schema.columns.iter().position(|column| column.name == name)
    }
}

/// A cell; a missing text is empty.
pub(super) fn text(array: &ArrayRef, ty: ScalarType, row: usize) -> Option<String> {
    if array.is_null(row) {
        return (ty == ScalarType::String).then(String::new);
    }
    let mut out = String::new();
    cell::text(array, ty, row, &mut out);
    Some(out)
}

/// What a cell must be.
#[derive(Clone, Debug)]
pub(super) enum Pattern {
    /// `*any*`
    Any,
    /// `null`: null, or an empty text.
    Null,
    /// `/regex/`
    Regex(Regex),
    /// `~1.5`: a number that is this one after rounding to its digits.
    About(f64, f64),
    /// JSON, compared as such; texts in it may be `*any*`.
    Json(Json),
    /// This JSON.
    Exactly(Json),
    /// This text.
    Text(String),
}

/// A row that is expected.
#[derive(Clone, Debug)]
pub(super) struct ExpectedRow {
    /// The place in the test file.
    pub place: Place,
    /// For each named column its place among the columns, how it is written, and what it must be.
    pub cells: Vec<(usize, String, Pattern)>,
}

impl Pattern {
    fn accepts(&self, cell: Option<&str>, ty: ScalarType) -> bool {
        match self {
            Pattern::Any => true,
            Pattern::Null => cell.is_none() || (ty == ScalarType::String && cell == Some("")),
            Pattern::Regex(regex) => cell.is_some_and(|cell| regex.is_match(cell)),
            Pattern::About(value, most) => {
                cell.and_then(|cell| cell.parse::<f64>().ok()).is_some_and(|x| (x - value).abs() <= *most)
            }
            Pattern::Json(json) => cell.is_some_and(|cell| same(json, &as_json(cell), true)),
            Pattern::Exactly(json) => cell.is_some_and(|cell| same(json, &as_json(cell), false)),
            Pattern::Text(text) => cell == Some(text.as_str()),
        }
    }
}

/// A dynamic that is a text is shown without quotes.
fn as_json(cell: &str) -> Json {
    serde_json::from_str::<Json>(cell).unwrap_or_else(|_| Json::String(cell.to_owned()))
}

/// Whether two JSON values are the same: numbers by their value, and texts may be patterns.
fn same(expected: &Json, found: &Json, patterns: bool) -> bool {
    match (expected, found) {
        (Json::String(text), _) if patterns && text == "*any*" => true,
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b, patterns)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b, patterns)))
        }
        (a, b) => a == b,
    }
}

impl ExpectedRow {
    /// Whether a row is the one that is expected.
    pub fn accepts(&self, result: &ResultRows, row: &[Option<String>]) -> bool {
        self.cells.iter().all(|(at, _, pattern)| {
            let ty = result.schema.columns.get(*at).map_or(ScalarType::String, |column| column.ty);
            row.get(*at).is_some_and(|cell| pattern.accepts(cell.as_deref(), ty))
        })
    }

    /// How many of its cells a row has.
    pub fn common(&self, result: &ResultRows, row: &[Option<String>]) -> usize {
        let ty = |at: usize| result.schema.columns.get(at).map_or(ScalarType::String, |column| column.ty);
        let has = |(at, _, pattern): &&(usize, String, Pattern)| {
            row.get(*at).is_some_and(|cell| pattern.accepts(cell.as_deref(), ty(*at)))
        };
        self.cells.iter().filter(has).count()
    }
}

/// The rows that are expected, for the columns of a result.
pub(super) fn expected_rows(
    source: &Source,
    values: &Values,
    result: &ResultRows,
    rows: &[GivenRow],
) -> Result<Vec<ExpectedRow>, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut expected = Vec::new();
    for row in rows {
        let mut cells = Vec::new();
        for (column, node) in &row.cells {
            let Some(at) = result.column(&column.value) else {
                let names = result.schema.columns.iter().map(|c| c.name.as_str());
                let help = kql_parser::suggest(&column.value, names.clone())
                    .map(|like| format!("did you mean '{like}'?"))
                    .or_else(|| Some(format!("the columns are {}", names.collect::<Vec<_>>().join(", "))));
                let message = format!("the result has no column '{}'", column.value);
                problems.push(source.problem(column.place, message, help));
                continue;
            };
            let ty = result.schema.columns.get(at).map_or(ScalarType::String, |column| column.ty);
            match pattern(values, node, ty) {
                Ok((written, pattern)) => cells.push((at, written, pattern)),
                Err(reason) => {
                    problems.push(source.problem(node.place, format!("{}: {reason}", column.value), None));
                }
            }
        }
        expected.push(ExpectedRow { place: row.place, cells });
    }
    if problems.is_empty() { Ok(expected) } else { Err(problems) }
}

/// What a cell must be, and how messages show it.
pub(super) fn pattern(values: &Values, node: &Node, ty: ScalarType) -> Result<(String, Pattern), String> {
    if node.is_null() {
        return Ok(("null".to_owned(), Pattern::Null));
    }
    if let Some([(key, value)]) = node.map()
        && key.text() == Some(EXACTLY)
    {
        return exactly(values, value, ty);
    }
    if let Kind::Scalar { text, .. } = &node.kind {
        if text == "*any*" {
            return Ok((text.clone(), Pattern::Any));
        }
        if let Some(inner) = text.strip_prefix('/')
            && let Some((pattern, flags)) = inner.rsplit_once('/')
            && matches!(flags, "" | "i")
            && !pattern.is_empty()
        {
            let ignore = if flags == "i" { "(?i)" } else { "" };
            let regex = Regex::new(&format!("{ignore}{pattern}"))
                .map_err(|error| format!("'{text}' is not a regular expression: {}", last_line(&error.to_string())))?;
            return Ok((text.clone(), Pattern::Regex(regex)));
        }
        if let Some(number) = text.strip_prefix('~')
            && (ty.is_number() || ty == ScalarType::Dynamic)
            && let Ok(value) = number.trim().parse::<f64>()
        {
            let digits = number.split_once('.').map_or(0, |(_, digits)| digits.len());
            let most = 0.5 * 10f64.powi(-i32::try_from(digits).unwrap_or(15)) * (1.0 + 1e-9);
            return Ok((text.clone(), Pattern::About(value, most)));
        }
        if ty == ScalarType::Dynamic && is_plain(node) && is_time(text) {
            let value = values.of(node, ScalarType::Datetime)?;
            return Ok((text.clone(), Pattern::Text(super::value::shown(&value, ScalarType::Datetime))));
        }
    }
    if ty == ScalarType::Dynamic {
        let json = values.json(node);
        return Ok((json.to_string(), Pattern::Json(json)));
    }
    if ty == ScalarType::String && node.text().is_none() {
        let json = values.json(node);
        return Ok((json.to_string(), Pattern::Json(json)));
    }
    let value = values.of(node, ty)?;
    let shown = super::value::shown(&value, ty);
    Ok((shown.clone(), Pattern::Text(shown)))
}

/// The key of a value that is no pattern, however it is written.
const EXACTLY: &str = "$is";

fn exactly(values: &Values, node: &Node, ty: ScalarType) -> Result<(String, Pattern), String> {
    match node.text() {
        _ if node.is_null() => Ok(("null".to_owned(), Pattern::Null)),
        Some(text) if ty == ScalarType::String => Ok((text.to_owned(), Pattern::Text(text.to_owned()))),
        Some(_) if ty != ScalarType::Dynamic => {
            let shown = super::value::shown(&values.of(node, ty)?, ty);
            Ok((shown.clone(), Pattern::Text(shown)))
        }
        None if !matches!(ty, ScalarType::Dynamic | ScalarType::String) => {
            Err(format!("expected a {ty}, not {}", node.noun()))
        }
        _ => {
            let json = values.json(node);
            Ok((json.to_string(), Pattern::Exactly(json)))
        }
    }
}

fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ")
}

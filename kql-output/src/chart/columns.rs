//! A result's columns as a chart needs them: times, numbers or texts. Arrays, as `make-series` returns them, become rows.

use super::scale;
use crate::Excerpt;
use crate::error::NotDrawn;
use arrow::array::{Array, AsArray};
use arrow::datatypes::{Decimal256Type, Float64Type, Int32Type, Int64Type};
use kql_engine::{ScalarType, cell, decimal};
use kql_parser::time::{parse_datetime, parse_timespan};
use serde_json::Value;

/// A column's values.
#[derive(Debug)]
pub enum Values {
    /// Ticks.
    Time(Vec<Option<i64>>),
    /// Numbers; timespans are their ticks.
    Number(Vec<Option<f64>>),
    /// Any other type; empty for null.
    Text(Vec<String>),
}

/// A column.
#[derive(Debug)]
pub struct DataColumn {
    pub name: String,
    pub values: Values,
    /// Whether its numbers are ticks.
    pub timespan: bool,
}

/// What happens to arrays.
#[derive(Clone, Copy, PartialEq)]
pub enum Arrays {
    /// Those of equal length are spread over separate rows.
    Spread,
    /// They are texts.
    Kept,
}

/// The rows of a result.
#[derive(Debug)]
pub struct Data {
    pub columns: Vec<DataColumn>,
    pub rows: usize,
    /// The number of rows above the limit.
    pub cut: usize,
}

impl Data {
    /// At most `limit` rows of a result.
    pub fn of(result: &Excerpt, limit: usize, arrays: Arrays) -> Data {
        let Excerpt { table, rows: total } = result;
        let columns = &table.schema.columns;
        let kept: usize = table.batches.iter().map(|b| b.num_rows()).sum();
        let rows = kept.min(limit);
        let mut data = Data { columns: Vec::with_capacity(columns.len()), rows, cut: total - rows };
        for (i, column) in columns.iter().enumerate() {
            let mut values = match column.ty {
                ScalarType::Datetime => Values::Time(Vec::with_capacity(rows)),
                ty if ty.is_number() || ty == ScalarType::Timespan => Values::Number(Vec::with_capacity(rows)),
                _ => Values::Text(Vec::with_capacity(rows)),
            };
            let mut left = rows;
            for batch in &table.batches {
                let Some(array) = batch.columns().get(i) else { continue };
                let take = left.min(batch.num_rows());
                left -= take;
                for row in 0..take {
                    values.push(array, column.ty, row);
                }
            }
            let timespan = column.ty == ScalarType::Timespan;
            data.columns.push(DataColumn { name: column.name.clone(), values, timespan });
        }
        if arrays == Arrays::Spread {
            let dynamic: Vec<usize> =
                columns.iter().enumerate().filter_map(|(i, c)| (c.ty == ScalarType::Dynamic).then_some(i)).collect();
            data.spread(&dynamic, limit);
        }
        data
    }

    /// Makes a row of each element of the arrays in these columns, as `mv-expand` would; columns without arrays repeat.
    fn spread(&mut self, dynamic: &[usize], limit: usize) {
        let mut spread: Vec<(usize, Vec<Vec<Value>>)> = Vec::new();
        for &i in dynamic {
            let Some(Values::Text(texts)) = self.columns.get(i).map(|c| &c.values) else { continue };
            let parsed: Option<Vec<Vec<Value>>> = texts
                .iter()
                .map(|text| match text.as_str() {
                    "" => Some(Vec::new()),
                    text => serde_json::from_str(text).ok(),
                })
                .collect();
            if let Some(arrays) = parsed
                && arrays.iter().any(|a| !a.is_empty())
            {
                spread.push((i, arrays));
            }
        }
        if spread.is_empty() {
            return;
        }
        let longest = |row: usize| spread.iter().filter_map(|(_, a)| a.get(row)).map(Vec::len).max().unwrap_or(0);
        let lengths: Vec<usize> = (0..self.rows).map(longest).collect();
        let total: usize = lengths.iter().sum();
        // the row of the result and the index of the element
        let places: Vec<(usize, usize)> = lengths
            .iter()
            .enumerate()
            .flat_map(|(row, length)| (0..*length).map(move |element| (row, element)))
            .take(limit)
            .collect();
        self.cut += total - places.len();
        self.rows = places.len();
        for (i, column) in self.columns.iter_mut().enumerate() {
            column.values = match spread.iter().find(|(at, _)| *at == i) {
                Some((_, arrays)) => {
                    let element = |&(row, element): &(usize, usize)| arrays.get(row).and_then(|a| a.get(element));
                    let elements: Vec<Option<&Value>> = places.iter().map(element).collect();
                    let (values, timespan) = typed(&elements);
                    column.timespan = timespan;
                    values
                }
                None => column.values.repeat(&places),
            };
        }
    }

    /// The index of the column with this name.
    pub fn find(&self, name: &str) -> Result<usize, NotDrawn> {
        let found = self.columns.iter().position(|c| c.name == name);
        found.ok_or_else(|| NotDrawn::NoColumn(name.to_owned()))
    }

    pub fn name(&self, column: usize) -> &str {
        self.columns.get(column).map_or("", |c| c.name.as_str())
    }

    pub fn is_number(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|c| matches!(c.values, Values::Number(_)))
    }

    pub fn is_time(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|c| matches!(c.values, Values::Time(_)))
    }

    pub fn is_text(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|c| matches!(c.values, Values::Text(_)))
    }

    pub fn is_timespan(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|c| c.timespan)
    }

    pub fn number(&self, column: usize, row: usize) -> Option<f64> {
        match &self.columns.get(column)?.values {
            Values::Number(values) => values.get(row).copied().flatten().filter(|v| v.is_finite()),
            _ => None,
        }
    }

    pub fn time(&self, column: usize, row: usize) -> Option<i64> {
        match &self.columns.get(column)?.values {
            Values::Time(values) => values.get(row).copied().flatten(),
            _ => None,
        }
    }

    /// The cell as displayed.
    pub fn text(&self, column: usize, row: usize) -> String {
        let Some(found) = self.columns.get(column) else { return String::new() };
        let mut out = String::new();
        match &found.values {
            Values::Time(values) => {
                if let Some(ticks) = values.get(row).copied().flatten() {
                    kql_engine::time::datetime_short(ticks, &mut out);
                }
            }
            Values::Number(values) => {
                if let Some(number) = values.get(row).copied().flatten() {
                    out = if found.timespan { scale::timespan(number) } else { scale::exact(number) };
                }
            }
            Values::Text(values) => out = values.get(row).cloned().unwrap_or_default(),
        }
        out
    }

    /// The names and cells of the first row.
    pub fn first_row(&self) -> Vec<(String, String)> {
        if self.rows == 0 {
            return Vec::new();
        }
        self.columns.iter().enumerate().map(|(i, c)| (c.name.clone(), self.text(i, 0))).collect()
    }

    /// Notes on what is not drawn.
    pub fn notes(&self) -> Vec<String> {
        match self.cut {
            0 => Vec::new(),
            cut => vec![format!("only the first {} rows are drawn; {cut} more are not", self.rows)],
        }
    }
}

impl Values {
    fn push(&mut self, array: &dyn Array, ty: ScalarType, row: usize) {
        let null = array.is_null(row);
        match self {
            Values::Time(values) => values.push((!null).then(|| array.as_primitive::<Int64Type>().value(row))),
            Values::Number(values) => values.push((!null).then(|| match ty {
                ScalarType::Int => f64::from(array.as_primitive::<Int32Type>().value(row)),
                ScalarType::Real => array.as_primitive::<Float64Type>().value(row),
                ScalarType::Decimal => decimal::to_real(array.as_primitive::<Decimal256Type>().value(row)),
                _ => array.as_primitive::<Int64Type>().value(row) as f64,
            })),
            Values::Text(values) => {
                let mut text = String::new();
                cell::text(array, ty, row, &mut text);
                values.push(text);
            }
        }
    }

    fn repeat(&self, places: &[(usize, usize)]) -> Values {
        let rows = places.iter().map(|(row, _)| *row);
        match self {
            Values::Time(v) => Values::Time(rows.map(|row| v.get(row).copied().flatten()).collect()),
            Values::Number(v) => Values::Number(rows.map(|row| v.get(row).copied().flatten()).collect()),
            Values::Text(v) => Values::Text(rows.map(|row| v.get(row).cloned().unwrap_or_default()).collect()),
        }
    }
}

/// Elements of arrays as a column, and whether they are timespans. JSON has neither times nor timespans, so both are
/// recognised by the form of the text.
fn typed(elements: &[Option<&Value>]) -> (Values, bool) {
    let there = || elements.iter().flatten().filter(|v| !v.is_null());
    let all = |test: &dyn Fn(&Value) -> bool| there().next().is_some() && there().all(|v| test(v));
    if all(&|v| v.is_number()) {
        return (Values::Number(elements.iter().map(|v| v.and_then(Value::as_f64)).collect()), false);
    }
    let text = |v: &Value, read: fn(&str) -> Option<i64>| v.as_str().and_then(read);
    if all(&|v| text(v, iso).is_some()) {
        return (Values::Time(elements.iter().map(|v| v.and_then(|v| text(v, iso))).collect()), false);
    }
    if all(&|v| text(v, span).is_some()) {
        let ticks = elements.iter().map(|v| v.and_then(|v| text(v, span)).map(|t| t as f64));
        return (Values::Number(ticks.collect()), true);
    }
    let shown = |v: &Option<&Value>| match v {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    (Values::Text(elements.iter().map(shown).collect()), false)
}

/// A datetime as arrays contain it; looser formats are not accepted.
fn iso(text: &str) -> Option<i64> {
    (text.len() >= 10 && text.as_bytes().get(4) == Some(&b'-')).then(|| parse_datetime(text)).flatten()
}

/// A timespan as arrays contain it.
fn span(text: &str) -> Option<i64> {
    (text.len() >= 8 && text.contains(':')).then(|| parse_timespan(text)).flatten()
}

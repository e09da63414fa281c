//! A row that tells a mutant from the query: a row of a test in which one cell is changed.

use super::case::CaseRun;
use super::value::Values;
use crate::mutants::Mutant;
use crate::problem::{Place, Placed};
use crate::test_file::GivenRow;
use crate::yaml::{Kind, Node};
use kql_parser::Span;
use kql_parser::ast::{Expr, ExprKind, Literal, Visit, visit};
use std::collections::{BTreeSet, HashSet};

/// The most rows that are tried for a mutant.
const MOST: usize = 400;

impl CaseRun<'_> {
    /// A row that the query finds and the mutant does not, or the other way round, as it is written in a test file; and
    /// whether the query finds it. Only rows of `each` in a query that treats them one by one.
    pub(super) fn killer(&self, mutant: &Mutant, text: &str, tried: &mut HashSet<String>) -> Option<(String, bool)> {
        let (table, rows) = self.rows_of_each()?;
        let query = self.query().to_owned();
        let values = candidates(&query, mutant);
        let fits = self.fitting(table, &values);
        let mut made: Vec<GivenRow> = Vec::new();
        for row in rows {
            for (column, value) in fits.iter().map(|(column, value)| (column, value)) {
                if tried.len() >= MOST {
                    break;
                }
                let mut changed = row.clone();
                changed.cells.retain(|(name, _)| name.value != *column);
                changed.cells.push((placed(column), scalar(value)));
                if tried.insert(written(&changed)) {
                    made.push(changed);
                }
            }
        }
        if made.is_empty() {
            return None;
        }
        let engine = self.engine_of(table, made.clone())?;
        let found = |query: &str| -> Option<BTreeSet<i64>> { self.found_together(&engine, table, query) };
        let (own, other) = (found(&query)?, found(self.of_query(text)?.query())?);
        let number = own.symmetric_difference(&other).next()?;
        let row = made.get(usize::try_from(*number).ok()?)?;
        Some((format!("{table}: {}", written(row)), own.contains(number)))
    }
}

impl CaseRun<'_> {
    /// The values that a column of the table can have.
    fn fitting(&self, table: &str, values: &[(String, String)]) -> Vec<(String, String)> {
        let schema = match self.engine.table_schema(table) {
            Some(Ok(schema)) => schema,
            _ => return values.to_vec(),
        };
        let computed = Values::new(&self.engine);
        let fits = |(column, value): &&(String, String)| {
            schema.column(column).is_some_and(|column| computed.of(&scalar(value), column.ty).is_ok())
        };
        values.iter().filter(fits).cloned().collect()
    }
}

/// Columns and values around what a mutant changes: the constants there, and texts like them.
fn candidates(query: &str, mutant: &Mutant) -> Vec<(String, String)> {
    let parse = kql_parser::parse(query);
    let mut finder =
        Near { around: mutant.at, names: BTreeSet::new(), texts: BTreeSet::new(), numbers: BTreeSet::new() };
    visit(&mut finder, &parse.query);
    // an item of a list stands alone: the columns are those of the conditions that use the list
    if finder.names.is_empty() {
        finder.around = Span::new(0, u32::try_from(query.len()).unwrap_or(u32::MAX));
        let texts = std::mem::take(&mut finder.texts);
        visit(&mut finder, &parse.query);
        if !texts.is_empty() {
            finder.texts = texts;
        }
    }
    let item = mutant.at.text(query).trim_matches(['"', '\'', '@']).to_owned();
    let mut values: BTreeSet<String> = BTreeSet::from([String::new(), item]);
    for text in &finder.texts {
        values.insert(text.clone());
        values.insert(text.to_uppercase());
        values.insert(text.to_lowercase());
        values.insert(format!("{text}x"));
        values.insert(format!("x{text}"));
        values.insert(format!("a {text} b"));
    }
    for number in &finder.numbers {
        values.extend([number - 1, *number, number + 1].map(|n| n.to_string()));
    }
    finder.names.iter().flat_map(|name| values.iter().map(move |value| (name.clone(), value.clone()))).collect()
}

struct Near {
    around: Span,
    names: BTreeSet<String>,
    texts: BTreeSet<String>,
    numbers: BTreeSet<i64>,
}

impl Visit for Near {
    fn enter_expr(&mut self, e: &Expr) -> bool {
        let overlaps = e.span.start < self.around.end && self.around.start < e.span.end;
        let inside = self.around.start <= e.span.start && e.span.end <= self.around.end;
        if inside {
            match &e.kind {
                ExprKind::Name(name) => _ = self.names.insert(name.text.clone()),
                ExprKind::Literal(Literal::String(text)) => _ = self.texts.insert(text.clone()),
                ExprKind::Literal(Literal::Long(Some(n))) => _ = self.numbers.insert(*n),
                _ => {}
            }
        }
        overlaps
    }
}

fn placed(text: &str) -> Placed<String> {
    Placed { value: text.to_owned(), place: Place::default() }
}

fn scalar(text: &str) -> Node {
    Node { kind: Kind::Scalar { text: text.to_owned(), plain: false, lines: Vec::new() }, place: Place::default() }
}

/// A row as it is written in a test file.
fn written(row: &GivenRow) -> String {
    let cell = |(column, value): &(Placed<String>, Node)| {
        let text = match value.text() {
            Some(text) => serde_json::Value::String(text.to_owned()).to_string(),
            None => "…".to_owned(),
        };
        format!("{}: {text}", column.value)
    };
    format!("{{{}}}", row.cells.iter().map(cell).collect::<Vec<_>>().join(", "))
}

//! How far rows of a table get in a query, and what keeps them out.

use crate::check::{Loss, has_name, losses, unfollowed};
use arrow::array::AsArray;
use arrow::datatypes::Int64Type;
use futures::executor::block_on;
use kql_engine::{CancellationToken, Engine, Error, Follow, TraceOptions, Traced, cell};
use kql_parser::bracketed_name;
use std::collections::{BTreeMap, BTreeSet};

/// What was found about rows.
#[derive(Clone, Debug)]
pub struct WhyRows {
    /// The table of the rows.
    pub table: String,
    /// How many rows the condition selects.
    pub selected: u64,
    /// The first of them.
    pub rows: Vec<WhyRow>,
}

/// What was found about a row.
#[derive(Clone, Debug)]
pub struct WhyRow {
    /// Its number.
    pub number: i64,
    /// Its cells that are not empty, for people.
    pub cells: String,
    /// Whether the query reads its table.
    pub is_read: bool,
    /// Whether a row of the result is made from it.
    pub in_result: bool,
    /// The steps that left it out, one for each pipeline that it entered and did not leave.
    pub losses: Vec<Loss>,
}

/// Why rows cannot be followed.
#[derive(Debug, thiserror::Error)]
pub enum WhyError {
    /// The query fails.
    #[error("{0}")]
    Query(Error),
    /// The condition fails; with the query that it was part of.
    #[error("{0}")]
    Condition(Error, String),
    /// No table of the query has data.
    #[error("no table of the query has data; give it with --data")]
    NoData,
    /// Several tables of the query have data.
    #[error("the query reads several tables with data ({0}); name one with --table")]
    SeveralTables(String),
    /// The table has no such row.
    #[error("no row of {0} fulfils the condition")]
    NoRow(String),
}

/// Follows the rows of a table that a condition selects, at most `limit` of them, through a query. Without a table, it is the
/// one that the query reads and that has rows for which the condition can be computed. `cancel` stops it with
/// [`Error::Interrupted`]. Blocks.
///
/// # Errors
/// The query or the condition cannot run, or no row is selected.
pub fn why(
    engine: &Engine,
    query: &str,
    table: Option<&str>,
    condition: &str,
    limit: usize,
    cancel: &CancellationToken,
) -> Result<WhyRows, WhyError> {
    let table = match table {
        Some(table) => table.to_owned(),
        None => the_table(engine, query, condition, cancel)?,
    };
    let selection = selecting(&table, condition);
    let wrong = |error| WhyError::Condition(error, selection.clone());
    // a table can be large: only the rows that are followed are kept, the others are counted
    let first = TraceOptions { follow: all_rows(&table), ..TraceOptions::default() };
    let selected = engine.trace(&format!("{selection}\n| take {limit}"), &first, cancel).map_err(wrong)?;
    let numbers: Vec<i64> = selected.trace.sources.last().into_iter().flatten().flatten().copied().collect();
    if numbers.is_empty() {
        return Err(WhyError::NoRow(table));
    }
    let count = if numbers.len() < limit {
        numbers.len() as u64
    } else {
        counted(engine, &selection, cancel).map_err(wrong)?
    };
    let cells = cells(&selected);
    let followed: BTreeSet<i64> = numbers.iter().copied().collect();
    let follow = Some(Follow { table: table.clone(), rows: Some(followed.clone()) });
    let options = TraceOptions { follow, ..TraceOptions::default() };
    let traced = engine.trace(query, &options, cancel).map_err(WhyError::Query)?;
    let is_read = has_name(query, &table) || engine.prepare(query).map_err(WhyError::Query)?.tables().contains(&table);
    let kept: BTreeSet<i64> = traced.trace.sources.iter().flatten().flatten().copied().collect();
    let rows = followed.iter().map(|number| {
        let in_result = kept.contains(number);
        let mut losses = losses(query, &traced.trace, *number);
        if losses.is_empty() && !in_result && is_read {
            losses.extend(unfollowed(query, &traced.trace, &table, *number));
        }
        let cells = numbers.iter().position(|n| n == number).and_then(|at| cells.get(&at).cloned());
        WhyRow { number: *number, cells: cells.unwrap_or_default(), is_read, in_result, losses }
    });
    let rows = rows.collect();
    Ok(WhyRows { table, selected: count, rows })
}

fn selecting(table: &str, condition: &str) -> String {
    format!("{} | where {condition}", bracketed_name(table))
}

fn all_rows(table: &str) -> Option<Follow> {
    Some(Follow { table: table.to_owned(), rows: None })
}

/// The number of rows of a query.
fn counted(engine: &Engine, query: &str, cancel: &CancellationToken) -> Result<u64, Error> {
    let answer = block_on(engine.query_async(&format!("{query}\n| count"), cancel))?;
    let batch = answer.tables.iter().flat_map(|table| &table.batches).find(|batch| batch.num_rows() > 0);
    let count = batch.and_then(|batch| batch.column(0).as_primitive_opt::<Int64Type>().map(|counts| counts.value(0)));
    Ok(count.and_then(|count| u64::try_from(count).ok()).unwrap_or(0))
}

/// The table of the query that the condition is about.
fn the_table(engine: &Engine, query: &str, condition: &str, cancel: &CancellationToken) -> Result<String, WhyError> {
    let with_data = engine.data_tables();
    let read = engine.prepare(query).map_err(WhyError::Query)?.tables();
    let mut candidates: Vec<String> = read.into_iter().filter(|table| with_data.contains(table)).collect();
    if candidates.is_empty() {
        // what a plugin returns can be computed while the query is prepared
        candidates = with_data.iter().filter(|table| has_name(query, table)).cloned().collect();
    }
    if candidates.is_empty() {
        return Err(WhyError::NoData);
    }
    let fits = |table: &&String| {
        !engine.check(&selecting(table, condition)).diagnostics.iter().any(kql_parser::Diagnostic::is_error)
    };
    let fitting: Vec<String> = candidates.iter().filter(fits).cloned().collect();
    match (fitting.as_slice(), candidates.as_slice()) {
        ([one], _) | ([], [one]) => Ok(one.clone()),
        ([], several) => Err(WhyError::SeveralTables(several.join(", "))),
        (several, _) => {
            // of those for which it can be computed, the one that has such a row
            let has_rows = |table: &&String| {
                let one = format!("{} | take 1", selecting(table, condition));
                let counted = block_on(engine.query_async(&one, cancel));
                counted.is_ok_and(|answer| answer.tables.iter().any(|t| t.batches.iter().any(|b| b.num_rows() > 0)))
            };
            let found: Vec<String> = several.iter().filter(has_rows).cloned().collect();
            match found.as_slice() {
                [one] => Ok(one.clone()),
                [] => Err(WhyError::NoRow(several.join(", "))),
                several => Err(WhyError::SeveralTables(several.join(", "))),
            }
        }
    }
}

/// The most characters of a row that are shown.
const WIDEST: usize = 240;

/// The cells of each row of the last table, for people.
fn cells(traced: &Traced) -> BTreeMap<usize, String> {
    let mut shown = BTreeMap::new();
    let Some(table) = traced.answer.tables.last() else { return shown };
    let mut number = 0;
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let mut text = String::new();
            for (column, array) in table.schema.columns.iter().zip(batch.columns()) {
                let mut value = String::new();
                cell::text(array, column.ty, row, &mut value);
                if value.is_empty() {
                    continue;
                }
                if !text.is_empty() {
                    text.push_str(", ");
                }
                text.push_str(&format!("{} = {value}", column.name));
            }
            let cut: String = text.chars().take(WIDEST).collect();
            shown.insert(number, if cut.len() < text.len() { format!("{cut} …") } else { cut });
            number += 1;
        }
    }
    shown
}

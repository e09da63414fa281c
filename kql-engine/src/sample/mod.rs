//! Rows that a query finds, made from its own conditions, and near misses that differ from them in one cell.
//!
//! A row of the result is followed down to the tables: each table that it needs gets one row, whose cells are variables
//! ([`symbols`]). What the query asks of them becomes a list of conditions ([`leaves`]), for which values are proposed
//! ([`propose`]) and tried ([`solve`]). Several attempts take other ways where one of several is enough. Whether the query
//! finds the rows is not known until it has run over them.

mod draft;
mod leaves;
mod propose;
mod solve;
mod symbols;
mod text_of_regex;
mod unsupported;
mod xml;

pub use unsupported::Unsupported;

use crate::bind::{Environment, InventedColumns};
use crate::database::Inspection;
use crate::engine_core::{EngineCore, compile};
use crate::error::Error;
use crate::plan::{ColumnId, Expr, Query};
use crate::prepared::defects_named;
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::{Diagnostic, Span};
use leaves::{Leaf, leaves, valued, variables};
use serde_json::Value as Json;
use solve::{Solution, Solver, type_of};
use std::collections::BTreeMap;
use std::sync::Arc;
use symbols::{Symbols, Variable};

/// The most rows of a sample.
const MOST_ROWS: usize = 5_000;

/// Rows that a query should find.
#[derive(Clone, Debug, Default)]
pub struct Sample {
    /// The rows.
    pub rows: Vec<SampleRow>,
    /// Changes of a cell after each of which the query should not find them.
    pub misses: Vec<NearMiss>,
    /// If the query is a union: the leg that the rows go through, from 0, and how many there are.
    pub leg: Option<(usize, usize)>,
}

/// A row of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleRow {
    /// The table.
    pub table: String,
    /// The cells that have a value.
    pub cells: Vec<SampleCell>,
}

impl SampleRow {
    /// Whether it is a row of a watchlist or of external data, and the table has the name that a test gives these.
    pub fn is_invented(&self) -> bool {
        is_invented(&self.table)
    }
}

/// A cell.
#[derive(Clone, Debug, PartialEq)]
pub struct SampleCell {
    /// Its column.
    pub column: String,
    /// The type of the column.
    pub ty: ScalarType,
    /// The value: a text for times, the JSON itself for dynamics.
    pub value: Json,
}

/// A change of a cell.
#[derive(Clone, Debug)]
pub struct NearMiss {
    /// The row, by its place in [`Sample::rows`].
    pub row: usize,
    /// The cell after the change.
    pub cell: SampleCell,
    /// The condition that is no longer true, by its position in the text.
    pub span: Span,
}

/// Makes rows for the first result of a query. Expects a deep stack, and blocks.
///
/// # Errors
/// Those of binding the query; in the inner result, why there is no sample.
pub(crate) fn sample(core: &Arc<EngineCore>, text: &str, attempt: usize) -> Result<Result<Sample, Unsupported>, Error> {
    defects_named(text, || {
        let snapshot = core.database.snapshot(Inspection::Complete);
        let none = InventedColumns::new();
        let environment = snapshot.at(core.time()).with_invented(&none);
        let (mut bound, _) = compile(text, &environment);
        // a watchlist has the columns that the query names, which are known once it is bound
        let columns = std::mem::take(&mut bound.of_watchlists);
        let environment = snapshot.at(core.time()).with_invented(&columns);
        if columns.values().any(|columns| !columns.is_empty()) {
            let (again, _) = compile(text, &environment);
            if !again.diagnostics.iter().any(Diagnostic::is_error) {
                bound = again;
            }
        }
        if bound.diagnostics.iter().any(Diagnostic::is_error) {
            return Err(Error::Query(bound.diagnostics));
        }
        Ok(made(&bound.query, &environment, attempt)
            .map_err(|why| why.named(text, |name| environment.function(name).is_some())))
    })
}

fn made(query: &Query, environment: &dyn Environment, attempt: usize) -> Result<Sample, Unsupported> {
    let result = query.results.first().ok_or(Unsupported::Empty)?;
    let mut symbols = Symbols::of(query, result, attempt)?;
    let leaves = leaves(&mut symbols)?;
    let solver = Solver { environment, attempt };
    let solution = solver.solve(&symbols, leaves)?;
    let mut rows = Rows { symbols: &symbols, solution: &solution, solver: &solver, built: Vec::new() };
    rows.build()?;
    let firsts = rows.firsts();
    let misses = rows.misses(&firsts);
    Ok(Sample { rows: rows.finished(), misses, leg: symbols.leg })
}

/// The values of a row's cells.
type Cells = BTreeMap<ColumnId, Value>;

/// Rows from values.
struct Rows<'a> {
    symbols: &'a Symbols<'a>,
    solution: &'a Solution,
    solver: &'a Solver<'a>,
    /// For each row of the symbols, its copies.
    built: Vec<Vec<Cells>>,
}

impl Rows<'_> {
    fn build(&mut self) -> Result<(), Unsupported> {
        self.built = vec![vec![Cells::new()]; self.symbols.rows.len()];
        for (id, variable) in &self.symbols.variables {
            if let (Variable::Cell { row, .. }, Some(value)) = (variable, self.solution.values.get(id))
                && let Some([cells]) = self.built.get_mut(*row).map(Vec::as_mut_slice)
            {
                cells.insert(*id, value.clone());
            }
        }
        self.whole();
        // groups inside others come first
        for number in 0..self.symbols.groups.len() {
            self.copies(number)?;
        }
        Ok(())
    }

    /// Gives each cell of watchlists and external data a value: their columns are those that a row has.
    fn whole(&mut self) {
        for (id, variable) in &self.symbols.variables {
            let Variable::Cell { row, .. } = variable else { continue };
            let is_invented = self.symbols.rows.get(*row).is_some_and(|row| is_invented(&row.table));
            if let (true, Some(built)) = (is_invented, self.built.get_mut(*row)) {
                let value = self.solver.usual(self.symbols, *id);
                built.iter_mut().for_each(|cells| {
                    cells.entry(*id).or_insert_with(|| value.clone());
                });
            }
        }
    }

    /// Adds the copies that a group needs.
    fn copies(&mut self, number: usize) -> Result<(), Unsupported> {
        let (symbols, values) = (self.symbols, &self.solution.values);
        let Some(group) = symbols.groups.get(number) else { return Ok(()) };
        let counts: Vec<(i64, Option<&Expr>)> = symbols
            .variables
            .iter()
            .filter_map(|(id, variable)| match (variable, values.get(id)) {
                (Variable::Count { group, distinct }, Some(Value::Long(count))) if *group == number => {
                    Some((*count, distinct.as_ref()))
                }
                _ => None,
            })
            .collect();
        let most = counts.iter().map(|(count, _)| *count).max().unwrap_or(1);
        for (_, distinct) in counts.iter().filter(|(count, _)| *count > 1) {
            distinct.iter().for_each(|e| self.fill(e));
        }
        let originals: Vec<(usize, Vec<Cells>)> =
            group.rows.clone().filter_map(|row| Some((row, self.built.get(row)?.clone()))).collect();
        for copy in 1..most {
            let mut changes = Cells::new();
            for (count, distinct) in &counts {
                if let (Some(e), true) = (distinct, copy < *count) {
                    self.vary(e, copy, &group.keys, &mut changes);
                }
            }
            for (row, cells) in &originals {
                let Some(built) = self.built.get_mut(*row) else { continue };
                built.extend(cells.iter().map(|cells| {
                    let mut cells = cells.clone();
                    for (id, value) in &changes {
                        let is_here =
                            matches!(symbols.variables.get(id), Some(Variable::Cell { row: own, .. }) if own == row);
                        if is_here {
                            cells.insert(*id, value.clone());
                        }
                    }
                    cells
                }));
            }
            if self.built.iter().map(Vec::len).sum::<usize>() > MOST_ROWS {
                return Err(Unsupported::TooLarge);
            }
        }
        Ok(())
    }

    /// Gives the cells of an expression that have none a value, so that others differ from it.
    fn fill(&mut self, e: &Expr) {
        for id in variables(e) {
            if let (None, Some(Variable::Cell { row, .. })) =
                (self.solution.values.get(&id), self.symbols.variables.get(&id))
                && let Some(built) = self.built.get_mut(*row)
            {
                let value = self.solver.usual(self.symbols, id);
                built.iter_mut().for_each(|cells| {
                    cells.entry(id).or_insert_with(|| value.clone());
                });
            }
        }
    }

    /// Changes the cells of an expression, so that a copy has another value of it, the same keys of its group, and all
    /// conditions still hold.
    fn vary(&self, e: &Expr, copy: i64, keys: &[Expr], changes: &mut Cells) {
        for id in variables(e) {
            let ty = type_of(self.symbols, id);
            let conditions = self.conditions_of(id, None);
            let own = self.solution.values.get(&id).cloned().unwrap_or_else(|| self.solver.usual(self.symbols, id));
            let usual = varied(&own, ty, copy);
            let others = self.solver.candidates(self.symbols, id, &conditions);
            let skipped = usize::try_from(copy).unwrap_or(0) % others.len().max(1);
            let others = others.iter().cycle().skip(skipped).take(others.len()).cloned();
            let mut other_values = self.solution.values.clone();
            other_values.remove(&id);
            let key_of = |key: &Expr, value: &Value| {
                self.solver.environment.constant(&valued(key, &Cells::from([(id, value.clone())])))
            };
            let own_keys: Vec<(Expr, Option<Value>)> = keys
                .iter()
                .filter(|key| variables(key).contains(&id))
                .map(|key| valued(key, &other_values))
                .map(|key| (key.clone(), key_of(&key, &own)))
                .collect();
            let fits = |value: &Value| {
                *value != own
                    && own_keys.iter().all(|(key, before)| key_of(key, value) == *before)
                    && conditions.iter().all(|(condition, wanted)| {
                        self.solver.holds(&valued(condition, &Cells::from([(id, value.clone())])), *wanted)
                    })
            };
            if let Some(value) = usual.into_iter().chain(before(&own, ty, copy)).chain(others).find(fits) {
                changes.insert(id, value);
                return;
            }
        }
    }

    /// The conditions of a variable but for one of them, the other variables having their values.
    fn conditions_of(&self, id: ColumnId, except: Option<&Leaf>) -> Vec<(Expr, bool)> {
        let mut others = self.solution.values.clone();
        others.remove(&id);
        let is_own = |leaf: &&Leaf| {
            variables(&leaf.condition).contains(&id) && except.is_none_or(|except| !std::ptr::eq(*leaf, except))
        };
        let own = self.solution.leaves.iter().filter(is_own);
        own.map(|leaf| (valued(&leaf.condition, &others), leaf.wanted)).collect()
    }

    /// Where the first copy of each row is among all rows.
    fn firsts(&self) -> Vec<usize> {
        let mut next = 0;
        self.built
            .iter()
            .map(|copies| {
                let own = next;
                next += copies.len();
                own
            })
            .collect()
    }

    fn cell(&self, id: ColumnId, value: &Value) -> Option<SampleCell> {
        match self.symbols.variables.get(&id)? {
            Variable::Cell { column, ty, .. } if !column.starts_with('\0') => {
                Some(SampleCell { column: column.clone(), ty: *ty, value: draft::json_of(value, *ty) })
            }
            _ => None,
        }
    }

    fn misses(&self, firsts: &[usize]) -> Vec<NearMiss> {
        let mut misses: Vec<NearMiss> = Vec::new();
        for leaf in &self.solution.leaves {
            for id in variables(&leaf.condition) {
                if let Some((cell, value)) = self.changed(leaf, id)
                    && let Some(Variable::Cell { row, .. }) = self.symbols.variables.get(&cell)
                    && let (Some(row), Some(cell)) = (firsts.get(*row), self.cell(cell, &value))
                {
                    misses.push(NearMiss { row: *row, cell, span: leaf.condition.span });
                }
            }
        }
        misses
    }

    /// A cell and a value of it with which a condition is not as wanted: that of the variable, or the one that is computed from
    /// it.
    fn changed(&self, leaf: &Leaf, id: ColumnId) -> Option<(ColumnId, Value)> {
        let mut others = self.solution.values.clone();
        let own = others.remove(&id);
        let alone = valued(&leaf.condition, &others);
        let near = own.map(|value| almost(&value, type_of(self.symbols, id))).unwrap_or_default();
        let kept = self.conditions_of(id, Some(leaf));
        let mut asked = vec![(alone.clone(), !leaf.wanted)];
        asked.extend(kept.iter().cloned());
        let holds = |(condition, wanted): &(Expr, bool), value: &Value| {
            self.solver.holds(&valued(condition, &Cells::from([(id, value.clone())])), *wanted)
        };
        let breaks = |value: &&Value| !holds(&(alone.clone(), leaf.wanted), value);
        let likely = self.solver.candidates(self.symbols, id, &asked);
        // at best, all other conditions still hold
        let only = |value: &&Value| breaks(value) && kept.iter().all(|condition| holds(condition, value));
        let best = near.iter().chain(&likely).find(only).cloned();
        let value = best.or_else(|| {
            let any = self.solver.candidates(self.symbols, id, &[(alone.clone(), !leaf.wanted)]);
            near.iter().chain(&any).find(breaks).cloned()
        })?;
        if !matches!(self.symbols.variables.get(&id)?, Variable::Part { .. }) {
            return Some((id, value));
        }
        let (cell, e) = self.solution.definitions.iter().find(|(_, e)| variables(e).contains(&id))?;
        others.insert(id, value);
        Some((*cell, self.solver.environment.constant(&valued(e, &others))?))
    }

    fn finished(&self) -> Vec<SampleRow> {
        let rows = self.symbols.rows.iter().zip(&self.built);
        rows.flat_map(|(row, copies)| {
            copies.iter().map(|cells| SampleRow {
                table: row.table.clone(),
                cells: cells
                    .iter()
                    .filter(|(id, value)| {
                        is_invented(&row.table) || **value != Value::missing(type_of(self.symbols, **id))
                    })
                    .filter_map(|(id, value)| self.cell(*id, value))
                    .collect(),
            })
        })
        .collect()
    }
}

/// Whether a table is a watchlist, or external data.
fn is_invented(table: &str) -> bool {
    table.contains('(') || table.contains("://")
}

/// Texts that differ from this one by a character.
fn almost(value: &Value, ty: ScalarType) -> Vec<Value> {
    match (value, ty) {
        // a character more makes XML and JSON invalid
        (Value::Text(text), ScalarType::String) if !text.is_empty() && !text.starts_with(['<', '{', '[']) => {
            let mut shorter = text.clone();
            shorter.pop();
            [format!("{text}x"), format!("x{text}"), shorter].map(Value::Text).to_vec()
        }
        _ => Vec::new(),
    }
}

/// Texts that end like this one.
fn before(value: &Value, ty: ScalarType, copy: i64) -> Vec<Value> {
    match (value, ty) {
        (Value::Text(text), ScalarType::String) => {
            vec![Value::Text(format!("{copy}{text}")), Value::Text(format!("{copy}.{text}"))]
        }
        _ => Vec::new(),
    }
}

/// Another value that is like this one.
fn varied(value: &Value, ty: ScalarType, copy: i64) -> Option<Value> {
    Some(match (value, ty) {
        (Value::Long(ticks), ScalarType::Datetime) => Value::Long(ticks + copy * kql_parser::calendar::SECOND),
        (Value::Long(value), _) => Value::Long(value.checked_add(copy)?),
        (Value::Int(value), _) => Value::Int(value.checked_add(i32::try_from(copy).ok()?)?),
        (Value::Real(value), _) => Value::Real(value + copy as f64),
        (Value::Text(text), ScalarType::Guid) => {
            let kept = text.get(..text.len().checked_sub(6)?)?;
            Value::Text(format!("{kept}{copy:06}"))
        }
        (Value::Text(text), ScalarType::String) => {
            if text.parse::<std::net::Ipv4Addr>().is_ok() {
                let (kept, last) = text.rsplit_once('.')?;
                let last = (last.parse::<i64>().ok()? + copy) % 256;
                let third = copy / 200;
                let kept = kept.rsplit_once('.').map(|(start, own)| (start, own.parse::<i64>().unwrap_or(0)))?;
                return Some(Value::Text(format!("{}.{}.{last}", kept.0, (kept.1 + third) % 256)));
            }
            match text.split_once('@') {
                Some((name, domain)) => Value::Text(format!("{name}{copy}@{domain}")),
                None => Value::Text(format!("{text}{copy}")),
            }
        }
        _ => return None,
    })
}

//! The fewest rows of a log with which a rule has the same verdict and reaches the same parts of its query.

mod scrub;
mod table;

pub use table::MinimisedTable;

use crate::check::{depends_on_time, tables_read};
use crate::coverage::{UnitKind, units};
use crate::rule::Rule;
use arrow::array::UInt32Array;
use arrow::compute::{concat_batches, take_record_batch};
use futures::executor::block_on;
use kql_engine::{CancellationToken, Engine, Error, TraceOptions};
use kql_parser::bracketed_name;
use scrub::Scrubber;

/// What [`minimise`] found.
pub struct Minimised {
    /// The tables with the rows that were kept.
    pub tables: Vec<MinimisedTable>,
    /// An engine with these tables.
    pub engine: Engine,
    /// Rows of the result over all data, and over what was kept.
    pub result_rows: (u64, u64),
    /// Whether the rule makes an alert; the same for both.
    pub fires: bool,
    /// How often the query ran.
    pub runs: usize,
    /// What was scrubbed, and what could not be; `None` if nothing was asked for.
    pub scrubbed: Option<Scrubbed>,
}

/// What was replaced.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scrubbed {
    /// How many different values of each kind: `users`, `hosts`, `addresses` ...
    pub replaced: Vec<(&'static str, usize)>,
    /// Kinds that are as they were, since the query finds something else without them.
    pub kept: Vec<&'static str>,
    /// Values that are as they were, since the query names them.
    pub named: Vec<String>,
}

/// Whether values that name people and computers are replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scrub {
    /// All values stay as they are.
    Nothing,
    /// Names, addresses and ids are replaced, the same value by the same one everywhere.
    Identities,
}

/// Why rows cannot be chosen.
#[derive(Debug, thiserror::Error)]
pub enum MinimiseError {
    /// The query cannot run.
    #[error("{0}")]
    Query(Error),
    /// No table of the query has data.
    #[error("no table of the query has data; give it with --data")]
    NoData,
    /// The query depends on the time, which is not fixed; what depends on it.
    #[error("the query depends on the time ({0}); give the time of the log with --now")]
    NeedsTime(String),
}

impl From<Error> for MinimiseError {
    fn from(error: Error) -> Self {
        MinimiseError::Query(error)
    }
}

/// What must stay: whether the rule makes an alert, whether there are rows, and which parts of the query were reached, and how.
#[derive(Debug)]
struct Signature {
    fires: bool,
    has_rows: bool,
    parts: Vec<(UnitKind, u32, u32, bool, bool)>,
}

impl Signature {
    /// Whether fewer rows, with this signature, show the same. They can reach more parts: a group that lost a row can be the first
    /// one that is too small.
    fn is_kept_by(&self, other: &Signature) -> bool {
        let parts = self.parts.iter().zip(&other.parts);
        (self.fires, self.has_rows, self.parts.len()) == (other.fires, other.has_rows, other.parts.len())
            && parts.into_iter().all(|(own, other)| {
                (own.0, own.1, own.2) == (other.0, other.1, other.2) && own.3 <= other.3 && own.4 <= other.4
            })
    }
}

/// Keeps as few rows as there can be, so that no further row can be left out. The rows of all tables are in memory meanwhile.
/// Blocks.
///
/// # Errors
/// [`MinimiseError`]
pub fn minimise(
    engine: &Engine,
    rule: &Rule,
    scrub: Scrub,
    cancel: &CancellationToken,
) -> Result<Minimised, MinimiseError> {
    let query = &rule.query.text;
    if let (false, Some(at)) = (engine.has_fixed_time(), depends_on_time(query)) {
        return Err(MinimiseError::NeedsTime(at.text(query).to_owned()));
    }
    // an error of the query is said before the data is read
    engine.prepare(query)?;
    let mut tables = Vec::new();
    for name in tables_with_data(engine, query) {
        tables.push(read(engine, &name, cancel)?);
    }
    if tables.iter().all(|table: &MinimisedTable| table.batch.num_rows() == 0) {
        return Err(MinimiseError::NoData);
    }
    let mut trials = Trials { engine, rule, cancel, runs: 0 };
    let (wanted, before) = trials.signature(&tables)?;
    let mut kept: Vec<(usize, u32)> = Vec::new();
    for (place, table) in tables.iter().enumerate() {
        kept.extend((0..u32::try_from(table.batch.num_rows()).unwrap_or(u32::MAX)).map(|row| (place, row)));
    }
    trials.reduce(&tables, &mut kept, &wanted)?;
    let mut tables = chosen(&tables, &kept)?;
    let mut scrubbed = None;
    if scrub == Scrub::Identities {
        let (found, new) = trials.scrub(&tables, &wanted)?;
        scrubbed = Some(found);
        tables = new;
    }
    let (_, after) = trials.signature(&tables)?;
    Ok(Minimised {
        engine: trials.engine_with(&tables)?,
        tables,
        result_rows: (before, after),
        fires: wanted.fires,
        runs: trials.runs,
        scrubbed,
    })
}

/// The tables of a query that have data: those of which [`minimise`] keeps rows.
pub fn tables_with_data(engine: &Engine, query: &str) -> Vec<String> {
    let with_data = engine.data_tables();
    tables_read(engine, query).into_iter().filter(|name| with_data.contains(name)).collect()
}

/// All rows of a table.
fn read(engine: &Engine, name: &str, cancel: &CancellationToken) -> Result<MinimisedTable, Error> {
    let answer = block_on(engine.query_async(&bracketed_name(name), cancel))?;
    let Some(table) = answer.tables.into_iter().next() else {
        return Err(Error::Run(format!("The table {name} cannot be read.")));
    };
    let schema = match table.batches.first() {
        Some(batch) => batch.schema(),
        None => arrow::datatypes::Schema::empty().into(),
    };
    let batch = concat_batches(&schema, &table.batches).map_err(|e| Error::Run(e.to_string()))?;
    Ok(MinimisedTable { name: name.to_owned(), schema: table.schema, rows_before: batch.num_rows(), batch })
}

/// The tables with the rows that are kept.
fn chosen(tables: &[MinimisedTable], kept: &[(usize, u32)]) -> Result<Vec<MinimisedTable>, Error> {
    let of = |place: usize, table: &MinimisedTable| {
        let rows: UInt32Array = kept.iter().filter(|(own, _)| *own == place).map(|(_, row)| *row).collect();
        let batch = take_record_batch(&table.batch, &rows).map_err(|e| Error::Run(e.to_string()))?;
        Ok(MinimisedTable { batch, ..table.clone() })
    };
    tables.iter().enumerate().map(|(place, table)| of(place, table)).collect()
}

/// Runs of the query over fewer rows.
struct Trials<'a> {
    engine: &'a Engine,
    rule: &'a Rule,
    cancel: &'a CancellationToken,
    runs: usize,
}

impl Trials<'_> {
    fn engine_with(&self, tables: &[MinimisedTable]) -> Result<Engine, Error> {
        let mut builder = self.engine.derive();
        for table in tables {
            builder =
                builder.schema(&table.name, table.schema.clone()).table(&table.name, vec![table.batch.clone()])?;
        }
        builder.build()
    }

    /// What a run over these tables shows, and how many rows it returns.
    fn signature(&mut self, tables: &[MinimisedTable]) -> Result<(Signature, u64), Error> {
        self.runs += 1;
        let query = &self.rule.query.text;
        let options = TraceOptions { items: true, ..TraceOptions::default() };
        let traced = self.engine_with(tables)?.trace(query, &options, self.cancel)?;
        let last = traced.answer.tables.last();
        let rows = last.map_or(0, |table| table.batches.iter().map(|batch| batch.num_rows() as u64).sum());
        let parts = units(query, &[traced.trace]).into_iter();
        let parts = parts.map(|unit| (unit.kind, unit.at.start, unit.at.end, unit.yes > 0, unit.no > 0));
        Ok((Signature { fires: self.rule.fires(rows), has_rows: rows > 0, parts: parts.collect() }, rows))
    }

    /// Leaves rows out, many at once while that is possible, until none can be left out.
    fn reduce(
        &mut self,
        tables: &[MinimisedTable],
        kept: &mut Vec<(usize, u32)>,
        wanted: &Signature,
    ) -> Result<(), Error> {
        let mut size = kept.len().div_ceil(2).max(1);
        loop {
            let mut start = 0;
            let before = kept.len();
            while start < kept.len() {
                let end = (start + size).min(kept.len());
                let without: Vec<(usize, u32)> = kept
                    .iter()
                    .enumerate()
                    .filter(|(place, _)| *place < start || *place >= end)
                    .map(|(_, row)| *row)
                    .collect();
                match self.signature(&chosen(tables, &without)?) {
                    Ok((found, _)) if wanted.is_kept_by(&found) => *kept = without,
                    Err(error @ Error::Interrupted) => return Err(error),
                    // fewer rows can make a query fail, as toscalar() of nothing does
                    Ok(_) | Err(_) => start = end,
                }
            }
            // a row can be left out once another one is gone
            if size == 1 && kept.len() == before {
                return Ok(());
            }
            size = size.div_ceil(2).max(1);
        }
    }

    /// Replaces identities, kind by kind: a kind without which the query finds something else stays.
    fn scrub(
        &mut self,
        tables: &[MinimisedTable],
        wanted: &Signature,
    ) -> Result<(Scrubbed, Vec<MinimisedTable>), Error> {
        let scrubber = Scrubber::of(tables, &self.rule.query.text);
        let mut kinds = scrubber.kinds();
        let mut found = Scrubbed { named: scrubber.named(), ..Scrubbed::default() };
        loop {
            let new = scrubber.apply(tables, &kinds)?;
            if self.signature(&new).is_ok_and(|(found, _)| wanted.is_kept_by(&found)) {
                found.replaced = kinds.iter().map(|kind| (kind.name(), scrubber.count(*kind))).collect();
                return Ok((found, new));
            }
            // the kind that is to blame is the first one that makes a difference by itself
            let blamed = kinds.iter().position(|kind| {
                scrubber
                    .apply(tables, &[*kind])
                    .ok()
                    .is_none_or(|new| self.signature(&new).is_ok_and(|(found, _)| !wanted.is_kept_by(&found)))
            });
            match blamed.or(kinds.len().checked_sub(1)) {
                Some(place) => found.kept.push(kinds.remove(place).name()),
                None => return Ok((found, tables.to_vec())),
            }
        }
    }
}

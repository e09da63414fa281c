//! An engine whose tables are held, for many queries over the same data.

mod moments;
mod needs;
mod survey;

pub use crate::sources::Moment;

use crate::database::Inspection;
use crate::deep_stack::on_deep_stack;
use crate::engine::Engine;
use crate::engine_core::EngineCore;
use crate::error::{Error, panic_message, run_error};
use crate::exec;
use crate::sources::{ChunkWriter, HeldTable, Room, SourceTable, TextFinder};
use crate::strategy::Strategy;
use crate::types::RECEIVED;
use arrow::array::{AsArray, BooleanArray, RecordBatch};
use arrow::compute::{filter_record_batch, max, min};
use arrow::datatypes::Int64Type;
use datafusion::common::{DataFusionError, Result};
use datafusion::physical_plan::{ExecutionPlan, ExecutionPlanProperties};
use futures::StreamExt;
use kql_parser::{Diagnostic, bracketed_name};
use moments::Tables;
use needs::Needs;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;
use survey::{Survey, survey};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// An engine with its tables held ([`Engine::hold`]).
pub struct Held {
    /// The engine.
    pub engine: Engine,
    /// What each query reads, in their order.
    pub queries: Vec<QueryReads>,
    /// The tables that some query reads and that have data, also those that are not held.
    pub tables: Vec<HeldDescription>,
    /// Bytes of rows that are held in memory.
    pub in_memory: usize,
    /// Bytes of rows that are held in a temporary file.
    pub in_file: u64,
    needs: Vec<Needs>,
    held: Tables,
    /// Tables that are not held.
    unread: BTreeSet<String>,
}

impl Held {
    /// When the rows of a table are that is held; `None` if there is no such table, or if a row has no time.
    pub fn moments_of(&self, table: &str) -> Option<Vec<Moment>> {
        self.held.get(self.engine.core.database.own_name(table))?.moments(&[])
    }

    /// The rows of which one must be among those that a query reads: without any, it has no rows. Queries are numbered as
    /// [`Held::queries`] are. `None` if a query can have rows without them, or if such a row has no time.
    pub fn moments(&self, query: usize) -> Option<Vec<Moment>> {
        let reads = self.queries.get(query)?;
        if reads.with_data.iter().any(|name| self.unread.contains(name)) {
            return None;
        }
        let database = &self.engine.core.database;
        moments::moments(self.needs.get(query)?, &self.held, &|name| database.own_name(name).to_owned())
    }
}

/// What a query reads.
#[derive(Clone, Debug, Default)]
pub struct QueryReads {
    /// All diagnostics, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The names of its tables, with data or without, each once.
    pub tables: Vec<String>,
    /// Those of them that have data.
    pub with_data: Vec<String>,
    /// Whether it can have rows: not if it looks for texts that are nowhere in the data, or if none of the tables that its rows
    /// come from has any row. What it would make of no rows, such as a count, is a row.
    pub can_have_rows: bool,
}

/// A table that queries read, held or not.
#[derive(Clone, Debug, Default)]
pub struct HeldDescription {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: u64,
    /// Its time column, and the first and last time in it as ticks; `None` if there is no time.
    pub time: Option<(String, i64, i64)>,
    /// Why its rows are not known; queries that read it say what is wrong by themselves.
    pub error: Option<String>,
}

impl Engine {
    /// An engine with the same tables, functions and settings, that holds what these queries read of its data. Each table that at
    /// least `fewest` of them read is read once; another one is left to them, since to read it again costs less than to hold it.
    /// Up to `memory` bytes of rows are in memory, in a compact form; the others are in a temporary file. Other queries can run in
    /// it, too. Rows outside of [`crate::EngineBuilder::times`] are not held. Blocks.
    ///
    /// # Errors
    /// [`Error::Interrupted`] after [`crate::Progress::stop`]; [`Error::Run`] if the temporary file cannot be written. A table
    /// that cannot be read is not held.
    pub fn hold(&self, queries: &[&str], memory: usize, fewest: usize) -> std::result::Result<Held, Error> {
        on_deep_stack(|| {
            let held = |inspection| held(&self.core, queries, memory, fewest, inspection);
            match held(Inspection::Sampled)? {
                Some(held) => Ok(held),
                // the samples of a file were misleading
                None => held(Inspection::Complete)?
                    .ok_or_else(|| Error::broken_off("what was read completely differs from its samples")),
            }
        })
    }
}

/// `None` if the samples of a file were misleading.
fn held(
    core: &Arc<EngineCore>,
    queries: &[&str],
    memory: usize,
    fewest: usize,
    inspection: Inspection,
) -> std::result::Result<Option<Held>, Error> {
    let snapshot = core.database.snapshot(inspection);
    let Survey { mut reads, needs, wanted } = survey(core, &snapshot, queries);
    let mut texts: Texts = BTreeMap::new();
    needs.iter().for_each(|needs| needs.texts(&mut texts));
    let finders = finders(texts, &|table| snapshot.own_name(table).to_owned());
    let never = CancellationToken::new();
    let room = Arc::new(Room::new(core.budget(&never).environment(), memory));
    let (mut tables, mut held, mut apart) = (Vec::new(), Vec::new(), BTreeSet::new());
    let mut readers: HashMap<&str, usize> = HashMap::new();
    for reads in &reads {
        let names: BTreeSet<&str> = reads.with_data.iter().map(|name| snapshot.own_name(name)).collect();
        names.into_iter().for_each(|name| *readers.entry(name).or_default() += 1);
    }
    for (name, columns) in wanted {
        let Some(Ok(table)) = snapshot.data(&name) else { continue };
        if readers.get(name.as_str()).is_none_or(|readers| *readers < fewest) {
            tables.push(described(core, &table)?);
            apart.insert(name);
            continue;
        }
        let load = load(core, &table, &columns, &finders, &room);
        match core.runtime()?.block_on(core.unless_stopped(&never, load)) {
            Ok((table, description)) => {
                held.push((name, table));
                tables.push(description);
            }
            Err(error @ Error::Interrupted) => return Err(error),
            Err(_) => tables.push(described(core, &table)?),
        }
    }
    // a file whose rest cannot be read is inspected completely, too: then only its own table is missing
    let is_held = |name: &str| !apart.contains(snapshot.own_name(name));
    if inspection == Inspection::Sampled && !matches!(snapshot.settle(is_held), Ok(true)) {
        return Ok(None);
    }
    let can_have = |name: &str, texts: &[(String, Vec<String>)]| {
        let Some((_, table)) = held.iter().find(|(own, _)| own == snapshot.own_name(name)) else {
            // a table without data has no rows; one that cannot be read can have some
            return snapshot.has_data(name);
        };
        table.rows() > 0 && !texts.iter().any(|(column, texts)| table.has_none(column, texts))
    };
    for (reads, needs) in reads.iter_mut().zip(&needs) {
        reads.can_have_rows = needs.can_be_met(&can_have);
    }
    let mut database = core.database.derived();
    let held: Tables = held.into_iter().map(|(name, table)| (name, Arc::new(table))).collect();
    for (name, table) in &held {
        // what was sampled knows more about its files by now
        let read = match snapshot.data(name) {
            Some(Ok(read)) => SourceTable { provider: table.clone(), provisional: None, ..SourceTable::clone(&read) },
            _ => continue,
        };
        database.replace(name, read);
    }
    let engine = core.derived(database, core.progress.clone(), core.fixed_time(), None, core.limits);
    let engine = Engine { core: Arc::new(engine) };
    let (in_memory, in_file) = (room.in_memory(), room.in_file());
    let unread = tables.iter().map(|table| table.name.clone()).filter(|name| !held.contains_key(name)).collect();
    Ok(Some(Held { engine, queries: reads, tables, in_memory, in_file, needs, held, unread }))
}

/// The rows and the times of a table that is not held. An error is in the description; only that the run was stopped is not.
fn described(core: &Arc<EngineCore>, table: &SourceTable) -> std::result::Result<HeldDescription, Error> {
    let time = table.schema.time().map(|column| column.name.clone());
    let times = time.iter().map(|time| format!(", min({0}), max({0})", bracketed_name(time))).collect::<String>();
    let text = format!("{} | summarize count(){times}", bracketed_name(&table.name));
    let mut description = HeldDescription { name: table.name.clone(), ..HeldDescription::default() };
    match (Engine { core: core.clone() }).query(&text) {
        Ok(answer) => {
            let row = answer.tables.first().and_then(|table| table.batches.first());
            let cell = |at: usize| max(row?.columns().get(at)?.as_primitive_opt::<Int64Type>()?);
            description.rows = cell(0).map_or(0, |rows| u64::try_from(rows).unwrap_or(0));
            description.time = time.zip(cell(1).zip(cell(2))).map(|(time, (first, last))| (time, first, last));
        }
        Err(error @ Error::Interrupted) => return Err(error),
        Err(error) => description.error = Some(error.to_string()),
    }
    Ok(description)
}

/// What finds the texts that queries look for in a column of a table.
type Finders = BTreeMap<(String, String), Arc<TextFinder>>;

/// What queries look for in a column of a table.
type Texts = BTreeMap<(String, String), Vec<String>>;

fn finders(texts: Texts, own_name: &dyn Fn(&str) -> String) -> Finders {
    let mut of_tables: Texts = BTreeMap::new();
    for ((table, column), texts) in texts {
        of_tables.entry((own_name(&table), column)).or_default().extend(texts);
    }
    let finder = |(place, texts): ((String, String), Vec<String>)| {
        Some((place, Arc::new(TextFinder::new(texts.iter().map(String::as_str))?)))
    };
    of_tables.into_iter().filter_map(finder).collect()
}

/// A part of a table: its chunks, in order, the rows in them, and the range of its times.
struct Part {
    chunks: Vec<crate::sources::Chunk>,
    rows: u64,
    range: Option<(i64, i64)>,
}

/// The table with these columns held.
async fn load(
    core: &Arc<EngineCore>,
    table: &SourceTable,
    columns: &BTreeSet<String>,
    finders: &Finders,
    room: &Arc<Room>,
) -> std::result::Result<(HeldTable, HeldDescription), Error> {
    let time = table.schema.time().and_then(|time| table.schema.columns.iter().position(|c| c.name == time.name));
    let is_held = |(at, column): &(usize, &crate::types::Column)| {
        columns.contains(&column.name) || Some(*at) == time || column.name == RECEIVED
    };
    let held: Vec<usize> = table.schema.columns.iter().enumerate().filter(is_held).map(|(at, _)| at).collect();
    let time_place = time.and_then(|time| held.iter().position(|at| *at == time));
    let state = core.local_session(Strategy::InMemory);
    let plan = table.provider.scan(&state, Some(&held), &[], None).await.map_err(run_error)?;
    let _watched = core.progress.watch(&plan);
    let times = core.database.times;
    let of_columns: Vec<_> = held
        .iter()
        .filter_map(|at| table.schema.columns.get(*at))
        .map(|column| finders.get(&(table.name.clone(), column.name.clone())).cloned())
        .collect();
    let mut tasks = JoinSet::new();
    for partition in 0..plan.output_partitioning().partition_count() {
        let (plan, context) = (plan.clone(), state.task_ctx());
        let writer = ChunkWriter::new(&plan.schema(), of_columns.clone(), room.clone());
        tasks.spawn(exec::caught(async move {
            let part = read_part(&plan, partition, context, writer, time_place, times).await?;
            Ok((partition, part))
        }));
    }
    let mut parts: HashMap<usize, Part> = HashMap::new();
    while let Some(done) = tasks.join_next().await {
        let done = done.map_err(|error| match error.try_into_panic() {
            Ok(panic) => Error::broken_off(panic_message(panic.as_ref())),
            Err(_) => Error::Interrupted,
        })?;
        let (partition, part) = done.map_err(run_error)?;
        parts.insert(partition, part);
    }
    let mut parts: Vec<(usize, Part)> = parts.into_iter().collect();
    parts.sort_by_key(|(partition, _)| *partition);
    let rows = parts.iter().map(|(_, part)| part.rows).sum();
    let ranges = parts.iter().filter_map(|(_, part)| part.range);
    let range = ranges.reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
    let chunks = parts.into_iter().flat_map(|(_, part)| part.chunks).collect();
    let name = time.and_then(|at| table.schema.columns.get(at)).map(|column| column.name.clone());
    let description = HeldDescription {
        name: table.name.clone(),
        rows,
        time: name.zip(range).map(|(name, (first, last))| (name, first, last)),
        error: None,
    };
    Ok((HeldTable::new(&table.name, table.provider.clone(), &held, chunks), description))
}

async fn read_part(
    plan: &Arc<dyn ExecutionPlan>,
    partition: usize,
    context: Arc<datafusion::execution::TaskContext>,
    mut writer: ChunkWriter,
    time: Option<usize>,
    times: Option<(i64, i64)>,
) -> Result<Part> {
    let (mut rows, mut range) = (0, None);
    let mut batches = plan.execute(partition, context)?;
    while let Some(batch) = batches.next().await {
        let batch = within(batch?, time, times)?;
        rows += batch.num_rows() as u64;
        let values = time.and_then(|at| batch.columns().get(at)?.as_primitive_opt::<Int64Type>());
        if let Some(values) = values
            && let (Some(low), Some(high)) = (min(values), max(values))
        {
            range = Some(range.map_or((low, high), |(l, h): (i64, i64)| (l.min(low), h.max(high))));
        }
        writer.push(&batch)?;
    }
    Ok(Part { chunks: writer.finish()?, rows, range })
}

/// The rows of a batch whose time is in the range.
fn within(batch: RecordBatch, time: Option<usize>, times: Option<(i64, i64)>) -> Result<RecordBatch> {
    let (Some(time), Some((from, to))) = (time, times) else { return Ok(batch) };
    let Some(values) = batch.columns().get(time).and_then(|array| array.as_primitive_opt::<Int64Type>()) else {
        return Ok(batch);
    };
    let keep: BooleanArray =
        values.iter().map(|time| Some(time.is_some_and(|time| time >= from && time < to))).collect();
    filter_record_batch(&batch, &keep).map_err(DataFusionError::from)
}

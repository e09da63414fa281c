//! A query from its admission to its last row. All protocols use it, and write what it returns in their own form.

use crate::queries::{Admission, Label};
use crate::query_error::QueryError;
use crate::scrub::scrub;
use crate::state::AppState;
use arrow::array::{Array, RecordBatch};
use futures::StreamExt;
use kql_engine::{Column, Engine, Error, Prepared, Render, TableStream};
use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

/// A query, and what its client asks for.
#[derive(Clone, Debug, Default)]
pub struct QueryRequest {
    /// The text.
    pub text: String,
    /// Who sent it.
    pub label: Label,
    /// How long it can run, if that is less than what the server allows.
    pub timeout: Option<Duration>,
    /// Rows of its results; more are an error. Without it, the server's limit.
    pub max_rows: Option<u64>,
    /// Bytes of its results; more are an error. Without it, the server's limit.
    pub max_bytes: Option<u64>,
    /// Whether results can be larger than the server's limits.
    pub untruncated: bool,
    /// Rows of each result; further ones are left out.
    pub take: Option<u64>,
    /// The value of `now()`.
    pub now: Option<String>,
    /// Values of parameters; those that the query does not declare have no effect.
    pub parameters: Vec<(String, String)>,
    /// The times that rows of tables have, from and to.
    pub times: Option<(String, String)>,
}

/// What happens while a query runs, in this order: for each result its columns, its rows, its end; then one of the last two.
#[derive(Debug)]
pub enum Event {
    /// A result begins.
    Table(ResultTable),
    /// Rows of it.
    Rows(RecordBatch),
    /// It has no more rows.
    TableEnd,
    /// The query failed. The rows so far are not the whole result.
    Failed(QueryError),
    /// All results are complete.
    Done(Finished),
}

/// The columns of a result.
#[derive(Clone, Debug)]
pub struct ResultTable {
    /// `PrimaryResult`, then `PrimaryResult_1` and so on.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// What `render` asks for.
    pub render: Option<Render>,
}

impl ResultTable {
    fn of(stream: &TableStream) -> ResultTable {
        let TableStream { name, schema, render, .. } = stream;
        ResultTable { name: name.clone(), columns: schema.columns.clone(), render: render.clone() }
    }
}

/// The end of a query.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// What the user should know about the data.
    pub notices: Vec<String>,
    /// Rows of all results.
    pub rows: u64,
    /// How long it ran.
    pub elapsed: Duration,
    /// Whether rows were left out, since the client asked for fewer.
    pub truncated: bool,
}

/// A query that runs. Dropping it stops it.
pub struct RunningQuery {
    // first, so that streams end before the admission does
    current: Option<TableStream>,
    streams: VecDeque<TableStream>,
    prepared: Prepared,
    pending: VecDeque<Event>,
    tables: Vec<ResultTable>,
    text: String,
    limits: Limits,
    rows: u64,
    bytes: u64,
    /// Rows of the current result.
    taken: u64,
    truncated: bool,
    is_over: bool,
    admission: Admission,
}

/// How large results can be.
struct Limits {
    rows: u64,
    bytes: u64,
    take: u64,
}

/// Starts a query, and waits for its first rows: what is wrong before them is an error.
///
/// # Errors
/// [`QueryError`]
pub async fn start(state: &Arc<AppState>, request: QueryRequest) -> Result<RunningQuery, QueryError> {
    let most = state.settings.limits.timeout;
    let timeout = request.timeout.map_or(most, |asked| asked.min(most));
    let mut admission = state.queries.admit(&request.text, &request.label, timeout).await?;
    let cancel = admission.cancel().clone();
    let opened = tokio::select! {
        opened = open(state, &request, &admission) => opened,
        () = cancel.cancelled() => Err(admission.stopped()),
    };
    let (prepared, streams) = opened.inspect_err(|error| admission.ended(0, Some(error)))?;
    let server = state.settings.limits;
    let unlimited = |asked: Option<u64>, usual: u64| match asked {
        Some(limit) => limit,
        None if request.untruncated => u64::MAX,
        None => usual,
    };
    let mut query = RunningQuery {
        current: None,
        tables: streams.iter().map(ResultTable::of).collect(),
        streams: streams.into(),
        prepared,
        pending: VecDeque::new(),
        limits: Limits {
            rows: unlimited(request.max_rows, server.rows),
            bytes: unlimited(request.max_bytes, server.bytes),
            take: request.take.unwrap_or(u64::MAX),
        },
        text: request.text,
        rows: 0,
        bytes: 0,
        taken: 0,
        truncated: false,
        is_over: false,
        admission,
    };
    let mut begun = VecDeque::new();
    loop {
        match query.advance().await {
            Some(Event::Failed(error)) if query.rows == 0 => return Err(error),
            Some(event @ Event::Table(_)) => begun.push_back(event),
            event => {
                begun.extend(event);
                break;
            }
        }
    }
    // an event can have others behind it
    begun.append(&mut query.pending);
    query.pending = begun;
    Ok(query)
}

/// The results of a query as streams. A query over samples that can be wrong is prepared over whole files: what was sent to a
/// client cannot be taken back.
async fn open(
    state: &Arc<AppState>,
    request: &QueryRequest,
    admission: &Admission,
) -> Result<(Prepared, Vec<TableStream>), QueryError> {
    let text = &request.text;
    let failed = |error: Error| match error {
        Error::Interrupted => admission.stopped(),
        error => QueryError::of(error, text),
    };
    let engine = engine_for(state, request).await?;
    let mut run = engine.start_async(text, admission.cancel()).await.map_err(failed)?;
    if !run.is_provisional() {
        let streams = run.take_streams();
        return Ok((run.prepared().clone(), streams));
    }
    let tables = run.prepared().tables();
    drop(run);
    state.catalog.inspect(tables).await.map_err(failed)?;
    let engine = engine_for(state, request).await?;
    let prepared = engine.prepare_async(text, admission.cancel()).await.map_err(failed)?;
    let streams = prepared.stream_async(admission.cancel()).await.map_err(failed)?;
    Ok((prepared, streams))
}

/// The engine with what the request sets.
///
/// # Errors
/// [`QueryError::Request`] if a value is not valid.
pub async fn engine_for(state: &Arc<AppState>, request: &QueryRequest) -> Result<Engine, QueryError> {
    let engine = state.catalog.engine().await?;
    let declared = if request.parameters.is_empty() { Vec::new() } else { kql_parser::query_parameters(&request.text) };
    let given = request.parameters.iter().filter(|(name, _)| declared.contains(name));
    let given: Vec<&(String, String)> = given.collect();
    if given.is_empty() && request.now.is_none() && request.times.is_none() {
        return Ok(engine);
    }
    let of = |error: Error| QueryError::of(error, &request.text);
    let mut builder = engine.derive();
    for (name, value) in given {
        builder = builder.parameter(name, value);
    }
    if let Some(now) = &request.now {
        builder = builder.now(now).map_err(of)?;
    }
    if let Some((from, to)) = &request.times {
        builder = builder.times(from, to).map_err(of)?;
    }
    builder.build().map_err(of)
}

impl RunningQuery {
    /// The admission: its names, and what stops it.
    pub fn admission(&self) -> &Admission {
        &self.admission
    }

    /// The columns of all results.
    pub fn tables(&self) -> &[ResultTable] {
        &self.tables
    }

    /// Warnings about the query.
    pub fn diagnostics(&self) -> &[kql_parser::Diagnostic] {
        self.prepared.diagnostics()
    }

    /// What happens next; `None` after the end.
    pub async fn next(&mut self) -> Option<Event> {
        match self.pending.pop_front() {
            Some(event) => Some(event),
            None => self.advance().await,
        }
    }

    async fn advance(&mut self) -> Option<Event> {
        if self.is_over {
            return None;
        }
        let Some(stream) = &mut self.current else {
            let Some(stream) = self.streams.pop_front() else { return Some(self.finish()) };
            let table = ResultTable::of(&stream);
            self.taken = 0;
            self.current = Some(stream);
            return Some(Event::Table(table));
        };
        loop {
            let cancel = self.admission.cancel();
            let next = tokio::select! {
                next = stream.next() => next,
                () = cancel.cancelled() => Some(Err(Error::Interrupted)),
            };
            match next {
                None => break,
                Some(Ok(batch)) if batch.num_rows() == 0 => {}
                Some(Ok(batch)) => return Some(self.limited(batch)),
                Some(Err(Error::Interrupted)) => return Some(self.fail(self.admission.stopped())),
                Some(Err(error)) => return Some(self.fail(QueryError::of(error, &self.text))),
            }
        }
        self.current = None;
        Some(Event::TableEnd)
    }

    /// The rows of a batch that the limits let through.
    fn limited(&mut self, batch: RecordBatch) -> Event {
        let count = batch.num_rows() as u64;
        let wanted = self.limits.take.saturating_sub(self.taken);
        let allowed = self.limits.rows.saturating_sub(self.rows);
        let size = size(&batch);
        if count <= wanted && count <= allowed && self.bytes + size <= self.limits.bytes {
            self.rows += count;
            self.taken += count;
            self.bytes += size;
            self.admission.returned(self.rows);
            return Event::Rows(batch);
        }
        if wanted <= allowed && wanted <= count && self.bytes + size <= self.limits.bytes {
            self.rows += wanted;
            self.taken += wanted;
            self.truncated = true;
            self.current = None;
            self.pending.push_back(Event::TableEnd);
            return Event::Rows(batch.slice(0, usize::try_from(wanted).unwrap_or(0)));
        }
        let (kept, limit) = if count > allowed {
            let message = format!(
                "The results of this query exceed the set limit of {} records, so not all records were returned \
                 (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003).",
                self.limits.rows
            );
            (allowed, message)
        } else {
            let message = format!(
                "The results of this query exceed the set limit of {} bytes, so not all records were returned \
                 (E_QUERY_RESULT_SET_TOO_LARGE, 0x80DA0003).",
                self.limits.bytes
            );
            (0, message)
        };
        self.rows += kept;
        let failed = self.fail(QueryError::Limit(limit));
        self.pending.push_back(failed);
        Event::Rows(batch.slice(0, usize::try_from(kept).unwrap_or(0)))
    }

    fn fail(&mut self, error: QueryError) -> Event {
        self.stop();
        self.admission.ended(self.rows, Some(&error));
        Event::Failed(error)
    }

    fn finish(&mut self) -> Event {
        self.stop();
        self.admission.ended(self.rows, None);
        Event::Done(Finished {
            notices: self.prepared.notices().iter().map(|notice| scrub(notice)).collect(),
            rows: self.rows,
            elapsed: self.admission.elapsed(),
            truncated: self.truncated,
        })
    }

    fn stop(&mut self) {
        self.is_over = true;
        self.current = None;
        self.streams.clear();
    }
}

/// The bytes of the rows of a batch.
fn size(batch: &RecordBatch) -> u64 {
    let bytes = batch.columns().iter().map(|array| array.to_data().get_slice_memory_size().unwrap_or(0));
    bytes.map(|bytes| bytes as u64).sum()
}

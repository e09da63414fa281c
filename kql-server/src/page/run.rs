//! Runs a query for the page: a line of JSON for each part of the answer, as it comes.

use super::answer::{Answer, Ask, Failure, blocking};
use super::editing::columns_of;
use super::rows;
use crate::queries::Label;
use crate::query_run::{self, Event, Finished, QueryRequest, ResultTable, RunningQuery};
use crate::state::{AppState, DATABASE};
use arrow::array::RecordBatch;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use kql_engine::{Table, TableSchema};
use kql_output::Excerpt;
use kql_output::chart::{Chart, MAX_POINTS, svg};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;

/// The rows of a result that the page gets.
const MAX_ROWS: u64 = 1_000_000;

/// A query to run.
#[derive(Deserialize)]
pub struct Question {
    text: String,
    /// The page's name for the run, by which it can cancel it.
    #[serde(default)]
    id: Option<String>,
    /// The value of `now()`.
    #[serde(default)]
    now: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, String>,
}

/// A run to cancel.
#[derive(Deserialize)]
pub struct Named {
    id: String,
}

/// The request for a query of the page.
pub fn request(text: String, id: Option<String>, now: Option<String>) -> QueryRequest {
    let label = Label { id, application: "page".to_owned(), user: String::new(), database: DATABASE.to_owned() };
    QueryRequest { text, label, now, untruncated: true, ..QueryRequest::default() }
}

/// Runs a query.
pub async fn run(State(state): State<Arc<AppState>>, Ask(question): Ask<Question>) -> Result<Response<Body>, Failure> {
    let Question { text, id, now, parameters } = question;
    let parameters = parameters.into_iter().collect();
    let asked = QueryRequest { parameters, take: Some(MAX_ROWS), ..request(text.clone(), id, now) };
    let query = query_run::start(&state, asked).await.map_err(|error| Failure::of(&error, &text))?;
    let writer = Writer { query, text, table: None, kept: Vec::new(), kept_rows: 0, rows: 0, drawings: 0 };
    let lines = futures::stream::unfold(writer, async |mut writer| {
        let line = writer.next().await?;
        Some((Ok::<Bytes, Infallible>(line), writer))
    });
    let mut response = Response::new(Body::from_stream(lines));
    response
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson; charset=utf-8"));
    Ok(response)
}

/// Cancels a run.
pub async fn cancel(State(state): State<Arc<AppState>>, Ask(Named { id }): Ask<Named>) -> Answer<Value> {
    Answer(json!({"cancelled": state.queries.cancel(&id)}))
}

/// Writes what happens as lines. Dropping it stops the query.
struct Writer {
    query: RunningQuery,
    text: String,
    table: Option<ResultTable>,
    /// The first rows of a result that is to be drawn.
    kept: Vec<RecordBatch>,
    kept_rows: usize,
    /// All rows of the result.
    rows: usize,
    drawings: usize,
}

impl Writer {
    async fn next(&mut self) -> Option<Bytes> {
        loop {
            let line = match self.query.next().await? {
                Event::Table(table) => self.begin(table),
                Event::Rows(batch) => self.rows(&batch),
                Event::TableEnd => match self.drawing().await {
                    Some(line) => line,
                    None => continue,
                },
                Event::Failed(error) => line(&json!({"error": Failure::of(&error, &self.text).object()})),
                Event::Done(Finished { notices, rows, elapsed, truncated }) => {
                    let elapsed = elapsed.as_secs_f64() * 1000.0;
                    let warnings = self.query.diagnostics().iter().map(|d| format!("{}: {}", d.code, d.message));
                    let notices: Vec<String> = warnings.chain(notices).collect();
                    line(
                        &json!({"end": {"notices": notices, "elapsed_ms": elapsed, "rows": rows, "truncated": truncated}}),
                    )
                }
            };
            return Some(line);
        }
    }

    fn begin(&mut self, table: ResultTable) -> Bytes {
        let render = table.render.as_ref().map(|render| render.kind.clone());
        let begun =
            line(&json!({"table": {"name": table.name, "columns": columns_of(&table.columns), "render": render}}));
        (self.table, self.kept, self.kept_rows, self.rows) = (Some(table), Vec::new(), 0, 0);
        begun
    }

    fn rows(&mut self, batch: &RecordBatch) -> Bytes {
        let Some(table) = &self.table else { return Bytes::new() };
        self.rows += batch.num_rows();
        if Chart::is_wanted(table.render.as_ref()) && self.kept_rows < MAX_POINTS {
            let count = batch.num_rows().min(MAX_POINTS - self.kept_rows);
            self.kept_rows += count;
            self.kept.push(batch.slice(0, count));
        }
        rows::lines(batch, &table.columns).into()
    }

    /// The chart of a result that is complete.
    async fn drawing(&mut self) -> Option<Bytes> {
        let ResultTable { name, columns, render } = self.table.take()?;
        if !Chart::is_wanted(render.as_ref()) {
            return None;
        }
        let table = Table { name, schema: TableSchema { columns }, batches: std::mem::take(&mut self.kept), render };
        let (rows, number) = (self.rows, self.drawings);
        self.drawings += 1;
        let drawn = blocking(move || match Chart::of(&Excerpt { table, rows })? {
            Ok(chart) => Some(json!({"svg": svg::draw(&chart, number), "notes": chart.notes})),
            Err(error) => Some(json!({"error": error.to_string()})),
        });
        Some(line(&json!({"chart": drawn.await.ok()??})))
    }
}

fn line(value: &Value) -> Bytes {
    format!("{value}\n").into()
}

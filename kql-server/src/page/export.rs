//! A result as a file.

use super::answer::{Ask, Failure};
use super::run::request;
use crate::query_error::QueryError;
use crate::query_run::{self, Event, QueryRequest};
use crate::scrub::scrub;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, header};
use bytes::Bytes;
use kql_engine::{Table, TableSchema};
use kql_output::{Format, Options};
use serde::Deserialize;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use tokio::sync::mpsc::{Sender, channel};

/// Bytes of a result that is written: it is in memory then.
const MAX_BYTES: u64 = 512 << 20;
/// Bytes that are sent at once.
const PART: usize = 64 << 10;
/// Parts that wait for the client.
const QUEUE: usize = 4;

/// A query, and how its result is written.
#[derive(Deserialize)]
pub struct Export {
    text: String,
    format: String,
    /// Which result, from 0; without it, all that the format can hold.
    #[serde(default)]
    result: Option<usize>,
    #[serde(default)]
    now: Option<String>,
}

/// Runs a query, and answers with a file.
pub async fn export(State(state): State<Arc<AppState>>, Ask(export): Ask<Export>) -> Result<Response<Body>, Failure> {
    let Export { text, format, result, now } = export;
    let format = Format::of_name(&format).ok_or_else(|| {
        let names: Vec<&str> = Format::all().map(Format::name).collect();
        Failure::wrong(format!("'{format}' is not a format; use {}.", names.join(", ")))
    })?;
    let failed = |error: QueryError| Failure::of(&error, &text);
    let asked = QueryRequest { max_bytes: Some(MAX_BYTES), ..request(text.clone(), None, now) };
    let mut query = query_run::start(&state, asked).await.map_err(failed)?;
    let mut tables: Vec<Table> = Vec::new();
    while let Some(event) = query.next().await {
        match event {
            Event::Table(table) => tables.push(Table {
                name: table.name,
                schema: TableSchema { columns: table.columns },
                batches: Vec::new(),
                render: table.render,
            }),
            Event::Rows(batch) => tables.last_mut().into_iter().for_each(|table| table.batches.push(batch.clone())),
            Event::Failed(error) => return Err(failed(error)),
            Event::TableEnd | Event::Done(_) => {}
        }
    }
    if let Some(number) = result {
        if number >= tables.len() {
            return Err(Failure::wrong(format!("The query has {} results.", tables.len())));
        }
        tables = tables.drain(number..=number).collect();
    }
    written(tables, format).await
}

/// The file, written while it is sent. What goes wrong before its first bytes is an answer of its own.
async fn written(tables: Vec<Table>, format: Format) -> Result<Response<Body>, Failure> {
    let (sender, mut receiver) = channel::<Result<Bytes, std::io::Error>>(QUEUE);
    tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(PART, Parts(sender.clone()));
        let streams = tables.into_iter().map(Into::into);
        let done = kql_output::write(streams, format, &mut out, &Options::default());
        let done = done.map_err(|error| error.to_string()).and_then(|_| out.flush().map_err(|error| error.to_string()));
        // the connection ends before the file does, so that nobody takes it for the whole
        if let Err(error) = done {
            drop(out);
            let _ = sender.blocking_send(Err(std::io::Error::other(error)));
        }
    });
    let first = match receiver.recv().await {
        Some(Err(error)) => return Err(Failure::wrong(scrub(&error.to_string()))),
        Some(Ok(bytes)) => bytes,
        None => Bytes::new(),
    };
    let rest = futures::stream::unfold(receiver, async |mut receiver| Some((receiver.recv().await?, receiver)));
    let all = futures::StreamExt::chain(futures::stream::iter([Ok(first)]), rest);
    let mut response = Response::new(Body::from_stream(all));
    let name = format!("attachment; filename=\"result.{}\"", format.name());
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(media_type(format)));
    headers.insert(header::CONTENT_DISPOSITION, HeaderValue::from_str(&name).map_err(|_| QueryError::Defect)?);
    Ok(response)
}

/// Sends what is written. The client goes away: writing fails.
struct Parts(Sender<Result<Bytes, std::io::Error>>);

impl Write for Parts {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let sent = self.0.blocking_send(Ok(Bytes::copy_from_slice(bytes)));
        sent.map(|()| bytes.len()).map_err(|_| std::io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn media_type(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json; charset=utf-8",
        Format::Ndjson => "application/x-ndjson; charset=utf-8",
        Format::Csv => "text/csv; charset=utf-8",
        Format::Markdown => "text/markdown; charset=utf-8",
        Format::Html => "text/html; charset=utf-8",
        Format::Svg => "image/svg+xml",
        Format::Table => "text/plain; charset=utf-8",
        Format::Parquet => "application/vnd.apache.parquet",
        Format::Arrow => "application/vnd.apache.arrow.file",
    }
}

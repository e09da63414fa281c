//! Advanced hunting: the APIs of Microsoft Defender, and that of Microsoft Graph.

use crate::body::{BodyError, header_text, json, member, read_json};
use crate::options;
use crate::queries::Label;
use crate::query_error::QueryError;
use crate::query_run::{self, Event, QueryRequest, RunningQuery};
use crate::state::AppState;
use crate::streaming::{self, Encoder};
use crate::timespan;
use crate::values;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Response, header};
use axum::routing::post;
use kql_engine::{Column, ScalarType};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;

/// The routes of the protocols.
pub fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/api/advancedqueries/run", post(defender))
        .route("/api/advancedhunting/run", post(defender))
        .route("/v1.0/security/runHuntingQuery", post(graph))
        .route("/beta/security/runHuntingQuery", post(graph))
}

/// Rows of a result, of which further ones are left out.
const ROWS: u64 = 100_000;

/// The names of the members of an answer.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Dialect {
    Defender,
    Graph,
}

async fn defender(State(state): State<Arc<AppState>>, headers: HeaderMap, body: Body) -> Response<Body> {
    run(&state, &headers, body, Dialect::Defender).await
}

async fn graph(State(state): State<Arc<AppState>>, headers: HeaderMap, body: Body) -> Response<Body> {
    run(&state, &headers, body, Dialect::Graph).await
}

async fn run(state: &Arc<AppState>, headers: &HeaderMap, body: Body, dialect: Dialect) -> Response<Body> {
    let body = match read_json(state, headers, body).await {
        Ok(body) => body,
        Err(error) => return of_body(&error),
    };
    let started = match request(headers, &body) {
        Ok(request) => query_run::start(state, request).await,
        Err(error) => Err(error),
    };
    match started {
        Ok(query) => streaming::answer(query, Results::new(dialect)).await,
        Err(error) => refusal(&error),
    }
}

/// The query in a body; some clients write `Query`, others `query`.
fn request(headers: &HeaderMap, body: &Value) -> Result<QueryRequest, QueryError> {
    let Some(text) = member(body, "query").and_then(Value::as_str) else {
        return Err(QueryError::Request("The request has no 'Query'.".to_owned()));
    };
    let times = match member(body, "timespan").and_then(Value::as_str) {
        Some(text) if !text.trim().is_empty() => Some(timespan::range(text, std::time::SystemTime::now())?),
        _ => None,
    };
    let label = Label {
        id: header_text(headers, "client-request-id").map(|id| id.chars().take(200).collect()),
        database: "hunting".to_owned(),
        ..Label::default()
    };
    options::with_text(QueryRequest {
        text: text.to_owned(),
        label,
        times,
        take: Some(ROWS),
        ..QueryRequest::default()
    })
}

/// Writes the first result: its columns, and its rows as objects.
struct Results {
    dialect: Dialect,
    columns: Vec<Column>,
    tables: usize,
    has_rows: bool,
}

impl Results {
    fn new(dialect: Dialect) -> Results {
        Results { dialect, columns: Vec::new(), tables: 0, has_rows: false }
    }

    fn end(&self, out: &mut String) {
        // statistics are last, since they are known last
        out.push_str(if self.tables == 0 { "{" } else { "]" });
    }
}

/// Defender's first service has a name of its own for truths.
fn defender_type(ty: ScalarType) -> &'static str {
    if ty == ScalarType::Bool { "Boolean" } else { values::data_type(ty) }
}

impl Encoder for Results {
    fn begin(&mut self, _: &RunningQuery, _: &mut String) {}

    fn event(&mut self, event: Event, out: &mut String) {
        match event {
            Event::Table(table) => {
                self.tables += 1;
                if self.tables > 1 {
                    return;
                }
                self.columns = table.columns;
                match self.dialect {
                    Dialect::Defender => {
                        out.push_str("{\"Schema\":[");
                        values::columns(&self.columns, &[("Type", defender_type)], "Name", out);
                        out.push_str("],\"Results\":[");
                    }
                    Dialect::Graph => {
                        out.push_str("{\"schema\":[");
                        values::columns(&self.columns, &[("type", values::data_type)], "name", out);
                        out.push_str("],\"results\":[");
                    }
                }
            }
            Event::Rows(batch) => {
                if self.tables == 1 && batch.num_rows() > 0 {
                    if std::mem::replace(&mut self.has_rows, true) {
                        out.push(',');
                    }
                    values::objects(&batch, &self.columns, out);
                }
            }
            Event::TableEnd => {}
            Event::Done(finished) => {
                self.end(out);
                if self.dialect == Dialect::Defender {
                    let statistics = json!({"ExecutionTime": finished.elapsed.as_secs_f64(),
                        "resource_usage": {}, "dataset_statistics": [{"table_row_count": finished.rows}]});
                    let _ = write!(out, "{}\"Stats\":{statistics}", if self.tables > 0 { "," } else { "" });
                }
                out.push('}');
            }
            Event::Failed(error) => {
                self.end(out);
                let comma = if self.tables > 0 { "," } else { "" };
                let object = object(&error);
                let _ = write!(out, "{comma}\"error\":{}}}", object.get("error").unwrap_or(&Value::Null));
            }
        }
    }
}

fn object(error: &QueryError) -> Value {
    let code = match error {
        QueryError::Busy(_) => "TooManyRequests",
        QueryError::Timeout(_) => "GatewayTimeout",
        QueryError::Defect => "InternalServerError",
        _ => "BadRequest",
    };
    json!({"error": {"code": code, "message": error.to_string()}})
}

fn refusal(error: &QueryError) -> Response<Body> {
    let mut response = json(error.status(), &object(error));
    if let QueryError::Busy(after) = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    response
}

fn of_body(error: &BodyError) -> Response<Body> {
    json(error.status(), &object(&QueryError::Request(error.to_string())))
}

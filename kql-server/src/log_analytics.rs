//! The query API of Log Analytics: of workspaces, of resources, and of several queries at once.

use crate::body::{BodyError, header_text, json, member, read_json};
use crate::kusto::{V1, visualization};
use crate::options;
use crate::queries::Label;
use crate::query_error::QueryError;
use crate::query_run::{self, Event, Finished, QueryRequest, RunningQuery};
use crate::state::AppState;
use crate::streaming::{self, Encoder};
use crate::timespan;
use crate::values::{self, Encoding};
use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, header};
use axum::routing::{get, post};
use futures::{FutureExt, StreamExt};
use kql_engine::dynamic::write::string;
use kql_engine::{Column, Render};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

/// The routes of the protocol.
pub fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/v1/workspaces/{workspace}/query", post(workspace))
        .route("/v1/workspaces/{workspace}/api/query", post(workspace))
        .route("/v1/workspaces/{workspace}/metadata", get(metadata))
        .route("/v1/$batch", post(batch))
        .route("/v1/subscriptions/{*rest}", post(resource))
        .route("/v1//subscriptions/{*rest}", post(resource))
}

/// Queries of a batch that run at once.
const AT_ONCE: usize = 4;
/// Queries of a batch.
const BATCH: usize = 100;

async fn workspace(State(state): State<Arc<AppState>>, headers: HeaderMap, body: Body) -> Response<Body> {
    let body = match read_json(&state, &headers, body).await {
        Ok(body) => body,
        Err(error) => return of_body(&error),
    };
    answer(&state, &headers, &body).await
}

/// The tables with rows, and their columns.
async fn metadata(State(state): State<Arc<AppState>>) -> Response<Body> {
    let engine = match state.catalog.engine().await {
        Ok(engine) => engine,
        Err(error) => return refusal(&error),
    };
    let names: Vec<String> = state.catalog.tables().into_iter().map(|(name, _)| name).collect();
    // files may be inspected
    let described = tokio::task::spawn_blocking(move || {
        let tables = names.into_iter().filter_map(|name| {
            let schema = engine.table_schema(&name)?.ok()?;
            let columns = schema.columns.iter().map(|c| json!({"name": c.name, "type": values::type_name(c.ty)}));
            Some(json!({"id": name, "name": name, "columns": columns.collect::<Value>()}))
        });
        json!({"tables": tables.collect::<Value>()})
    });
    match described.await {
        Ok(described) => json(StatusCode::OK, &described),
        Err(_) => refusal(&QueryError::Defect),
    }
}

/// The query of a resource: its id, which ends with `/query`.
async fn resource(
    State(state): State<Arc<AppState>>,
    Path(rest): Path<String>,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    if rest.rsplit('/').next() != Some("query") {
        return refusal(&QueryError::NotFound("The address of a resource's query ends with /query.".to_owned()));
    }
    workspace(State(state), headers, body).await
}

/// What a client prefers, such as `wait=60,include-render=true`.
#[derive(Clone, Copy, Default)]
struct Preferences {
    wait: Option<Duration>,
    statistics: bool,
    render: bool,
    /// An old client, which reads the tables of Kusto.
    kusto: bool,
}

impl Preferences {
    fn of(text: &str) -> Preferences {
        let mut found = Preferences::default();
        for part in text.split([',', ';']).map(str::trim) {
            match part.split_once('=').map(|(name, value)| (name.trim(), value.trim())) {
                Some(("wait", seconds)) => found.wait = seconds.parse().ok().map(Duration::from_secs),
                Some(("include-statistics", value)) => found.statistics = value == "true",
                Some(("include-render", value)) => found.render = value == "true",
                Some(("ai.response-thinning", _)) => found.kusto = true,
                _ => {}
            }
        }
        found
    }
}

/// The query in a body, and its range of times.
fn request(headers: &HeaderMap, body: &Value, preferences: Preferences) -> Result<QueryRequest, QueryError> {
    let Some(text) = member(body, "query").and_then(Value::as_str) else {
        return Err(QueryError::Request("The request has no 'query'.".to_owned()));
    };
    let times = match member(body, "timespan") {
        None | Some(Value::Null) => None,
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(timespan::range(text, std::time::SystemTime::now())?),
        Some(_) => return Err(QueryError::Request("The 'timespan' is not a text.".to_owned())),
    };
    let label = Label {
        id: header_text(headers, "x-ms-client-request-id").map(|id| id.chars().take(200).collect()),
        application: header_text(headers, "x-ms-app").unwrap_or_default().to_owned(),
        database: "workspace".to_owned(),
        ..Label::default()
    };
    let request =
        QueryRequest { text: text.to_owned(), label, timeout: preferences.wait, times, ..QueryRequest::default() };
    options::with_text(request)
}

async fn start(
    state: &Arc<AppState>,
    headers: &HeaderMap,
    body: &Value,
    preferences: Preferences,
) -> Result<RunningQuery, QueryError> {
    query_run::start(state, request(headers, body, preferences)?).await
}

async fn answer(state: &Arc<AppState>, headers: &HeaderMap, body: &Value) -> Response<Body> {
    let preferences = Preferences::of(header_text(headers, "prefer").unwrap_or_default());
    match start(state, headers, body, preferences).await {
        Ok(query) if preferences.kusto => streaming::answer(query, V1::default()).await,
        Ok(query) => streaming::answer(query, Tables::new(preferences)).await,
        Err(error) => refusal(&error),
    }
}

/// Several queries; each has an answer of its own.
async fn batch(State(state): State<Arc<AppState>>, headers: HeaderMap, body: Body) -> Response<Body> {
    let body = match read_json(&state, &headers, body).await {
        Ok(body) => body,
        Err(error) => return of_body(&error),
    };
    let requests = member(&body, "requests").and_then(Value::as_array);
    let Some(requests) = requests.filter(|requests| requests.len() <= BATCH) else {
        let message = format!("The request has no 'requests', or more than {BATCH}.");
        return refusal(&QueryError::Request(message));
    };
    let answers: Vec<_> = requests.iter().map(|request| one(&state, &headers, request).boxed()).collect();
    let answers: Vec<Value> = futures::stream::iter(answers).buffered(AT_ONCE).collect().await;
    json(StatusCode::OK, &json!({"responses": answers}))
}

/// One query of a batch.
async fn one(state: &Arc<AppState>, headers: &HeaderMap, request: &Value) -> Value {
    let id = member(request, "id").cloned().unwrap_or(Value::Null);
    let preferred = member(request, "headers").and_then(|headers| member(headers, "prefer")).and_then(Value::as_str);
    let preferences = Preferences { kusto: false, ..Preferences::of(preferred.unwrap_or_default()) };
    let body = member(request, "body").unwrap_or(&Value::Null);
    let answered = match start(state, headers, body, preferences).await {
        Ok(mut query) => {
            let mut tables = Tables::new(preferences);
            let mut text = String::new();
            tables.begin(&query, &mut text);
            while let Some(event) = query.next().await {
                tables.event(event, &mut text);
            }
            serde_json::from_str::<Value>(&text).map_err(|_| QueryError::Defect)
        }
        Err(error) => Err(error),
    };
    match answered {
        Ok(body) => json!({"id": id, "status": 200, "headers": {}, "body": body}),
        Err(error) => json!({"id": id, "status": status(&error).as_u16(), "headers": {}, "body": object(&error)}),
    }
}

/// Writes the tables of Log Analytics.
struct Tables {
    preferences: Preferences,
    columns: Vec<Column>,
    render: Option<Render>,
    count: usize,
    has_rows: bool,
    is_open: bool,
}

impl Tables {
    fn new(preferences: Preferences) -> Tables {
        Tables { preferences, columns: Vec::new(), render: None, count: 0, has_rows: false, is_open: false }
    }

    fn done(&self, finished: &Finished, out: &mut String) {
        out.push(']');
        if self.preferences.statistics {
            let seconds = finished.elapsed.as_secs_f64();
            let statistics = json!({"query": {"executionTime": seconds,
                "datasetStatistics": [{"tableRowCount": finished.rows}]}});
            let _ = write!(out, ",\"statistics\":{statistics}");
        }
        if self.preferences.render {
            let mut render = visualization(self.render.as_ref());
            // its members begin with a small letter here
            if let Some(object) = render.as_object() {
                render = object.iter().map(|(key, value)| (small(key), value.clone())).collect();
            }
            let _ = write!(out, ",\"render\":{render}");
        }
        out.push('}');
    }
}

/// A name that begins with a small letter.
fn small(name: &str) -> String {
    let mut characters = name.chars();
    characters.next().map(|c| c.to_ascii_lowercase()).into_iter().chain(characters).collect()
}

impl Encoder for Tables {
    fn begin(&mut self, query: &RunningQuery, out: &mut String) {
        self.render = query.tables().iter().find_map(|table| table.render.clone());
        out.push_str("{\"tables\":[");
    }

    fn event(&mut self, event: Event, out: &mut String) {
        match event {
            Event::Table(table) => {
                out.push_str(if self.count > 0 { ",{\"name\":" } else { "{\"name\":" });
                string(&table.name, out);
                out.push_str(",\"columns\":[");
                values::columns(&table.columns, &[("type", values::type_name)], "name", out);
                out.push_str("],\"rows\":[");
                self.columns = table.columns;
                self.count += 1;
                self.has_rows = false;
                self.is_open = true;
            }
            Event::Rows(batch) => {
                if batch.num_rows() > 0 {
                    if std::mem::replace(&mut self.has_rows, true) {
                        out.push(',');
                    }
                    values::rows(&batch, &self.columns, Encoding::LogAnalytics, out);
                }
            }
            Event::TableEnd => {
                out.push_str("]}");
                self.is_open = false;
            }
            Event::Done(finished) => self.done(&finished, out),
            Event::Failed(error) => {
                if self.is_open {
                    out.push_str("]}");
                }
                let details = json!([{"code": "QueryExecutionError", "message": error.to_string()}]);
                let partial = json!({"code": "PartialError", "message": "There were some errors when processing your query.",
                    "details": details, "innererror": {"code": "QueryExecutionError", "message": error.to_string()}});
                let _ = write!(out, "],\"error\":{partial}}}");
            }
        }
    }
}

fn status(error: &QueryError) -> StatusCode {
    if let QueryError::NotFound(_) = error { StatusCode::NOT_FOUND } else { error.status() }
}

fn object(error: &QueryError) -> Value {
    let (code, inner) = match error {
        QueryError::Invalid { is_syntax: true, .. } => ("BadArgumentError", "SyntaxError"),
        QueryError::Invalid { .. } => ("BadArgumentError", "SemanticError"),
        QueryError::Busy(_) => ("ThrottledError", "ThrottledError"),
        QueryError::Timeout(_) => ("GatewayTimeout", "GatewayTimeout"),
        QueryError::Request(_) | QueryError::NotFound(_) => ("BadArgumentError", "BadArgumentError"),
        _ => ("QueryExecutionError", "QueryExecutionError"),
    };
    let outer = if code == "BadArgumentError" { "The request had some invalid properties" } else { "The query failed" };
    json!({"error": {"code": code, "message": outer, "innererror": {"code": inner, "message": error.to_string()}}})
}

fn refusal(error: &QueryError) -> Response<Body> {
    let mut response = json(status(error), &object(error));
    if let QueryError::Busy(after) = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    response
}

fn of_body(error: &BodyError) -> Response<Body> {
    json(error.status(), &object(&QueryError::Request(error.to_string())))
}

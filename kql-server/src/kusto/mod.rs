//! The protocol of Azure Data Explorer's clients.

mod errors;
mod ingestion;
mod management;
mod metadata;
mod request;
mod v1;
mod v2;

use crate::body::{json_text, read_json};
use crate::query_error::QueryError;
use crate::query_run;
use crate::state::AppState;
use crate::streaming::{self, Encoder};
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::{get, post};
use request::KustoRequest;
use std::sync::Arc;

pub use v1::V1;
pub use v2::visualization;

/// The routes of the protocol.
pub fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/v2/rest/query", post(query_v2))
        .route("/v1/rest/query", post(query_v1))
        .route("/v1/rest/mgmt", post(management))
        .route("/v1/rest/auth/metadata", get(metadata::metadata))
        .route("/v1/rest/ingest/{database}/{table}", post(ingestion::ingest))
}

async fn query_v2(State(state): State<Arc<AppState>>, headers: HeaderMap, body: Body) -> Response<Body> {
    query(&state, &headers, body, v2::V2::default()).await
}

async fn query_v1(State(state): State<Arc<AppState>>, headers: HeaderMap, body: Body) -> Response<Body> {
    query(&state, &headers, body, v1::V1::default()).await
}

async fn query(state: &Arc<AppState>, headers: &HeaderMap, body: Body, encoder: impl Encoder) -> Response<Body> {
    let request = match received(state, headers, body).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    if is_command(&request.query.text) {
        let error = QueryError::Request("A command is sent to /v1/rest/mgmt, not to /rest/query.".to_owned());
        return errors::answer(&error, request.query.label.id.as_deref().unwrap_or(""));
    }
    run(state, request, encoder).await
}

/// Runs a query, and sends its result or its error.
async fn run(state: &Arc<AppState>, request: KustoRequest, encoder: impl Encoder) -> Response<Body> {
    let id = request.query.label.id.clone().unwrap_or_default();
    match query_run::start(state, request.query).await {
        Ok(query) => streaming::answer(query, encoder).await,
        Err(error) => errors::answer(&error, &id),
    }
}

async fn management(State(state): State<Arc<AppState>>, headers: HeaderMap, body: Body) -> Response<Body> {
    let request = match received(&state, &headers, body).await {
        Ok(request) => request,
        Err(refused) => return refused,
    };
    if !is_command(&request.query.text) {
        return run(&state, request, v1::V1::default()).await;
    }
    let id = request.query.label.id.clone().unwrap_or_default();
    match management::run(&state, &request).await {
        Ok(reply) => json_text(StatusCode::OK, reply.json()),
        Err(error) => errors::answer(&error, &id),
    }
}

/// Whether a text is a command: it begins with a dot, perhaps after comments.
fn is_command(text: &str) -> bool {
    kql_parser::lex(text).tokens.first().is_some_and(|token| token.kind == kql_parser::Kind::Dot)
}

async fn received(state: &AppState, headers: &HeaderMap, body: Body) -> Result<KustoRequest, Response<Body>> {
    let body = read_json(state, headers, body).await.map_err(|error| errors::of_body(&error))?;
    request::read(headers, &body).map_err(|error| errors::answer(&error, ""))
}

//! Streaming ingestion: the rows of a table as the body of a request.

use super::errors;
use super::management::Reply;
use crate::body::{json_text, query_value, read};
use crate::ingest::{self, RowFormat};
use crate::query_error::QueryError;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Response, StatusCode, Uri};
use kql_engine::ScalarType;
use serde_json::json;
use std::sync::Arc;

/// Adds the rows of a body to a table. The answer says that they are stored.
pub async fn ingest(
    State(state): State<Arc<AppState>>,
    Path((_, table)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Response<Body> {
    let bytes = match read(&state, &headers, body, state.settings.limits.data_body).await {
        Ok(bytes) => bytes,
        Err(error) => return errors::of_body(&error),
    };
    let done = async {
        ingest::writable(&state, false)?;
        let format = query_value(&uri, "streamFormat").unwrap_or_else(|| "csv".to_owned());
        if let Some(name) = query_value(&uri, "mappingName") {
            let message = format!("There is no mapping '{name}': columns are found by their names or places.");
            return Err(QueryError::Request(message));
        }
        let Some(format) = RowFormat::of_name(&format) else {
            let message = format!("The format '{format}' is not supported; use csv, tsv, json or multijson.");
            return Err(QueryError::Request(message));
        };
        ingest::append_text(&state, &table, format, &bytes, false).await
    };
    match done.await {
        Ok(_) => {
            let columns = [("ConsumptionMode", ScalarType::String), ("IngestionSourceId", ScalarType::Guid)];
            let row = vec![json!("KustoConsumer"), json!(uuid::Uuid::new_v4().to_string())];
            json_text(StatusCode::OK, Reply::of(&columns, vec![row]).json())
        }
        Err(error) => errors::answer(&error, ""),
    }
}

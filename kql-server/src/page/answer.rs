//! What the page's requests have in common: how they are read, and how a failure is told.

use super::findings::findings;
use super::positions::Positions;
use crate::body::{self, BodyError};
use crate::query_error::QueryError;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::sync::Arc;

/// The body of a request, as JSON.
pub struct Ask<T>(pub T);

impl<T: DeserializeOwned> FromRequest<Arc<AppState>> for Ask<T> {
    type Rejection = Failure;

    async fn from_request(request: Request, state: &Arc<AppState>) -> Result<Ask<T>, Failure> {
        let (parts, content) = request.into_parts();
        let value = body::read_json(state, &parts.headers, content).await?;
        serde_json::from_value(value)
            .map(Ask)
            .map_err(|error| Failure::wrong(format!("The request is not complete: {error}.")))
    }
}

/// An answer as JSON.
pub struct Answer<T>(pub T);

impl<T: Serialize> IntoResponse for Answer<T> {
    fn into_response(self) -> Response<Body> {
        match serde_json::to_string(&self.0) {
            Ok(text) => body::json_text(StatusCode::OK, text),
            Err(error) => Failure::wrong(format!("The answer cannot be written: {error}.")).into_response(),
        }
    }
}

/// What goes wrong.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    message: String,
    diagnostics: Vec<Value>,
    /// After how many seconds the client can try again.
    retry: Option<u64>,
}

impl Failure {
    /// The request is wrong.
    pub fn wrong(message: impl Into<String>) -> Failure {
        Failure { status: StatusCode::BAD_REQUEST, message: message.into(), diagnostics: Vec::new(), retry: None }
    }

    /// A query failed; its text is the one that the page has sent.
    pub fn of(error: &QueryError, text: &str) -> Failure {
        let status = match error {
            QueryError::NotFound(_) => StatusCode::NOT_FOUND,
            QueryError::Failed(_) | QueryError::Limit(_) | QueryError::Cancelled => StatusCode::UNPROCESSABLE_ENTITY,
            error => error.status(),
        };
        let diagnostics = match error {
            QueryError::Invalid { diagnostics, .. } => findings(diagnostics, text, 0, text, &Positions::of(text)),
            _ => Vec::new(),
        };
        let retry = match error {
            QueryError::Busy(wait) => Some(wait.as_secs().max(1)),
            _ => None,
        };
        Failure { status, message: error.to_string(), diagnostics, retry }
    }

    /// As JSON.
    pub fn object(&self) -> Value {
        json!({"message": self.message, "diagnostics": self.diagnostics})
    }
}

/// A failure that is not about the text of a query.
impl From<QueryError> for Failure {
    fn from(error: QueryError) -> Failure {
        Failure::of(&error, "")
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Failure {
        Failure { status: error.status(), ..Failure::wrong(error.to_string()) }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response<Body> {
        let mut response = body::json(self.status, &json!({"error": self.object()}));
        if let Some(seconds) = self.retry {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

/// Work that blocks, away from the threads that serve requests.
pub async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failure> {
    tokio::task::spawn_blocking(work).await.map_err(|_| Failure::from(QueryError::Defect))
}

//! Errors in the form that Kusto's clients read.

use crate::body::{BodyError, json};
use crate::query_error::QueryError;
use axum::body::Body;
use axum::http::{HeaderValue, Response, header};
use serde_json::{Value, json};

/// The code of an error, and the name of its class in Microsoft's libraries.
fn names(error: &QueryError) -> (&'static str, &'static str) {
    match error {
        QueryError::Invalid { is_syntax: true, .. } => {
            ("BadRequest_SyntaxError", "Kusto.Data.Exceptions.SyntaxException")
        }
        QueryError::Invalid { .. } => ("BadRequest_SemanticError", "Kusto.Data.Exceptions.SemanticException"),
        QueryError::NotFound(_) => ("BadRequest_EntityNotFound", "Kusto.Data.Exceptions.EntityNotFoundException"),
        QueryError::Forbidden(_) => ("Forbidden", "Kusto.Data.Exceptions.KustoServiceForbiddenException"),
        QueryError::Busy(_) => ("TooManyRequests", "Kusto.Data.Exceptions.KustoRequestThrottledException"),
        QueryError::Timeout(_) => ("GatewayTimeout", "Kusto.Data.Exceptions.KustoServiceTimeoutException"),
        QueryError::Limit(_) => {
            ("LimitsExceeded", "Kusto.Data.Exceptions.KustoServicePartialQueryFailureLimitsExceededException")
        }
        QueryError::Cancelled => ("QueryCancelled", "Kusto.Data.Exceptions.KustoRequestCancelledException"),
        QueryError::Defect => ("InternalServiceError", "Kusto.Data.Exceptions.KustoInternalServiceException"),
        QueryError::Request(_) | QueryError::Failed(_) => {
            ("General_BadRequest", "Kusto.Data.Exceptions.KustoBadRequestException")
        }
    }
}

/// What clients show: `is_semantic_error()` of Python's looks for these words.
fn message(error: &QueryError) -> String {
    match error {
        QueryError::Invalid { message, is_syntax: true, .. } => {
            format!("Request is invalid and cannot be processed: Syntax error: {message}")
        }
        QueryError::Invalid { message, .. } => {
            format!("Request is invalid and cannot be processed: Semantic error: {message}")
        }
        QueryError::Limit(message) => format!("Query execution has exceeded the allowed limits: {message}"),
        error => error.to_string(),
    }
}

/// An error as an object.
pub fn object(error: &QueryError, activity: &str) -> Value {
    let (code, class) = names(error);
    let is_permanent = !matches!(error, QueryError::Busy(_) | QueryError::Timeout(_) | QueryError::Cancelled);
    json!({"error": {
        "code": code,
        "message": "Request is invalid and cannot be executed.",
        "@type": class,
        "@message": message(error),
        "@context": {"clientRequestId": activity, "activityId": activity, "serviceAlias": "KQL"},
        "@permanent": is_permanent,
    }})
}

/// An error as the whole answer.
pub fn answer(error: &QueryError, activity: &str) -> Response<Body> {
    // not 404, whose body clients do not show
    let mut response = json(error.status(), &object(error, activity));
    if let QueryError::Busy(after) = error {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(after.as_secs().max(1)));
    }
    response
}

/// A body that cannot be read, as the whole answer.
pub fn of_body(error: &BodyError) -> Response<Body> {
    let wrong = object(&QueryError::Request(error.to_string()), "");
    json(error.status(), &wrong)
}

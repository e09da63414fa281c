//! Bodies of requests and answers.

use crate::state::AppState;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use bytes::{Bytes, BytesMut};
use flate2::read::MultiGzDecoder;
use http_body_util::BodyExt;
use serde_json::{Value, json};
use std::io::Read;
use std::time::Duration;

/// Why a body cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    /// It is larger than allowed.
    #[error("The request is larger than {0} bytes.")]
    TooLarge(usize),
    /// All requests together are larger than allowed.
    #[error("The server is reading too many large requests. Try again later.")]
    Full,
    /// The client stopped sending it.
    #[error("The request was not sent in time.")]
    Slow,
    /// The client went away, or broke the protocol.
    #[error("The request is incomplete.")]
    Broken,
    /// It is not text.
    #[error("The request is not valid UTF-8.")]
    NotText,
    /// It is not JSON.
    #[error("The request is not valid JSON: {0}.")]
    NotJson(serde_json::Error),
    /// It is not packed as its header says.
    #[error("The request is not valid gzip data.")]
    NotPacked,
    /// Its encoding is not supported.
    #[error("The encoding '{0}' of the request is not supported; use gzip, or none.")]
    Encoding(String),
}

impl BodyError {
    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        match self {
            BodyError::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            BodyError::Full => StatusCode::SERVICE_UNAVAILABLE,
            BodyError::Slow => StatusCode::REQUEST_TIMEOUT,
            BodyError::Encoding(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}

impl IntoResponse for BodyError {
    fn into_response(self) -> Response<Body> {
        refusal(self.status(), &self.to_string())
    }
}

/// A body of at most `limit` bytes, unpacked.
pub async fn read(state: &AppState, headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let bytes = received(state, headers, body, limit).await?;
    let encoding = headers.get(header::CONTENT_ENCODING).map(|value| value.to_str().unwrap_or("?").trim());
    match encoding {
        None | Some("" | "identity") => Ok(bytes),
        Some(name) if name.eq_ignore_ascii_case("gzip") => {
            let unpacked = tokio::task::spawn_blocking(move || unpacked(&bytes, limit)).await;
            unpacked.unwrap_or(Err(BodyError::NotPacked))
        }
        Some(other) => Err(BodyError::Encoding(other.chars().take(40).collect())),
    }
}

/// [`read`] as JSON.
pub async fn read_json(state: &AppState, headers: &HeaderMap, body: Body) -> Result<Value, BodyError> {
    let bytes = read(state, headers, body, state.settings.limits.query_body).await?;
    let text = std::str::from_utf8(&bytes).map_err(|_| BodyError::NotText)?;
    serde_json::from_str(text.trim_start_matches('\u{feff}')).map_err(BodyError::NotJson)
}

async fn received(state: &AppState, headers: &HeaderMap, mut body: Body, limit: usize) -> Result<Bytes, BodyError> {
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(BodyError::TooLarge(limit));
    }
    let mut held = state.bodies.hold();
    let mut bytes = BytesMut::new();
    while let Some(frame) = next_frame(&mut body, state.settings.limits.reading).await? {
        if bytes.len() + frame.len() > limit {
            return Err(BodyError::TooLarge(limit));
        }
        if !held.grow(frame.len()) {
            return Err(BodyError::Full);
        }
        bytes.extend_from_slice(&frame);
    }
    Ok(bytes.freeze())
}

async fn next_frame(body: &mut Body, patience: Duration) -> Result<Option<Bytes>, BodyError> {
    loop {
        match tokio::time::timeout(patience, body.frame()).await {
            Err(_) => return Err(BodyError::Slow),
            Ok(None) => return Ok(None),
            Ok(Some(Err(_))) => return Err(BodyError::Broken),
            Ok(Some(Ok(frame))) => {
                // what is not data are trailers
                if let Ok(data) = frame.into_data() {
                    return Ok(Some(data));
                }
            }
        }
    }
}

fn unpacked(bytes: &[u8], limit: usize) -> Result<Bytes, BodyError> {
    let mut out = Vec::new();
    let ceiling = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    MultiGzDecoder::new(bytes).take(ceiling).read_to_end(&mut out).map_err(|_| BodyError::NotPacked)?;
    if out.len() > limit { Err(BodyError::TooLarge(limit)) } else { Ok(out.into()) }
}

/// The names and values of the query of a URL.
pub fn query_pairs(uri: &Uri) -> Vec<(String, String)> {
    url::form_urlencoded::parse(uri.query().unwrap_or("").as_bytes()).into_owned().collect()
}

/// The value of a name in the query of a URL, whatever its case.
pub fn query_value(uri: &Uri, name: &str) -> Option<String> {
    query_pairs(uri).into_iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// The text of a header.
pub fn header_text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

/// The value of a member of an object, whatever the case of its name.
pub fn member<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    object.as_object()?.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

/// An answer of JSON.
pub fn json(status: StatusCode, value: &Value) -> Response<Body> {
    json_text(status, value.to_string())
}

/// An answer of text that is JSON.
pub fn json_text(status: StatusCode, text: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(text.into());
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    response
}

/// The answer to a request that reaches no protocol: the reason, in the form that most clients show.
pub fn refusal(status: StatusCode, message: &str) -> Response<Body> {
    let code = status.canonical_reason().unwrap_or("Error").replace(' ', "");
    json(status, &json!({"error": {"code": code, "message": message}}))
}

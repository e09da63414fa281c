//! What stands before every request: its host, its origin, its token, and limits.

pub mod auth;
pub mod cors;
pub mod host;
pub mod limits;
pub mod stall;

use crate::body::refusal;
use crate::state::AppState;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, Response, StatusCode, header};
use axum::middleware::Next;
use std::sync::Arc;

/// Lets a request through, or refuses it.
pub async fn guard(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response<Body> {
    let origin = match checked(&state, &request) {
        Ok(origin) => origin,
        Err(refused) => {
            state.metrics.refused();
            return *refused;
        }
    };
    let mut response =
        if cors::is_preflight(&request) { cors::preflight(&request, origin.as_ref()) } else { next.run(request).await };
    if let Some(origin) = origin {
        cors::allow(&mut response, origin);
    }
    let headers = response.headers_mut();
    headers.entry(header::X_CONTENT_TYPE_OPTIONS).or_insert(HeaderValue::from_static("nosniff"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    state.metrics.answered(response.status().as_u16());
    response
}

/// The foreign origin that the request comes from, if there is one and it may; the error is a refusal.
fn checked(state: &AppState, request: &Request) -> Result<Option<HeaderValue>, Box<Response<Body>>> {
    let refused = |status, message: &str| Err(Box::new(refusal(status, message)));
    let headers = request.headers();
    let Some(host) = host::of(request) else {
        return refused(StatusCode::BAD_REQUEST, "The request has no valid Host header.");
    };
    if !host::is_own(&host, state) {
        let message = "This server is not known under the host name of the request. Start it with --host NAME.";
        return refused(StatusCode::FORBIDDEN, message);
    }
    let origin = match headers.get(header::ORIGIN) {
        None => None,
        Some(origin) if cors::is_same(origin, &host) => None,
        Some(origin) if cors::is_allowed(origin, &state.settings.origins) => Some(origin.clone()),
        Some(_) => {
            let message = "Pages of this origin cannot use the server. Start it with --allow-origin ORIGIN.";
            return refused(StatusCode::FORBIDDEN, message);
        }
    };
    let is_open = request.method() == Method::OPTIONS || auth::is_open(request.method(), request.uri().path());
    if let Some(token) = &state.settings.token
        && !is_open
        && !auth::has(headers, token)
    {
        let mut response = refusal(StatusCode::UNAUTHORIZED, "A valid bearer token is required.");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        if let Some(origin) = origin {
            cors::allow(&mut response, origin);
        }
        return Err(Box::new(response));
    }
    Ok(origin)
}

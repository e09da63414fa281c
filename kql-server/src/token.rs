//! The token endpoint of the flow with a client's secret, for clients that log in before they ask anything.

use crate::body::{json, read};
use crate::state::AppState;
use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::post;
use serde_json::json;
use std::sync::Arc;

/// The routes.
pub fn routes() -> Router<Arc<AppState>> {
    Router::new().route("/{tenant}/oauth2/v2.0/token", post(token)).route("/{tenant}/oauth2/token", post(token))
}

/// How long clients keep a token, in seconds.
const LIFETIME: u32 = 3600;
/// What clients get if the server expects no token.
const NOTHING: &str = "no-token-needed";

/// The server's token, to a client whose secret is that token; anything, if the server expects none.
async fn token(State(state): State<Arc<AppState>>, headers: HeaderMap, body: Body) -> Response<Body> {
    let bytes = match read(&state, &headers, body, 16 << 10).await {
        Ok(bytes) => bytes,
        Err(error) => {
            return json(error.status(), &json!({"error": "invalid_request", "error_description": error.to_string()}));
        }
    };
    let secret = url::form_urlencoded::parse(&bytes).find(|(name, _)| name == "client_secret").map(|(_, value)| value);
    let access = match (&state.settings.token, secret) {
        (None, _) => NOTHING.to_owned(),
        (Some(token), Some(secret)) if token.is(secret.as_bytes()) => secret.into_owned(),
        (Some(_), _) => {
            let description = "The client's secret is not the token of this server.";
            let error = json!({"error": "invalid_client", "error_description": description});
            return json(StatusCode::UNAUTHORIZED, &error);
        }
    };
    let answer = json!({"token_type": "Bearer", "expires_in": LIFETIME, "ext_expires_in": LIFETIME,
        "expires_on": (crate::clock::unix_seconds() + u64::from(LIFETIME)).to_string(), "access_token": access});
    json(StatusCode::OK, &answer)
}

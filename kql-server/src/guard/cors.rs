//! Pages of other origins: which ones can use the server, and what browsers are told about it.

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderValue, Method, Response, StatusCode, header};

/// The origins of the web page of Azure Data Explorer, in all clouds.
pub const AZURE_DATA_EXPLORER: [&str; 3] =
    ["https://dataexplorer.azure.com", "https://dataexplorer.azure.us", "https://dataexplorer.azure.cn"];

/// Whether an origin is that of the server's own page.
pub fn is_same(origin: &HeaderValue, host: &str) -> bool {
    let Ok(origin) = origin.to_str() else { return false };
    let own = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    own.is_some_and(|name| name.eq_ignore_ascii_case(host))
}

/// Whether pages of an origin can use the server.
pub fn is_allowed(origin: &HeaderValue, allowed: &[String]) -> bool {
    origin.to_str().is_ok_and(|origin| allowed.iter().any(|a| a.trim_end_matches('/').eq_ignore_ascii_case(origin)))
}

/// Whether a browser asks if it may send a request.
pub fn is_preflight(request: &Request) -> bool {
    request.method() == Method::OPTIONS && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// The answer to a browser that asks if it may send a request.
pub fn preflight(request: &Request, origin: Option<&HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    if origin.is_none() {
        return response;
    }
    let asked = request.headers();
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("GET, POST, OPTIONS"));
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    // a page of a public site asks a server of this computer
    if asked.contains_key("access-control-request-private-network") {
        headers.insert("access-control-allow-private-network", HeaderValue::from_static("true"));
    }
    headers.insert(header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600"));
    response
}

/// Lets a page of the origin read the answer.
pub fn allow(response: &mut Response<Body>, origin: HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static("x-ms-activity-id, x-ms-client-request-id, retry-after, content-disposition"),
    );
    headers.append(header::VARY, HeaderValue::from_static("Origin"));
}

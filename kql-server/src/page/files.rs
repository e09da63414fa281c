//! The files of the page, which are built from `web/` and part of the program.

use axum::body::Body;
use axum::extract::Path;
use axum::http::{HeaderName, HeaderValue, Response, StatusCode, header};
use axum::response::IntoResponse;

/// Name, type, content.
const FILES: [(&str, &str, &[u8]); 4] = [
    ("index.html", "text/html; charset=utf-8", include_bytes!("assets/index.html")),
    ("page.js", "text/javascript; charset=utf-8", include_bytes!("assets/page.js")),
    ("page.css", "text/css; charset=utf-8", include_bytes!("assets/page.css")),
    ("icon.svg", "image/svg+xml", include_bytes!("assets/icon.svg")),
];

/// Scripts and requests of this server only. Styles in the page are those of the editor.
const POLICY: &str = "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; object-src 'none'; \
                      base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// The page itself.
pub async fn index() -> Response<Body> {
    file("index.html")
}

/// A file that the page loads.
pub async fn asset(Path(name): Path<String>) -> Response<Body> {
    file(&name)
}

fn file(name: &str) -> Response<Body> {
    let Some((_, kind, content)) = FILES.iter().find(|(known, ..)| *known == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let mut response = Response::new(Body::from(*content));
    let headers: [(HeaderName, &'static str); 5] = [
        (header::CONTENT_TYPE, kind),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        // another version of the program has other files under these names
        (header::CACHE_CONTROL, "no-cache"),
    ];
    for (name, value) in headers {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}

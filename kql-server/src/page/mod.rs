//! The page to work in, and what it asks the server. The page is built from `web/`.

pub(crate) mod answer;
pub(crate) mod editing;
pub(crate) mod explain;
mod export;
mod file;
mod files;
mod findings;
mod positions;
mod rows;
pub(crate) mod run;
mod session;
pub(crate) mod tables;

use crate::state::AppState;
use axum::Router;
use axum::routing::{get, post};
use std::sync::Arc;

/// The routes of the page.
pub fn routes() -> Router<Arc<AppState>> {
    Router::new()
        .route("/", get(files::index))
        .route("/assets/{name}", get(files::asset))
        .route("/api/session", get(session::session))
        .route("/api/colours", post(editing::colours))
        .route("/api/check", post(editing::check))
        .route("/api/complete", post(editing::complete))
        .route("/api/hover", post(editing::hover))
        .route("/api/format", post(editing::format))
        .route("/api/run", post(run::run))
        .route("/api/cancel", post(run::cancel))
        .route("/api/tables", get(tables::tables))
        .route("/api/table", post(tables::table))
        .route("/api/describe", post(tables::describe))
        .route("/api/column", post(tables::column))
        .route("/api/file", post(file::add))
        .route("/api/why", post(explain::why))
        .route("/api/coverage", post(explain::coverage))
        .route("/api/export", post(export::export))
}

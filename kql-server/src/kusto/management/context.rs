//! Who sends a command, and what for.

use crate::ingest;
use crate::kusto::request::KustoRequest;
use crate::query_error::QueryError;
use crate::state::AppState;
use std::sync::Arc;

/// Who sends a command, and what for.
pub struct Context<'a> {
    /// The server.
    pub state: &'a Arc<AppState>,
    /// The request.
    pub request: &'a KustoRequest,
    /// The name of the database, as the client calls it.
    pub database: &'a str,
}

impl Context<'_> {
    /// An error if nothing may be changed.
    pub fn writable(&self) -> Result<(), QueryError> {
        ingest::writable(self.state, self.request.read_only)
    }
}

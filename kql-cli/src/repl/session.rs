//! The state of a session.

use crate::arguments::Environment;
use kql_engine::Engine;
use kql_engine::Progress;
use kql_output::Format;
use std::sync::{Arc, PoisonError, RwLock};

/// Whether the session goes on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Flow {
    Continue,
    Quit,
}

/// The engine of a session. `.load` and `.now` replace it, for the completion too.
pub(super) type Shared = Arc<RwLock<Arc<Engine>>>;

/// The current engine.
pub(super) fn engine(shared: &Shared) -> Arc<Engine> {
    shared.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// A session.
pub(super) struct Session {
    pub(super) environment: Environment,
    pub(super) strict: bool,
    pub(super) format: Format,
    pub(super) engine: Shared,
    pub(super) progress: Arc<Progress>,
    /// Whether anything failed.
    pub(super) failed: bool,
    /// Whether a person types: if so, interrupting a query does not end the session.
    pub(super) person: bool,
}

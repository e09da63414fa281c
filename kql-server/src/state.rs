//! What all requests share.

use crate::catalog::Catalog;
use crate::guard::limits::Bodies;
use crate::metrics::Metrics;
use crate::queries::Queries;
use crate::settings::ServerSettings;
use std::net::SocketAddr;
use std::sync::Arc;

/// The name of the database; every other name stands for it, too.
pub const DATABASE: &str = "NetDefaultDB";

/// What all requests share.
pub struct AppState {
    /// What the server was started with.
    pub settings: ServerSettings,
    /// The address it listens on.
    pub address: SocketAddr,
    /// Tables and functions.
    pub catalog: Arc<Catalog>,
    /// Queries that run and that ran.
    pub queries: Arc<Queries>,
    /// Counts of what happened.
    pub metrics: Arc<Metrics>,
    /// The memory of requests that are being read.
    pub bodies: Bodies,
}

impl AppState {
    /// No requests yet.
    pub fn new(settings: ServerSettings, address: SocketAddr, catalog: Catalog) -> AppState {
        let (limits, metrics) = (settings.limits, Arc::new(Metrics::default()));
        AppState {
            settings,
            address,
            catalog: Arc::new(catalog),
            queries: Arc::new(Queries::new(limits, metrics.clone())),
            metrics,
            bodies: Bodies::new(limits.bodies),
        }
    }
}

#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod body;
pub mod catalog;
mod clock;
mod connection;
mod defender;
pub mod guard;
mod ingest;
mod kusto;
mod log_analytics;
mod mcp;
pub mod metrics;
mod options;
mod page;
pub mod queries;
pub mod query_error;
pub mod query_run;
pub mod scrub;
mod settings;
mod state;
mod store;
mod streaming;
mod timespan;
mod token;
pub mod values;

pub use connection::TlsError;
pub use guard::auth::{Token, TokenError};
pub use guard::cors::AZURE_DATA_EXPLORER;
pub use mcp::serve_mcp;
pub use settings::{LISTEN, ServerLimits, ServerSettings, TlsFiles};
pub use state::{AppState, DATABASE};
pub use store::StoreError;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, Response, StatusCode, header};
use axum::routing::get;
use catalog::Catalog;
use connection::Connections;
use kql_engine::{CancellationToken, Engine};
use std::net::SocketAddr;
use std::sync::Arc;
use store::Store;
use tokio::net::TcpListener;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Other hosts could use the server without a secret.
    #[error("{0} can be reached from other hosts: start the server with a token, or listen on 127.0.0.1")]
    NoToken(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {reason}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's message.
        reason: std::io::Error,
    },
    /// Encryption cannot be set up.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The folder of ingested data cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The tables of that folder cannot be used.
    #[error(transparent)]
    Query(#[from] query_error::QueryError),
    /// An assistant does not begin as its protocol asks.
    #[error("the client does not speak the Model Context Protocol: {0}")]
    Protocol(String),
}

/// A server that listens, and answers once it runs.
pub struct Server {
    /// The address it listens on.
    pub address: SocketAddr,
    listener: TcpListener,
    connections: Connections,
    state: Arc<AppState>,
}

impl Server {
    /// Opens the address, and the folder of ingested data.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn start(settings: ServerSettings, engine: Engine) -> Result<Server, StartError> {
        if settings.token.is_none() && !settings.listen.ip().is_loopback() {
            return Err(StartError::NoToken(settings.listen));
        }
        let tls = settings.tls.as_ref().map(connection::acceptor).transpose()?;
        let store = settings.store.as_deref().map(Store::open).transpose()?;
        let catalog = Catalog::new(engine, store, settings.limits.ingested)?;
        let failed = |reason| StartError::Listen { address: settings.listen, reason };
        let listener = TcpListener::bind(settings.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let limits = settings.limits;
        let state = Arc::new(AppState::new(settings, address, catalog));
        // the folder's tables are found now, not when the first client asks
        state.catalog.engine().await?;
        let (app, metrics) = (app(state.clone()), state.metrics.clone());
        let connections = Connections { app, tls, limits, metrics, stop: CancellationToken::new() };
        Ok(Server { address, listener, connections, state })
    }

    /// Answers requests until `signal` is ready. Then no more requests are accepted, and running ones have some time to end.
    pub async fn run_until(self, signal: impl Future<Output = ()>) {
        let Server { listener, connections, state, .. } = self;
        let (stop, grace) = (connections.stop.clone(), connections.limits.grace);
        let serving = connections.serve(listener);
        let stopping = async {
            signal.await;
            stop.cancel();
            // queries that do not end in time are cancelled, and their clients are told
            tokio::time::sleep(grace / 2).await;
            state.queries.cancel_all();
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = serving => {}
            () = stopping => {}
        }
    }
}

/// All routes, behind the guard.
fn app(state: Arc<AppState>) -> Router {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/metrics", get(metrics_text))
        .merge(kusto::routes())
        .merge(log_analytics::routes())
        .merge(defender::routes())
        .merge(token::routes())
        .merge(page::routes())
        .fallback(async || body::refusal(StatusCode::NOT_FOUND, "There is nothing at this address."))
        .layer(axum::middleware::from_fn_with_state(state.clone(), guard::guard))
        .with_state(state)
}

async fn metrics_text(State(state): State<Arc<AppState>>) -> Response<Body> {
    let mut response = Response::new(Body::from(state.metrics.text()));
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, kind);
    response
}

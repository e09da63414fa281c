//! Connections between executors, which are used again: a stage fetches rows from every task of the stages before it.

use ballista_core::client::BallistaClient;
use ballista_core::client_pool::{BallistaClientPool, PooledClient};
use ballista_core::error::Result;
use ballista_core::extension::BallistaConfigGrpcEndpoint;
use ballista_core::utils::GrpcClientConfig;
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long an unused connection stays open.
const IDLE: Duration = Duration::from_secs(30);

/// Unused connections to one executor.
const MOST_IDLE: usize = 16;

type Idle = HashMap<(String, u16), Vec<(BallistaClient, Instant)>>;

/// Connections that are not in use.
#[derive(Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<Idle>>);

impl fmt::Debug for Connections {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connections")
    }
}

impl Connections {
    fn idle(&self) -> MutexGuard<'_, Idle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Closes what was not used for a while.
    fn close_idle(&self) {
        self.idle().retain(|_, connections| {
            connections.retain(|(_, since)| since.elapsed() < IDLE);
            !connections.is_empty()
        });
    }
}

#[async_trait::async_trait]
impl BallistaClientPool for Connections {
    async fn acquire(
        &self,
        host: &str,
        port: u16,
        config: &GrpcClientConfig,
        customize_endpoint: Option<Arc<BallistaConfigGrpcEndpoint>>,
    ) -> Result<PooledClient> {
        self.close_idle();
        let key = (host.to_owned(), port);
        let known = self.idle().get_mut(&key).and_then(Vec::pop);
        let client = match known {
            Some((client, _)) => client,
            None => {
                BallistaClient::try_new(
                    host,
                    port,
                    config.max_message_size,
                    config.use_tls,
                    customize_endpoint,
                    config.io_retries_times,
                    config.io_retry_wait_time_ms,
                    config.initial_connection_window_size,
                    config.initial_stream_window_size,
                )
                .await?
            }
        };
        let pool = self.clone();
        Ok(PooledClient::new(
            client,
            Box::new(move |client| {
                let mut idle = pool.idle();
                let connections = idle.entry(key).or_default();
                if connections.len() < MOST_IDLE {
                    connections.push((client, Instant::now()));
                }
            }),
        ))
    }

    async fn evict_idle(&self) {
        self.close_idle();
    }
}

//! Connections: they are accepted, perhaps encrypted, and spoken to in HTTP until the client or the server ends them.

use crate::guard::stall::{Answering, Unstalled};
use crate::metrics::Metrics;
use crate::settings::{ServerLimits, TlsFiles};
use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use kql_engine::CancellationToken;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tower::ServiceExt;

/// Bytes of the head of a request.
const HEAD: usize = 64 << 10;
/// Headers of a request.
const HEADERS: usize = 100;

/// Why encryption cannot be set up.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file is not the PEM that it should be.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Certificate and key do not fit together.
    #[error("the certificate and the key cannot be used: {0}")]
    Pair(tokio_rustls::rustls::Error),
}

/// What encrypts connections with this certificate.
pub fn acceptor(files: &TlsFiles) -> Result<TlsAcceptor, TlsError> {
    let wrong = |path: &Path, reason: String| TlsError::File { path: path.to_owned(), reason };
    let chain = CertificateDer::pem_file_iter(&files.certificate)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(|e| wrong(&files.certificate, e.to_string()))?;
    if chain.is_empty() {
        return Err(wrong(&files.certificate, "there is no certificate in it".to_owned()));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|e| wrong(&files.key, e.to_string()))?;
    let provider = Arc::new(tokio_rustls::rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Pair)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(TlsError::Pair)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// What connections need.
#[derive(Clone)]
pub struct Connections {
    /// The routes.
    pub app: Router,
    /// What encrypts, if anything does.
    pub tls: Option<TlsAcceptor>,
    /// Their limits.
    pub limits: ServerLimits,
    /// Counts.
    pub metrics: Arc<Metrics>,
    /// Says that no more requests are answered.
    pub stop: CancellationToken,
}

impl Connections {
    /// Accepts connections until the server stops; then running requests have some time to end.
    pub async fn serve(self, listener: TcpListener) {
        let room = Arc::new(Semaphore::new(self.limits.connections));
        let mut open = JoinSet::new();
        loop {
            let permit = tokio::select! {
                permit = room.clone().acquire_owned() => permit,
                () = self.stop.cancelled() => break,
            };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = self.stop.cancelled() => break,
            };
            let Ok((stream, _)) = accepted else {
                // there may be no file handles left; some connection ends soon
                tokio::time::sleep(Duration::from_millis(20)).await;
                continue;
            };
            while open.try_join_next().is_some() {}
            let own = self.clone();
            open.spawn(async move {
                let _permit = permit;
                own.metrics.connections(1);
                let _counted = Counted(own.metrics.clone());
                own.connection(stream).await;
            });
        }
        drop(listener);
        let ended = async { while open.join_next().await.is_some() {} };
        // what still runs ends with the process
        let _ = tokio::time::timeout(self.limits.grace, ended).await;
    }

    async fn connection(&self, stream: TcpStream) {
        // answers are written as a whole or in large pieces
        let _ = stream.set_nodelay(true);
        match &self.tls {
            None => self.requests(stream).await,
            Some(tls) => {
                let handshake = tokio::time::timeout(self.limits.reading, tls.accept(stream)).await;
                if let Ok(Ok(stream)) = handshake {
                    self.requests(stream).await;
                }
            }
        }
    }

    async fn requests<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(&self, stream: S) {
        let ServerLimits { reading, writing, idle, .. } = self.limits;
        let answering = Answering::default();
        let stream = Unstalled::new(stream, answering.clone(), reading, writing);
        let app = self.app.clone();
        let service = service_fn(move |request: Request<Incoming>| {
            let answer = answering.begin();
            let answered = app.clone().oneshot(request);
            async move {
                let response: Response<Body> = answered.await?;
                // the answer ends when its body is dropped
                let is_held = move |frame| {
                    let _held = &answer;
                    frame
                };
                Ok::<_, Infallible>(response.map(|body| body.map_frame(is_held)))
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(idle)
            .max_buf_size(HEAD)
            .max_headers(HEADERS)
            .serve_connection(TokioIo::new(stream), service);
        let mut connection = pin!(connection);
        // an error is the client's: it broke the protocol, or went away
        let _ = tokio::select! {
            ended = connection.as_mut() => ended,
            () = self.stop.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
    }
}

/// A connection that is counted as open.
struct Counted(Arc<Metrics>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.connections(-1);
    }
}

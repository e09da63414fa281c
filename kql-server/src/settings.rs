//! What a server is started with.

use crate::guard::auth::Token;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// The address that a server listens on unless it is told another one.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// Settings of a [`crate::Server`].
#[derive(Clone, Debug)]
pub struct ServerSettings {
    /// The address to listen on; with port 0, a free one.
    pub listen: SocketAddr,
    /// The token that clients must send. Addresses that other hosts can reach need one.
    pub token: Option<Token>,
    /// The certificate and its key, as PEM; without them, the server speaks plain HTTP.
    pub tls: Option<TlsFiles>,
    /// Whether commands that change something are refused.
    pub read_only: bool,
    /// The folder where ingested tables and functions are kept; without one, they are in memory.
    pub store: Option<PathBuf>,
    /// Names under which clients reach this server, besides those of this computer and the address itself.
    pub hosts: Vec<String>,
    /// Origins whose pages can send requests.
    pub origins: Vec<String>,
    /// Limits of requests and queries.
    pub limits: ServerLimits,
}

impl Default for ServerSettings {
    fn default() -> ServerSettings {
        ServerSettings {
            listen: LISTEN,
            token: None,
            tls: None,
            read_only: false,
            store: None,
            hosts: Vec::new(),
            origins: Vec::new(),
            limits: ServerLimits::default(),
        }
    }
}

/// A certificate and its key.
#[derive(Clone, Debug)]
pub struct TlsFiles {
    /// The chain of certificates, the server's first.
    pub certificate: PathBuf,
    /// The private key of the first certificate.
    pub key: PathBuf,
}

/// Limits of requests and queries.
#[derive(Clone, Copy, Debug)]
pub struct ServerLimits {
    /// Queries that run at once.
    pub queries: usize,
    /// Queries that wait for their turn; further ones are refused.
    pub waiting: usize,
    /// How long a query waits for its turn before it is refused.
    pub patience: Duration,
    /// How long a query can run; clients can ask for less.
    pub timeout: Duration,
    /// Rows of a result, unless the client asks for another number.
    pub rows: u64,
    /// Bytes of a result, unless the client asks for another number.
    pub bytes: u64,
    /// Bytes of a request with a query.
    pub query_body: usize,
    /// Bytes of a request with data, as sent and unpacked.
    pub data_body: usize,
    /// Bytes of all requests that are being read.
    pub bodies: usize,
    /// Bytes of ingested rows that are kept in memory.
    pub ingested: usize,
    /// Open connections.
    pub connections: usize,
    /// How long a client can take to send the head of a request, or the next part of its body.
    pub reading: Duration,
    /// How long a connection stays open without a request.
    pub idle: Duration,
    /// How long a client can leave an answer unread.
    pub writing: Duration,
    /// How long running requests have to end when the server stops.
    pub grace: Duration,
}

impl Default for ServerLimits {
    fn default() -> ServerLimits {
        let processors = std::thread::available_parallelism().map_or(1, usize::from);
        ServerLimits {
            queries: (2 * processors).max(4),
            waiting: 256,
            patience: Duration::from_secs(10),
            timeout: Duration::from_secs(240),
            rows: 500_000,
            bytes: 64 << 20,
            query_body: 4 << 20,
            data_body: 256 << 20,
            bodies: 512 << 20,
            ingested: 1 << 30,
            connections: 2048,
            reading: Duration::from_secs(30),
            idle: Duration::from_secs(600),
            writing: Duration::from_secs(60),
            grace: Duration::from_secs(5),
        }
    }
}

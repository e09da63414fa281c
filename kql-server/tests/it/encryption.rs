//! HTTPS, with a certificate of localhost that is of no use elsewhere.

use crate::client::TestServer;
use kql_engine::Engine;
use kql_server::{Server, ServerSettings, StartError, TlsFiles};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, ServerName};
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::ring::default_provider;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

fn files(certificate: &str, key: &str) -> ServerSettings {
    let tls = Some(TlsFiles { certificate: file(certificate), key: file(key) });
    ServerSettings { tls, ..ServerSettings::default() }
}

#[test]
fn answers_are_encrypted() {
    let (server, _folder) = TestServer::with(&[], files("certificate.pem", "key.pem"));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(file("certificate.pem")).unwrap()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let answer = runtime.block_on(async {
        let stream = tokio::net::TcpStream::connect(server.address).await.unwrap();
        let name = ServerName::try_from("localhost").unwrap();
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap();
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    });
    assert!(answer.starts_with("HTTP/1.1 200") && answer.ends_with("ok\n"), "{answer}");
    // one that does not encrypt gets nothing
    let mut plain = server.connect();
    crate::client::write_request(&mut plain, server.address, "GET", "/healthz", &[], b"");
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP"), "{}", String::from_utf8_lossy(&answer));
}

#[test]
fn what_is_no_certificate() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for (certificate, key) in [
        ("key.pem", "key.pem"),
        ("certificate.pem", "certificate.pem"),
        ("missing.pem", "key.pem"),
        ("../main.rs", "key.pem"),
    ] {
        let engine = Engine::builder().build().unwrap();
        let started = runtime.block_on(Server::start(files(certificate, key), engine));
        assert!(matches!(started, Err(StartError::Tls(_))), "{certificate} {key}");
    }
}

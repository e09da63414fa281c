//! A server in this process, and a client that writes HTTP by hand, so that it can also write it wrongly.

use kql_engine::Engine;
use kql_server::{Server, ServerSettings};
use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;
use tokio::sync::oneshot;

/// A server that runs until this is dropped.
pub struct TestServer {
    pub address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl TestServer {
    /// A server over these files, with the usual settings.
    pub fn over(files: &[(&str, &str)]) -> (TestServer, tempfile::TempDir) {
        TestServer::with(files, ServerSettings::default())
    }

    /// A server over these files.
    pub fn with(files: &[(&str, &str)], settings: ServerSettings) -> (TestServer, tempfile::TempDir) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::fs::write(folder.path().join(name), text).unwrap();
        }
        let mut builder = Engine::builder().allow_files(folder.path());
        if !files.is_empty() {
            builder = builder.data(folder.path().to_owned().into());
        }
        (TestServer::of(builder.build().unwrap(), settings), folder)
    }

    /// A server with an engine.
    pub fn of(engine: Engine, settings: ServerSettings) -> TestServer {
        let settings = ServerSettings { listen: SocketAddr::new(settings.listen.ip(), 0), ..settings };
        let (stop, stopped) = oneshot::channel();
        let (started, address) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async {
                let server = Server::start(settings, engine).await.unwrap();
                started.send(server.address).unwrap();
                server.run_until(async { _ = stopped.await }).await;
            });
        });
        let address = address.recv().unwrap();
        TestServer {
            address: SocketAddr::new([127, 0, 0, 1].into(), address.port()),
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Sends a request, and reads its answer.
    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        let mut stream = self.connect();
        write_request(&mut stream, self.address, method, path, headers, body);
        Answer::read(&mut stream)
    }

    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("Content-Type", "application/json")], body.to_string().as_bytes())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    /// A query in the second version of Kusto's protocol.
    pub fn query(&self, text: &str) -> Answer {
        self.post("/v2/rest/query", &json!({"db": "NetDefaultDB", "csl": text}))
    }

    /// The rows of the first result of a query.
    pub fn rows(&self, text: &str) -> Value {
        let answer = self.query(text);
        assert_eq!(answer.status, 200, "{text}: {}", answer.text());
        let frames = answer.json();
        let primary = frames.as_array().unwrap().iter().find(|frame| frame["TableKind"] == "PrimaryResult");
        primary.unwrap()["Rows"].clone()
    }

    /// A command.
    pub fn command(&self, text: &str) -> Answer {
        self.post("/v1/rest/mgmt", &json!({"db": "NetDefaultDB", "csl": text}))
    }

    /// The rows of a command, which succeeds.
    pub fn done(&self, text: &str) -> Value {
        let answer = self.command(text);
        assert_eq!(answer.status, 200, "{text}: {}", answer.text());
        answer.json()["Tables"][0]["Rows"].clone()
    }
}

impl Drop for TestServer {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Writes a request; a Host and a length are added unless they are given.
pub fn write_request(
    stream: &mut TcpStream,
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) {
    let has = |name: &str| headers.iter().any(|(given, _)| given.eq_ignore_ascii_case(name));
    let mut head = format!("{method} {path} HTTP/1.1\r\n");
    if !has("host") {
        head.push_str(&format!("Host: {address}\r\n"));
    }
    if !has("content-length") && !has("transfer-encoding") {
        head.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).unwrap();
    // a server that refuses a request reads no more of it
    let _ = stream.write_all(body);
}

/// An answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads one answer.
    pub fn read(stream: &mut TcpStream) -> Answer {
        let mut bytes = Vec::new();
        let head_end = loop {
            if let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") {
                break end;
            }
            let mut buffer = [0; 8192];
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "no answer: {}", String::from_utf8_lossy(&bytes));
            bytes.extend_from_slice(&buffer[..count]);
        };
        let head = String::from_utf8(bytes[..head_end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| line.split_once(": ").unwrap_or((line.trim_end_matches(':'), "")))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let mut answer = Answer { status, headers, body: Vec::new() };
        let mut rest = bytes[head_end + 4..].to_vec();
        match answer.header("content-length").map(|length| length.parse::<usize>().unwrap()) {
            Some(length) => {
                while rest.len() < length {
                    more(stream, &mut rest);
                }
                answer.body = rest[..length].to_vec();
            }
            None if answer.header("transfer-encoding").is_some() => answer.body = chunks(stream, rest),
            None => {}
        }
        answer
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }
}

fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) {
    let mut buffer = vec![0; 1 << 16];
    let count = stream.read(&mut buffer).unwrap();
    assert!(count > 0, "the answer is cut off");
    bytes.extend_from_slice(&buffer[..count]);
}

fn chunks(stream: &mut TcpStream, mut rest: Vec<u8>) -> Vec<u8> {
    let mut body = Vec::new();
    let mut at = 0;
    loop {
        let line_end = loop {
            match rest[at..].windows(2).position(|w| w == b"\r\n") {
                Some(end) => break at + end,
                None => more(stream, &mut rest),
            }
        };
        let size = usize::from_str_radix(std::str::from_utf8(&rest[at..line_end]).unwrap(), 16).unwrap();
        while rest.len() < line_end + 2 + size + 2 {
            more(stream, &mut rest);
        }
        if size == 0 {
            return body;
        }
        body.extend_from_slice(&rest[line_end + 2..line_end + 2 + size]);
        rest.drain(..line_end + 2 + size + 2);
        at = 0;
    }
}

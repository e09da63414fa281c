//! A process of `kql` that listens, for tests.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

/// The process; it is killed at the end.
pub struct Served {
    pub child: Child,
    pub address: String,
}

impl Served {
    /// Starts `kql` with these arguments, and reads where it listens.
    pub fn start(arguments: &[&str]) -> Served {
        let mut child =
            Command::new(env!("CARGO_BIN_EXE_kql")).args(arguments).stdout(Stdio::piped()).spawn().expect("kql starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let address = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}"));
        Served { address: address.to_owned(), child }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

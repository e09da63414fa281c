//! A folder of files, and what a person sees of a run in it.

use std::fmt::Write;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A folder with these files.
pub fn place(files: &[(&str, &[u8])]) -> TempDir {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    for (name, content) in files {
        let path = place.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder can be made");
        std::fs::write(path, content).expect("a file can be written");
    }
    place
}

/// The exit status and both outputs of a run.
pub fn shown(folder: &Path, arguments: &[&str]) -> String {
    let output =
        Command::new(env!("CARGO_BIN_EXE_kql")).args(arguments).current_dir(folder).output().expect("kql starts");
    let mut text = format!("exit status {}\n", output.status.code().unwrap_or(-1));
    for (name, content) in [("standard output", &output.stdout), ("standard error", &output.stderr)] {
        if !content.is_empty() {
            let _ = write!(text, "--- {name}\n{}", String::from_utf8_lossy(content));
        }
    }
    assert!(!text.contains("panicked"), "{text}");
    text
}

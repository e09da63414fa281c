//! `kql test --watch`

use crate::made::folder::place;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

/// Ends the program when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Waits until a file has a text a number of times; returns how often it has it in the end.
fn times(path: &Path, text: &str, wanted: usize) -> usize {
    let begin = Instant::now();
    loop {
        let count = std::fs::read_to_string(path).unwrap_or_default().matches(text).count();
        if count >= wanted || begin.elapsed() > Duration::from_secs(30) {
            return count;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn only_files_that_were_read_start_the_tests_again() {
    let tests = "tests: [{name: large, given: {Widgets: rows.ndjson}, expect: some}]\n";
    let place = place(&[
        ("rule.kql", b"Widgets | where Size > 1"),
        ("rule.test.yaml", tests.as_bytes()),
        ("rows.ndjson", b"{\"Size\": 2}\n"),
    ]);
    let elsewhere = tempfile::tempdir().expect("a folder");
    let (out, said) = (place.path().join("out.txt"), elsewhere.path().join("said.txt"));
    let program = Command::new(env!("CARGO_BIN_EXE_kql"))
        .args(["test", "--watch", "."])
        .current_dir(place.path())
        .stdout(File::create(&out).expect("a file"))
        .stderr(File::create(&said).expect("a file"))
        .spawn()
        .expect("kql starts");
    let _running = Running(program);
    assert_eq!(times(&said, "Waiting", 1), 1);
    // the output is in the folder, and so are files of others
    std::fs::write(place.path().join("notes.txt"), "x").expect("a file can be written");
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(times(&out, " passed in ", 1), 1, "a file that was not read");
    std::fs::write(place.path().join("rows.ndjson"), "{\"Size\": 3}\n").expect("a file can be written");
    assert_eq!(times(&said, "Waiting", 2), 2, "a file of rows");
    std::fs::write(place.path().join("new.test.yaml"), format!("rule: rule.kql\n{tests}")).expect("a file");
    assert_eq!(times(&said, "Waiting", 3), 3, "a new test file");
    assert_eq!(times(&out, " passed in ", 3), 3);
}

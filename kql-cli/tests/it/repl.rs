//! A session that a script drives.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

fn session(folder: &Path, arguments: &[&str], input: &str) -> (Option<i32>, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_kql"))
        .arg("repl")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("kql starts");
    let _ = child.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("kql ends");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn a_session() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    std::fs::write(place.path().join("Logons.csv"), "user,bytes\nann,10\nbob,20\nann,30\n").expect("a file");
    let input = "\
.load Logons.csv
.tables
.schema Logons
Logons
| summarize total = sum(bytes) by user
| order by user asc

let least = 15;
Logons | where bytes > least | count;
.format json
print x = 1
.now 2024-05-01T12:00:00Z
.format csv
print now(), ago(1d)
Logons | where byte > 5
.shcema Logons
.load nothing.csv
print done = true
.quit
print 'never'
";
    let (status, out, err) = session(place.path(), &[], input);
    let out: String =
        out.lines().filter(|line| !line.contains("more tables are known")).map(|l| format!("{l}\n")).collect();
    insta::assert_snapshot!(format!("exit status {status:?}\n--- standard output\n{out}--- standard error\n{err}"));
}

#[test]
fn help() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let (status, out, err) = session(place.path(), &[], ".help\n.help abs\n.help avg\n.help strlenn\n.help where\n");
    assert_eq!(status, Some(1), "one of them is misspelt");
    insta::assert_snapshot!(format!("{out}---\n{err}"));
}

#[test]
fn help_of_special_functions_and_plugins() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let input = ".help pack_all\n.help toscalar\n.help columnifexists\n.help bag_unpack\n.help bag_unpac\n";
    let (status, out, err) = session(place.path(), &[], input);
    assert_eq!(status, Some(1), "one of them is misspelt");
    insta::assert_snapshot!(format!("{out}---\n{err}"));
}

#[test]
fn options_hold_as_for_run() {
    let place = tempfile::tempdir().expect("a temporary folder can be made");
    let (status, out, err) = session(
        place.path(),
        &["--now", "2024-05-01", "--param", "n=5", "--format", "csv"],
        "declare query_parameters(n: long); print now(), n\n",
    );
    assert_eq!((status, out.as_str(), err.as_str()), (Some(0), "print_0,print_1\n2024-05-01T00:00:00Z,5\n", ""));
    let (status, _, err) = session(place.path(), &["--format", "parquet"], "print 1\n");
    assert_eq!(status, Some(2), "{err}");
}

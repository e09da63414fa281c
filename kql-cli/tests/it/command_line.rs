//! The command line as a new user meets it: the founding query, and what a person gets wrong. Every run goes through the
//! built binary, in a folder of its own, so that messages name the paths a person would see.

use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder to run in.
struct Place(TempDir);

/// How a run ended.
struct Ran {
    status: Option<i32>,
    out: String,
    err: String,
}

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().expect("a temporary folder can be made"))
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Place {
        let path = self.0.path().join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).expect("a folder can be made");
        }
        std::fs::write(path, content).expect("a file can be written");
        self
    }

    fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with(arguments, "")
    }

    fn run_with(&self, arguments: &[&str], input: &str) -> Ran {
        let mut child = Command::new(env!("CARGO_BIN_EXE_kql"))
            .args(arguments)
            .current_dir(self.0.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kql starts");
        // a run that fails early does not read its input
        let _ = child.stdin.take().map(|mut pipe| pipe.write_all(input.as_bytes()));
        let output = child.wait_with_output().expect("kql ends");
        Ran {
            status: output.status.code(),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// What a person sees of a run.
    fn shown(&self, arguments: &[&str]) -> String {
        self.run(arguments).shown()
    }
}

impl Ran {
    fn shown(&self) -> String {
        assert!(!self.err.contains("panicked"), "{}", self.err);
        let mut text = format!("exit status {}\n", self.status.map_or(-1, |s| s));
        for (name, content) in [("standard output", &self.out), ("standard error", &self.err)] {
            if !content.is_empty() {
                let _ = write!(text, "--- {name}\n{content}");
            }
        }
        text
    }
}

fn founding() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../queries/T1070.008-clear-mailbox-data")
}

fn founding_query() -> String {
    std::fs::read_to_string(founding().join("query.kql")).expect("the founding query is there")
}

const NOW: &str = "2026-03-10T12:00:00Z";

/// The lines of a CSV result, header first, rows sorted: rows of one time may come in any order.
fn rows(out: &str) -> Vec<String> {
    let mut lines: Vec<String> = out.lines().map(str::to_owned).collect();
    if let Some(rows) = lines.get_mut(1..) {
        rows.sort();
    }
    lines
}

#[test]
fn the_founding_query_finds_the_same_rows_in_every_format() {
    let place = Place::new();
    let query = founding_query();
    let data = founding().join("data");
    let data = data.to_str().expect("the path is text");
    place.file("query.kql", &query);
    let first = place.run(&["run", "query.kql", "--data", data, "--now", NOW, "--format", "csv"]);
    assert_eq!(first.status, Some(0), "{}", first.err);
    assert_eq!(first.out.matches("hit-").count(), first.out.matches("DetectionType").count() - 1 + hits(&first.out));
    assert!(!first.out.contains("miss-"), "{}", first.out);
    for table in ["DeviceProcessEvents", "OfficeActivity"] {
        let columns = match table {
            "DeviceProcessEvents" => {
                "Timestamp, DeviceName, AccountName, FileName, ProcessCommandLine, InitiatingProcessFileName, InitiatingProcessCommandLine"
            }
            _ => {
                "TimeGenerated, UserId, Operation, ClientIP, MailboxOwnerUPN, OfficeObjectId, ResultStatus, RecordType, Parameters"
            }
        };
        for format in ["csv", "parquet", "ndjson", "arrow"] {
            let file = format!("{format}/{table}.{format}");
            std::fs::create_dir_all(place.0.path().join(format)).expect("a folder can be made");
            let text = format!("{table} | project {columns}");
            let written = place.run(&["run", "-q", &text, "--data", data, "-o", &file, "--now", NOW]);
            assert_eq!(written.status, Some(0), "{}", written.err);
        }
        // a JSON array of the same rows
        let lines = std::fs::read_to_string(place.0.path().join(format!("ndjson/{table}.ndjson"))).expect("written");
        let array = format!("[{}]", lines.trim_end().replace('\n', ",\n"));
        place.file(&format!("json/{table}.json"), array);
    }
    for format in ["csv", "parquet", "ndjson", "json", "arrow"] {
        let again = place.run(&["run", "query.kql", "--data", format, "--now", NOW, "--format", "csv"]);
        assert_eq!(again.status, Some(0), "{}", again.err);
        assert_eq!(rows(&again.out), rows(&first.out), "from {format}");
        let json = place.run(&["run", "query.kql", "--data", format, "--now", NOW, "--format", "json"]);
        let types = json.out.split("\"rows\"").next().unwrap_or("").to_owned();
        let expected = place.run(&["run", "query.kql", "--data", data, "--now", NOW, "--format", "json"]);
        assert_eq!(types, expected.out.split("\"rows\"").next().unwrap_or(""), "columns and types from {format}");
    }
}

/// Rows of the result, by the name that says which case they are.
fn hits(out: &str) -> usize {
    out.matches("hit-").count() - (out.matches("DetectionType").count() - 1)
}

#[test]
fn the_columns_of_the_founding_query() {
    let place = Place::new();
    place.file("query.kql", founding_query());
    insta::assert_snapshot!(place.shown(&["check", "query.kql"]));
}

#[test]
fn the_words_of_a_web_page_behind_the_query() {
    let place = Place::new();
    place.file("page.kql", founding_query().trim_end().to_owned() + " high severity medium confidence\n");
    insta::assert_snapshot!(place.shown(&["run", "page.kql", "--now", NOW]));
}

#[test]
fn no_such_file() {
    let place = Place::new();
    insta::assert_snapshot!(
        [
            place.shown(&["run", "nothing.kql"]),
            place.shown(&["check", "nothing.kql"]),
            place.shown(&["run", "-q", "T", "--data", "nothing.ndjson"]),
            place.shown(&["run", "-q", "print 1", "--functions", "nothing.json"]),
        ]
        .join("\n")
    );
}

#[test]
fn names_that_nothing_has() {
    let place = Place::new();
    insta::assert_snapshot!(
        [
            place.shown(&["run", "-q", "DeviceProcesEvents | take 1"]),
            place.shown(&["run", "-q", "DeviceProcessEvents | where FileNam == 'a'"]),
            place.shown(&["run", "-q", "print tolowr('A')"]),
            place.shown(&["run", "-q", "print 1 | sumarize count()"]),
            place.shown(&["run", "-q", "DeviceProcessEvents | where NoSuch == 1 | extend y = nosuch(FileName)"]),
        ]
        .join("\n")
    );
}

#[test]
fn a_query_of_ten_thousand_brackets() {
    let place = Place::new();
    let text = format!("print {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    let ran = place.run_with(&["run", "-"], &text);
    assert_eq!(ran.status, Some(1));
    let message = ran.err.lines().next().unwrap_or_default().to_owned();
    insta::assert_snapshot!(message);
    let open = "[".repeat(10_000);
    let ran = place.run_with(&["run", "-"], &format!("print dynamic({open}"));
    assert_eq!(ran.status, Some(1), "{}", ran.err.len());
    assert!(!ran.err.contains("panicked"));
}

#[test]
fn nothing_to_run() {
    let place = Place::new();
    place.file("empty.kql", "").file("comment.kql", "// nothing yet\n").file("let.kql", "let x = 1;\n");
    insta::assert_snapshot!(
        [
            place.shown(&["run", "empty.kql"]),
            place.shown(&["run", "comment.kql"]),
            place.shown(&["run", "let.kql"]),
            place.shown(&["run", "-q", "  "]),
        ]
        .join("\n")
    );
}

#[test]
fn an_empty_data_file() {
    let place = Place::new();
    place.file("T.ndjson", "").file("U.csv", "").file("V.parquet", "").file("W.json", "");
    place.file("DeviceInfo.ndjson", "");
    insta::assert_snapshot!(
        [
            place.shown(&["run", "-q", "T", "--data", "T.ndjson"]),
            place.shown(&["run", "-q", "U | count", "--data", "U.csv"]),
            place.shown(&["run", "-q", "V | count", "--data", "V.parquet"]),
            place.shown(&["run", "-q", "W | count", "--data", "W.json"]),
            place.shown(&["run", "-q", "DeviceInfo | where DeviceName has 'a' | count", "--data", "DeviceInfo.ndjson"]),
        ]
        .join("\n")
    );
}

#[test]
fn byte_order_marks() {
    let place = Place::new();
    place
        .file("query.kql", "\u{feff}T | project a, b")
        .file("T.ndjson", "\u{feff}{\"a\": 1, \"b\": \"x\"}\n")
        .file("csv/T.csv", "\u{feff}a,b\n1,x\n")
        .file("json/T.json", "\u{feff}[{\"a\": 1, \"b\": \"x\"}]");
    insta::assert_snapshot!(
        [
            place.shown(&["run", "query.kql", "--data", "T.ndjson"]),
            place.shown(&["run", "query.kql", "--data", "csv"]),
            place.shown(&["run", "query.kql", "--data", "json"]),
        ]
        .join("\n")
    );
}

#[test]
fn text_that_is_not_utf_8() {
    let place = Place::new();
    place
        .file("query.kql", b"print 1\n| extend x = '\xff'\n")
        .file("T.ndjson", b"{\"a\": \"fine\"}\n{\"a\": \"\xff\"}\n{\"a\": \"fine too\"}\n")
        .file("csv/T.csv", b"a\nfine\n\xff\nfine too\n");
    insta::assert_snapshot!(
        [
            place.shown(&["run", "query.kql"]),
            place.shown(&["run", "-q", "T", "--data", "T.ndjson"]),
            place.shown(&["run", "-q", "T", "--data", "csv"]),
        ]
        .join("\n")
    );
}

#[test]
fn a_damaged_line() {
    let place = Place::new();
    place.file("T.ndjson", "{\"a\": 1}\n{\"a\": 2}\n{\"a\": 3, \"b\": \"cut of\n{\"a\": 4}\n");
    place.file("csv/T.csv", "a,b\n1,x\n2,y,z\n3,w\n");
    insta::assert_snapshot!(
        [
            place.shown(&["run", "-q", "T", "--data", "T.ndjson"]),
            place.shown(&["run", "-q", "T", "--data", "T.ndjson", "--strict"]),
            place.shown(&["run", "-q", "T", "--data", "csv"]),
            place.shown(&["run", "-q", "T", "--data", "csv", "--strict"]),
        ]
        .join("\n")
    );
}

#[test]
fn values_that_do_not_fit() {
    let place = Place::new();
    place.file(
        "DeviceInfo.ndjson",
        "{\"Timestamp\": \"2024-05-01T00:00:00Z\", \"DeviceName\": \"a\"}\n{\"Timestamp\": \"yesterday\", \"DeviceName\": 5}\n",
    );
    insta::assert_snapshot!(place.shown(&[
        "run",
        "-q",
        "DeviceInfo | project Timestamp, DeviceName",
        "--data",
        "DeviceInfo.ndjson"
    ]));
}

#[test]
fn files_that_are_not_what_their_names_say() {
    let place = Place::new();
    place
        .file("T.parquet", "a,b\n1,2\n")
        .file("U.arrow", "a,b\n1,2\n")
        .file("V.json", "{\"a\": 1")
        .file("W.ndjson.gz", "no gzip")
        .file("X.docx", "a");
    insta::assert_snapshot!(
        [
            place.shown(&["run", "-q", "T", "--data", "T.parquet"]),
            place.shown(&["run", "-q", "U", "--data", "U.arrow"]),
            place.shown(&["run", "-q", "V", "--data", "V.json"]),
            place.shown(&["run", "-q", "W", "--data", "W.ndjson.gz"]),
            place.shown(&["run", "-q", "X", "--data", "X.docx"]),
        ]
        .join("\n")
    );
}

#[test]
fn a_wrong_command_line() {
    let place = Place::new();
    insta::assert_snapshot!(
        [
            place.shown(&["run"]),
            place.shown(&["run", "-q", "print 1", "--now", "tomorrow"]),
            place.shown(&["run", "-q", "print 1", "--param", "x"]),
            place.shown(&["run", "-q", "print 1", "--format", "xls"]),
            place.shown(&["run", "-q", "print 1", "-o", "out.xls"]),
            place.shown(&["rnu"]),
        ]
        .join("\n")
    );
}

#[test]
fn every_format_of_a_result() {
    let place = Place::new();
    let query = "print b = true, i = int(1), l = 2, r = 1.5, d = decimal(2.5), s = 'a,\"b\"\\n', t = datetime(2024-05-01 12:00:00.1), \
                 p = 1d + 2h, g = guid(74be27de-1e4e-49d9-b579-fe0b331d3642), y = dynamic({'k': [1, null]}), n = int(null)";
    let shown: Vec<String> = ["table", "json", "ndjson", "csv", "markdown"]
        .iter()
        .map(|format| format!("{format}\n{}", place.shown(&["run", "-q", query, "--format", format])))
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

/// Results of one operator come one after the other, each under its name where the format has names.
#[test]
fn several_results_of_fork() {
    let query = "datatable(a: long) [1, 2] | fork (where a == 2) total = (count)";
    let place = Place::new();
    assert_eq!(place.run(&["run", "-q", query, "--format", "csv"]).out, "a\n2\n\nCount\n2\n");
    assert_eq!(
        place.run(&["run", "-q", query, "--format", "markdown"]).out,
        "| a: long |\n| --- |\n| 2 |\n\n| Count: long |\n| --- |\n| 2 |\n"
    );
    let json: serde_json::Value =
        serde_json::from_str(&place.run(&["run", "-q", query, "--format", "json"]).out).expect("JSON");
    assert_eq!(json["tables"][0]["name"], "PrimaryResult");
    assert_eq!(json["tables"][1]["name"], "total");
    assert_eq!(json["tables"][1]["rows"], serde_json::json!([[2]]));
}

const EXTERNAL: &str =
    "externaldata(a: long) ['https://example.com/lists/numbers%201.csv?sv=1'] | summarize n = count(), s = sum(a)";

#[test]
fn external_data_in_a_folder_of_copies() {
    let place = Place::new();
    place.file("copies/numbers 1.csv", "1\n2\n");
    let ran = place.run(&["run", "--external", "copies", "-q", EXTERNAL]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(0), "n,s\n2,3\n"), "{}", ran.err);
    // the folder holds copies under their own names only
    place.file("copies/other.csv", "1\n");
    let ran = place.run(&["run", "--external", "copies", "-q", "externaldata(a: long) ['https://example.com/..']"]);
    assert_eq!(ran.status, Some(1), "{}", ran.err);
}

#[test]
fn external_data_without_a_copy() {
    let place = Place::new();
    let ran = place.run(&["run", "-q", EXTERNAL]);
    assert_eq!(ran.status, Some(1));
    assert!(ran.err.contains("https://example.com/lists/numbers%201.csv?sv=1"), "{}", ran.err);
    assert!(ran.err.contains("--external-missing empty"), "{}", ran.err);
    let ran = place.run(&["run", "--external-missing", "empty", "-q", EXTERNAL]);
    assert_eq!((ran.status, ran.out.as_str()), (Some(0), "n,s\n0,0\n"), "{}", ran.err);
    assert!(ran.err.contains("treated as empty"), "{}", ran.err);
    let ran = place.run(&["run", "--external", "nowhere", "-q", EXTERNAL]);
    assert_eq!(ran.status, Some(2), "{}", ran.err);
}

#[test]
fn external_data_by_its_path() {
    let place = Place::new();
    place.file("queries/beside.csv", "1\n2\n");
    place.file("data/T.csv", "a\n1\n");
    place.file("data/list.csv", "5\n");
    place.file("other/secret.csv", "7\n");
    let query = |path: &str| format!("externaldata(a: long) ['{path}'] | summarize sum(a)");
    place.file("queries/q.kql", query("beside.csv"));
    place.file("queries/out.kql", query("../other/secret.csv"));
    let succeeds = |args: &[&str], sum: &str| {
        let ran = place.run(args);
        assert_eq!(
            (ran.status, ran.out.as_str()),
            (Some(0), format!("sum_a\n{sum}\n").as_str()),
            "{args:?} {}",
            ran.err
        );
    };
    succeeds(&["run", "queries/q.kql"], "3");
    succeeds(&["run", "--data", "data", "-q", &query("data/list.csv")], "5");
    succeeds(&["run", "--data", "data", "-q", &query("list.csv")], "5");
    succeeds(&["run", "--allow-files", "other", "queries/out.kql"], "7");
    succeeds(&["run", "--external", "l=other/secret.csv", "-q", &query("l")], "7");
    for args in [
        ["run", "queries/out.kql"].as_slice(),
        &["run", "--data", "data", "-q", &query("data/../other/secret.csv")],
        &["run", "-q", &query("other/secret.csv")],
        &["run", "--external-missing", "empty", "-q", &query("other/secret.csv")],
    ] {
        let ran = place.run(args);
        assert_eq!(ran.status, Some(1), "{args:?} {}", ran.out);
        assert!(ran.err.contains("KQ313") && ran.err.contains("--allow-files"), "{}", ran.err);
    }
    let ran = place.run(&["run", "--data", "data", "-q", &query("data")]);
    assert!(ran.status == Some(1) && ran.err.contains("not a regular file"), "{}", ran.err);
    let ran = place.run(&["run", "--allow-files", "nowhere", "-q", "print 1"]);
    assert!(ran.status == Some(2) && ran.err.contains("--allow-files: nowhere does not exist"), "{}", ran.err);
}

#[test]
fn check_lists_the_addresses_of_external_data() {
    let place = Place::new();
    place.file("a.kql", format!("{EXTERNAL};\nexternaldata(b: string) [h@'https://example.com/b.json;key']"));
    let ran = place.run(&["check", "--format", "json", "a.kql"]);
    let checked: serde_json::Value = serde_json::from_str(&ran.out).expect("a line of JSON");
    let addresses = serde_json::json!(["https://example.com/lists/numbers%201.csv?sv=1", "https://example.com/b.json"]);
    assert_eq!(checked["external"], addresses);
    let ran = place.run(&["check", "a.kql"]);
    assert!(ran.out.contains("External data: https://example.com/b.json\n"), "{}", ran.out);
}

#[test]
fn completions_and_the_manual_page() {
    let place = Place::new();
    for (shell, part) in
        [("bash", "_kql"), ("zsh", "#compdef kql"), ("fish", "complete -c kql"), ("powershell", "'kql'")]
    {
        let ran = place.run(&["completions", shell]);
        assert_eq!((ran.status, ran.err.as_str()), (Some(0), ""), "{shell}");
        assert!(ran.out.contains(part) && ran.out.contains("date-order"), "{shell}");
    }
    let man = place.run(&["man"]);
    assert_eq!(man.status, Some(0), "{}", man.err);
    for part in [".TH kql 1", "KQL RUN", "KQL CONVERT", "\\-\\-date\\-order"] {
        assert!(man.out.contains(part), "{part}");
    }
    assert!(!man.out.contains("KQL COMPLETIONS"));
    assert!(!place.run(&["--help"]).out.contains("completions"));
}

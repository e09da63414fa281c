//! Results as files: drawings, pages, tables that are converted, and what is left when a run is interrupted.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

fn place() -> TempDir {
    tempfile::tempdir().expect("a temporary folder can be made")
}

fn kql(folder: &Path, arguments: &[&str]) -> Output {
    let output =
        Command::new(env!("CARGO_BIN_EXE_kql")).args(arguments).current_dir(folder).output().expect("kql starts");
    assert!(!text(&output.stderr).contains("panicked"), "{}", text(&output.stderr));
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Standard output of a run that has to succeed.
fn done(folder: &Path, arguments: &[&str]) -> String {
    let output = kql(folder, arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}\n{}", text(&output.stderr));
    text(&output.stdout)
}

const LOGONS: &str = "datatable(Account: string, Count: long) ['ann', 5, 'bob', 2, 'eve', 9]";

#[test]
fn a_drawing() {
    let place = place();
    let query = format!("{LOGONS} | render columnchart with (title = 'Logons')");
    insta::assert_snapshot!(done(place.path(), &["run", "-q", &query, "--format", "svg"]));
}

#[test]
fn a_page() {
    let place = place();
    let query = format!("{LOGONS} | where Count > 4 | render piechart with (title = 'Logons')");
    insta::assert_snapshot!(done(place.path(), &["run", "-q", &query, "--format", "html"]));
}

/// Nothing of the data is markup, wherever it stands.
#[test]
fn names_and_values_are_escaped() {
    let place = place();
    let attack = "</script><script>alert(1)</script>\" onload=\"x";
    for kind in ["columnchart", "barchart", "piechart", "linechart", "timechart", "scatterchart", "card"] {
        let query = format!(
            "print Time = datetime(2024-01-01), ['<b>x</b>'] = 1, Name = '{attack}', n = 5 | extend Other = Name \
             | project Name, ['<b>x</b>'], n, Other, Time | render {kind} with (title = '{attack}', xtitle = '{attack}')"
        );
        for format in ["svg", "html"] {
            let out = done(place.path(), &["run", "-q", &query, "--format", format]);
            // but for the specification, which ends at its own end
            let markup = match out.split_once("<script type=\"application/json\" class=\"vega-lite\">") {
                Some((before, rest)) => format!("{before}{}", rest.split_once("</script>").expect("an end").1),
                None => out,
            };
            for part in ["script>", "<script", "<b>", "\" onload"] {
                assert!(!markup.contains(part), "{kind} {format} {part}\n{markup}");
            }
        }
    }
}

/// A page works offline: its policy forbids to fetch, and nothing in it is fetched.
#[test]
fn a_page_fetches_nothing() {
    let place = place();
    let out = done(place.path(), &["run", "-q", &format!("{LOGONS} | render barchart"), "--format", "html"]);
    assert!(out.contains("default-src 'none'"));
    for part in ["src=", "href=", "@import", "url(http"] {
        assert!(!out.contains(part), "{part}");
    }
    let from = out.find("class=\"vega-lite\">").expect("a specification") + "class=\"vega-lite\">".len();
    let end = out[from..].find("</script>").expect("its end");
    let spec: serde_json::Value = serde_json::from_str(&out[from..from + end]).expect("JSON");
    assert_eq!(spec["data"]["values"].as_array().map(Vec::len), Some(3));
}

#[test]
fn several_tables_are_sections() {
    let place = place();
    let query = "datatable(a: long) [1, 2] | fork big = (where a == 2) total = (count)";
    let out = done(place.path(), &["run", "-q", query, "--format", "html"]);
    assert_eq!(out.matches("<section>").count(), 2);
    assert!(out.contains("<h2>big</h2>") && out.contains("<h2>total</h2>"));
}

#[test]
fn the_extension_says_the_format() {
    let place = place();
    let query = format!("{LOGONS} | render linechart");
    for (name, start) in
        [("a.svg", "<svg"), ("a.html", "<!DOCTYPE html>"), ("a.json", "{\"tables\""), ("a.csv", "Account,")]
    {
        assert_eq!(done(place.path(), &["run", "-q", &query, "-o", name]), "");
        let written = std::fs::read_to_string(place.path().join(name)).expect("a file");
        assert!(written.starts_with(start), "{name}: {written}");
    }
}

#[test]
fn what_an_svg_cannot_be() {
    let place = place();
    let shown = |query: &str| {
        let output = kql(place.path(), &["run", "-q", query, "-o", "a.svg"]);
        assert_eq!(std::fs::read_dir(place.path()).expect("the folder").count(), 0, "nothing is left");
        format!("{:?} {}", output.status.code(), text(&output.stderr))
    };
    let queries = ["print a = 1", "print a = 'x' | render linechart", "print a = 1 | render treemap"];
    insta::assert_snapshot!(queries.map(shown).join(""));
}

/// A value of every type: null, empty, least and greatest, and what is not ASCII.
const EVERY_TYPE: &str = r#"let all = datatable(Timestamp: datetime, b: bool, i: int, l: long, r: real, d: decimal, s: string, p: timespan, g: guid, y: dynamic) [
    datetime(2024-05-01T12:00:00.1234567Z), true, int(2147483647), 9223372036854775807, 1.5, decimal(12345678901234567890.123456789012345678), "žluťoučký 🐎", timespan(10675199.02:48:05.4775807), guid(74be27de-1e4e-49d9-b579-fe0b331d3642), dynamic({"a": [1, null, "ž"]}),
    datetime(2024-05-01T12:00:00Z), false, int(-2147483648), long(-9223372036854775807), real(-inf), decimal(-0.000000000000000001), "", timespan(-1.02:03:04.0000005), guid(00000000-0000-0000-0000-000000000000), dynamic("text"),
    datetime(null), bool(null), int(null), long(null), real(null), decimal(null), "", timespan(null), guid(null), dynamic(null),
    datetime(1999-12-31T23:59:59.9999999Z), true, 0, 0, real(nan), decimal(0), "line\nbreak\t\"quote\"", 0s, guid(ffffffff-ffff-ffff-ffff-ffffffffffff), dynamic([])
]; all"#;

/// The same data whether it is read from the file or from what it was converted to.
#[test]
fn converted_data_gives_the_same_answers() {
    let place = place();
    let folder = place.path();
    std::fs::create_dir(folder.join("data")).expect("a folder");
    let extremes =
        "datatable(Timestamp: datetime) [datetime(9999-12-31T23:59:59.9999999Z), datetime(0001-01-01), datetime(null)]";
    let whole = "datatable(Timestamp: datetime) [datetime(9999-12-31T23:59:59.9999990Z), datetime(0001-01-01), datetime(2024-01-01)]";
    for (name, query) in
        [("All", EVERY_TYPE), ("Extremes", extremes), ("Whole", whole), ("None", "print a = 1 | where a > 1")]
    {
        let file = format!("data/{name}.arrow");
        done(folder, &["run", "-q", query, "-o", &file]);
        // the same rows come back from either format of files
        let parquet = format!("data/{name}.parquet");
        done(folder, &["run", "-q", query, "-o", &parquet]);
        let of = |path: &str| {
            let data = format!("{name}={path}");
            done(
                folder,
                &[
                    "run",
                    "-q",
                    &format!("{name} | order by * asc").replace("* asc", "tostring(pack_all()) asc"),
                    "--data",
                    &data,
                    "--format",
                    "json",
                ],
            )
        };
        let direct = format!("({query}) | order by tostring(pack_all()) asc");
        let direct = match query.strip_prefix("let all = ") {
            Some(_) => format!("{query} | order by tostring(pack_all()) asc"),
            None => direct,
        };
        let direct = done(folder, &["run", "-q", &direct, "--format", "json"]);
        assert_eq!(of(&file), direct, "{name} from Arrow");
        assert_eq!(of(&parquet), direct, "{name} from Parquet");
        std::fs::remove_file(folder.join(parquet)).expect("removed");
    }
    let told = done(folder, &["convert", "data", "-o", "converted"]);
    insta::assert_snapshot!(told.replace('\\', "/"));
    for name in ["All", "Extremes", "Whole", "None"] {
        let query = format!("{name} | order by tostring(pack_all()) asc");
        let answer = |data: &str| done(folder, &["run", "-q", &query, "--data", data, "--format", "json"]);
        assert_eq!(answer("converted"), answer("data"), "{name}");
        let types = format!("{name} | getschema | project ColumnName, ColumnType");
        let answer = |data: &str| done(folder, &["run", "-q", &types, "--data", data]);
        assert_eq!(answer("converted"), answer("data"), "types of {name}");
    }
    // a range of time leaves row groups out by their statistics
    let file = std::fs::File::open(folder.join("converted/All.parquet")).expect("a file");
    let footer = parquet::file::metadata::ParquetMetaDataReader::new().parse_and_finish(&file).expect("a footer");
    let group = footer.row_group(0);
    assert!(group.column(0).statistics().is_some_and(|s| s.min_bytes_opt().is_some() && s.max_bytes_opt().is_some()));
    assert_eq!(group.sorting_columns().map(|columns| columns[0].column_idx), Some(0));
    // sorted by time, nulls last
    let times = done(folder, &["run", "-q", "All | project Timestamp", "--data", "converted"]);
    insta::assert_snapshot!(times);
}

/// A built-in table keeps its types, and damaged rows are counted.
#[test]
fn converted_text() {
    let place = place();
    let folder = place.path();
    std::fs::write(
        folder.join("SigninLogs.ndjson"),
        "{\"TimeGenerated\":\"2024-05-02T00:00:00.1234567Z\",\"UserPrincipalName\":\"ann\",\"DeviceDetail\":{\"os\":\"x\"}}\n\
         {\"TimeGenerated\":\"2024-05-01T00:00:00Z\",\"UserPrincipalName\":\"bob\"}\n{\"cut\": \n",
    )
    .expect("a file");
    let told = done(folder, &["convert", "SigninLogs.ndjson", "-o", "out"]);
    let query =
        "SigninLogs | project TimeGenerated, UserPrincipalName, os = DeviceDetail.os | order by TimeGenerated asc";
    let answer = |data: &str| done(folder, &["run", "-q", query, "--data", data]);
    assert_eq!(answer("out"), answer("SigninLogs.ndjson"));
    let range = "SigninLogs | where TimeGenerated > datetime(2024-05-01T12:00:00Z) | count";
    assert_eq!(done(folder, &["run", "-q", range, "--data", "out"]), "Count\n1\n");
    let again = kql(folder, &["convert", "SigninLogs.ndjson", "-o", "out"]);
    assert_eq!(again.status.code(), Some(2));
    let onto_itself = kql(folder, &["convert", "out", "-o", "out", "--force"]);
    assert_eq!(onto_itself.status.code(), Some(2));
    let mut all = told;
    let _ = write!(all, "{}{}", text(&again.stderr), text(&onto_itself.stderr));
    insta::assert_snapshot!(all.replace('\\', "/"));
    done(folder, &["convert", "SigninLogs.ndjson", "-o", "out", "--force"]);
    assert_eq!(std::fs::read_dir(folder.join("out")).expect("the folder").count(), 1);
}

/// A table that cannot be read leaves no file, and the others are written.
#[test]
fn a_table_that_cannot_be_converted() {
    let place = place();
    let folder = place.path();
    std::fs::write(folder.join("Good.csv"), "a\n1\n").expect("a file");
    std::fs::write(folder.join("Bad.parquet"), "PAR1 and no more").expect("a file");
    let output = kql(folder, &["convert", "Good.csv", "Bad.parquet", "-o", "out"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    let names: Vec<_> =
        std::fs::read_dir(folder.join("out")).expect("the folder").map(|e| e.expect("an entry").file_name()).collect();
    assert_eq!(names, ["Good.parquet"]);
}

/// Ctrl-C, SIGTERM and SIGHUP: the status of shells, a word, and no file.
#[cfg(unix)]
#[test]
fn an_interrupted_run_leaves_nothing() {
    use std::process::Stdio;
    let query = "range x from 1 to 100000000000 step 1 | summarize dcount(x * 7 % 1000003)";
    for (signal, status) in [("-INT", 130), ("-TERM", 143), ("-HUP", 129)] {
        let place = place();
        let child = Command::new(env!("CARGO_BIN_EXE_kql"))
            .args(["run", "-q", query, "-o", "out.csv"])
            .current_dir(place.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kql starts");
        std::thread::sleep(std::time::Duration::from_millis(1500));
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let output = child.wait_with_output().expect("kql ends");
        assert_eq!(output.status.code(), Some(status), "{}", text(&output.stderr));
        assert_eq!(text(&output.stderr), "interrupted\n");
        assert_eq!(std::fs::read_dir(place.path()).expect("the folder").count(), 0);
    }
}

/// Nobody reads the messages: the result and the status are as always.
#[cfg(target_os = "linux")]
#[test]
fn a_full_standard_error_changes_nothing() {
    let run = |query: &str| {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a device");
        Command::new(env!("CARGO_BIN_EXE_kql")).args(["run", "-q", query]).stderr(full).output().expect("kql runs")
    };
    let warned = run("let f = (a: long = 1) { a }; union isfuzzy=true (print x = f()), NoSuchTable");
    assert_eq!((warned.status.code(), text(&warned.stdout).as_str()), (Some(0), "x\n1\n"));
    assert_eq!(run("print nothing").status.code(), Some(1));
}

/// A value that is not of its type, and a name that the query does not declare.
#[test]
fn parameters_that_do_not_fit() {
    let place = place();
    let query = "declare query_parameters(n: long = 5, s: string = 'x'); print n, s";
    let all = [["--param", "n=abc"], ["--param", "n="], ["--param", "s="], ["--param", "m=1"]].map(|parameter| {
        let output = kql(place.path(), &[&["run", "-q", query][..], &parameter[..]].concat());
        format!("{}{}", text(&output.stdout), text(&output.stderr))
    });
    insta::assert_snapshot!(all.join("---\n"));
}

//! `kql data`, and what a person reads of damaged files: one message, a count, an exit status.

use crate::made::folder::{place, shown};
use std::fmt::Write;

const PORTAL: &[u8] = b"\xef\xbb\xbf\"TimeGenerated [UTC]\",EventID,Account,Account_,Mine,Type\r\n\
    \"10/25/2023, 9:43:21.990 AM\",4688,ann,ann,1,SecurityEvent\r\n\
    \"10/5/2023, 9:43:21.990 PM\",many,bob,bob,2,SecurityEvent\r\n\
    cut,row\r\n";

#[test]
fn what_a_portal_export_is() {
    let place = place(&[("query_data.csv", PORTAL)]);
    insta::assert_snapshot!(shown(place.path(), &["data", "query_data.csv"]));
}

#[test]
fn the_same_for_programs() {
    let place = place(&[("a.csv", b"a,b\n1,x\n2,y\n")]);
    insta::assert_snapshot!(shown(place.path(), &["data", "a.csv", "--format", "json"]));
}

#[test]
fn damaged_files() {
    // a stored block that says it has sixteen bytes, and has eight
    let packed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x01\x10\0\xef\xff{\"n\":1}\n";
    let place = place(&[
        ("cut.csv", b"a,b\n1,2\n3,\"4"),
        ("cut.ndjson", b"{\"a\":1}\n{\"a\":"),
        ("cut.json", b"[{\"a\":1},{\"a\":"),
        ("cut.ndjson.gz", packed),
        ("utf16.csv", b"\xff\xfea\0,\0b\0"),
        ("latin1.ndjson", b"{\"a\":\"x\"}\n{\"a\":\"\xe9\"}\n"),
        ("mixed.csv", b"a,b\r\n1,2\n3,4\r\n"),
        ("noise.parquet", b"PAR1 and no more"),
        ("envelope.json", b"{\"records\":[{\"category\":\"AdvancedHunting-DeviceEvents\",\"properties\":{}},5]}"),
        (
            "answer.json",
            b"{\"tables\":[{\"name\":\"P\",\"columns\":[{\"name\":\"a\",\"type\":\"long\"}],\"rows\":[[1],[2,3]]}]}",
        ),
    ]);
    let mut all = String::new();
    for file in [
        "cut.csv",
        "cut.ndjson",
        "cut.json",
        "cut.ndjson.gz",
        "utf16.csv",
        "latin1.ndjson",
        "mixed.csv",
        "noise.parquet",
        "envelope.json",
        "answer.json",
    ] {
        let _ = writeln!(all, "# {file}\n{}", shown(place.path(), &["data", file]));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn dates_that_may_be_either() {
    let place = place(&[
        ("either.csv", b"\"TimeGenerated [UTC]\",EventID,Type\n3/4/2026 10:00,1,SecurityEvent\n"),
        ("local.csv", b"\"TimeGenerated [Local Time]\",EventID,Type\n2026-07-01T10:00:00,1,SecurityEvent\n"),
    ]);
    let run = |file: &str, more: &[&str]| {
        let mut arguments = vec!["run", "-q", "SecurityEvent | project TimeGenerated", "--data", file];
        arguments.extend(more);
        shown(place.path(), &arguments)
    };
    insta::assert_snapshot!(
        [
            run("either.csv", &[]),
            run("either.csv", &["--date-order", "dmy"]),
            run("either.csv", &["--date-order", "mdy"]),
            run("local.csv", &[]),
            run("local.csv", &["--tz", "Europe/Berlin"]),
            run("local.csv", &["--tz", "Mars"]),
        ]
        .join("\n")
    );
}

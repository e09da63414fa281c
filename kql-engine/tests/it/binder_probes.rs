//! Columns, types and errors against small queries whose answers by Microsoft's binder were recorded. The file, of
//! JSON lines, is the one `KQL_PROBES` names, else the one beside the project; where there is none, nothing is compared.

use kql_engine::Profile;
use kql_engine::{Checked, Engine};
use kql_engine::{Column, ScalarType, TableSchema};
use serde_json::Value;
use std::io::Write;
use std::path::PathBuf;

/// The share that has to agree.
const ENOUGH: f64 = 0.95;

/// Where recorded answers of the engine decide otherwise than Microsoft's binder, which is not followed then.
const ENGINE_DECIDES: &[(&str, &str)] = &[
    ("27", "union kind=inner keeps the common columns only"),
    ("29", "a generated name that a table has already gets the number"),
    ("31", "the same"),
    ("50", "getschema numbers columns with ints"),
    ("p2:getmonth", "getmonth() gives a long"),
];

fn probes() -> Option<Vec<Value>> {
    let path = match std::env::var_os("KQL_PROBES") {
        Some(path) => PathBuf::from(path),
        None => [env!("CARGO_MANIFEST_DIR"), "../../shared/conformance/binder_probes.jsonl"].iter().collect(),
    };
    let Ok(text) = std::fs::read_to_string(&path) else {
        // straight to standard error, which the test runner does not hold back
        let _ = writeln!(
            std::io::stderr(),
            "skipped: KQL_PROBES does not name a file of probes, and there is no {}",
            path.display()
        );
        return None;
    };
    Some(text.lines().map(|line| serde_json::from_str(line).expect("a probe is a line of JSON")).collect())
}

fn columns(value: &Value) -> Vec<(String, String)> {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    value.as_array().into_iter().flatten().map(|c| (text(&c[0]), text(&c[1]))).collect()
}

fn check(probe: &Value) -> Checked {
    let mut builder = Engine::builder().profile(Profile::Bare);
    for (name, schema) in probe["schemas"].as_object().into_iter().flatten() {
        let column = |(name, ty): (String, String)| Column {
            name,
            ty: ScalarType::from_name(&ty).expect("a probe's columns have types"),
        };
        builder = builder.schema(name, TableSchema { columns: columns(schema).into_iter().map(column).collect() });
    }
    let engine = builder.build().expect("an engine without data");
    engine.check(probe["query"].as_str().expect("a probe has a query"))
}

/// The codes that are compared: all of them, or of a text that does not parse the first of the parser's, for where a
/// parser goes on is its own affair.
fn compared(mut codes: Vec<&str>, syntax_ok: bool) -> Vec<&str> {
    if syntax_ok {
        codes.sort_unstable();
        codes.dedup();
        // Microsoft's binder says of an unknown column that it is unknown, and that it is no column
        if codes.contains(&"KS142") {
            codes.retain(|code| *code != "KS109");
        }
    } else {
        codes.retain(|code| code.starts_with("KS00") || matches!(*code, "KS176" | "KS198"));
        codes.truncate(1);
    }
    codes
}

/// How an answer differs from the recorded one.
fn difference(probe: &Value) -> Option<String> {
    let ours = check(probe);
    let codes = ours.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.as_str()).collect();
    let recorded = probe["diagnostics"].as_array().into_iter().flatten();
    let theirs = recorded.filter(|d| d["severity"] == "Error").filter_map(|d| d["code"].as_str()).collect();
    let (codes, theirs) = (compared(codes, ours.syntax_ok), compared(theirs, ours.syntax_ok));
    if codes != theirs {
        return Some(format!("errors {codes:?} are {theirs:?} for Microsoft"));
    }
    if !codes.is_empty() || probe["open"] == true {
        return None;
    }
    let result = match probe["results"].as_array().and_then(|results| results.last()) {
        Some(last) => columns(last),
        // a query that consumes its rows has the type void
        None if probe["result"][0][1] == "void" => Vec::new(),
        None => columns(&probe["result"]),
    };
    let columns = ours.columns.unwrap_or_default();
    let columns: Vec<(String, String)> = columns.into_iter().map(|c| (c.name, c.ty.to_string())).collect();
    (columns != result).then(|| format!("{columns:?}\n  are {result:?} for Microsoft"))
}

#[test]
fn columns_types_and_errors_agree_with_the_probes() {
    let Some(probes) = probes() else { return };
    let differences: Vec<(&Value, String)> = probes.iter().filter_map(|p| Some((p, difference(p)?))).collect();
    let decided = |(probe, _): &&(&Value, String)| {
        let id = probe["id"].as_str().map_or_else(|| probe["id"].to_string(), str::to_owned);
        ENGINE_DECIDES.iter().any(|(decided, _)| *decided == id)
    };
    assert_eq!(differences.iter().filter(decided).count(), ENGINE_DECIDES.len(), "one that was said to differ agrees");
    let wrong: Vec<String> = differences
        .iter()
        .filter(|d| !decided(d))
        .map(|(probe, difference)| format!("{} {}\n  {difference}", probe["id"], probe["query"]))
        .collect();
    let agree = probes.len() - wrong.len();
    println!("{agree} of {} agree; not these:\n{}", probes.len(), wrong.join("\n"));
    assert!(agree as f64 >= ENOUGH * probes.len() as f64, "{agree} of {} agree:\n{}", probes.len(), wrong.join("\n"));
}

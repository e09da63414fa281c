//! Real queries: `KQL_CORPUS` names a file of JSON lines with a field "query"; without it, the project's own.

use crate::shared;
use kql_parser::parse;

#[test]
fn every_query_parses() {
    let texts = shared::corpus();
    let mut wrong = Vec::new();
    for (n, text) in texts.iter().enumerate() {
        let parse = parse(text);
        if let Some(d) = parse.diagnostics.iter().find(|d| d.is_error()) {
            let line = text.get(..d.span.start as usize).unwrap_or("").lines().count();
            let near = text.get(d.span.start.saturating_sub(60) as usize..).unwrap_or("");
            let near: String = near.chars().take(120).collect();
            wrong.push(format!("{n}: line {line}: {} {}: {near:?}", d.code, d.message));
        }
    }
    assert!(wrong.is_empty(), "{} of {} queries do not parse:\n{}", wrong.len(), texts.len(), wrong.join("\n"));
}

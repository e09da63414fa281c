//! Texts that are no queries. `KQL_REJECTED` names a file of JSON lines: a field "query", and a field "start" with the
//! byte at which Microsoft's parser sees the first error. Every text must be refused, four of five no later than there.

use crate::shared;
use kql_parser::parse;

#[test]
fn what_microsofts_parser_refuses_is_refused_no_later() {
    let Some(path) = shared::named_by("KQL_REJECTED", "a file of texts that are no queries") else { return };
    let (mut all, mut accepted, mut late) = (0, Vec::new(), Vec::new());
    for line in shared::lines(&path) {
        let Some(text) = shared::field(&line, "query") else { continue };
        let start =
            line.find("\"start\": ").and_then(|at| line[at + 9..].split([',', '}']).next()?.trim().parse().ok());
        let Some(start): Option<u32> = start else { continue };
        all += 1;
        match parse(&text).diagnostics.iter().find(|d| d.is_error()) {
            None => accepted.push(text),
            Some(d) if d.span.start > start => late.push(format!("{} for {start}: {}", d.span.start, d.message)),
            Some(_) => {}
        }
    }
    assert!(accepted.is_empty(), "accepted: {accepted:?}");
    assert!(late.len() * 5 <= all, "{} of {all} are late:\n{}", late.len(), late.join("\n"));
    println!("{all} refused, {} of them later than by Microsoft's parser", late.len());
}

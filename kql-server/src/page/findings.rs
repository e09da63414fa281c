//! Diagnostics for an editor: where they are, and what would mend them.

use super::positions::Positions;
use crate::query_error::position;
use crate::scrub::scrub;
use kql_engine::editing::quoted;
use kql_parser::{Diagnostic, Severity};
use serde_json::{Value, json};

/// The diagnostics of a query that begins at `offset` bytes of the whole text.
pub fn findings(found: &[Diagnostic], query: &str, offset: usize, text: &str, positions: &Positions) -> Vec<Value> {
    found.iter().map(|diagnostic| finding(diagnostic, query, offset, text, positions)).collect()
}

fn finding(found: &Diagnostic, query: &str, offset: usize, text: &str, positions: &Positions) -> Value {
    let (start, end) = positions.span(found.span, offset);
    let (line, column) = position(text, offset + found.span.start as usize);
    let severity = match found.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let fixes: Vec<Value> = found
        .replacement(query)
        .map(|(at, new)| {
            let (start, end) = positions.span(at, offset);
            let new = if new.contains(' ') { quoted(new) } else { new.to_owned() };
            json!({"title": format!("Change to {new}"), "start": start, "end": end, "text": new})
        })
        .into_iter()
        .collect();
    json!({
        "code": found.code.to_string(), "severity": severity, "message": scrub(&found.message),
        "start": start, "end": end, "line": line, "column": column,
        "help": found.help.as_deref().map(scrub).filter(|help| !help.is_empty()), "fixes": fixes,
    })
}

//! Files of saved functions as JSON, as the YAML of a Sentinel parser, or as a `.kql` file of `let` functions.

use crate::problem::Source;
use kql_engine::StoredFunction;
use kql_parser::Diagnostic;
use kql_parser::ast::{LetValue, StatementKind};
use std::collections::BTreeMap;
use std::path::Path;

#[derive(serde::Deserialize)]
struct Saved {
    #[serde(default)]
    parameters: String,
    body: String,
}

/// A file of functions that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct FunctionsError(String);

/// The functions of a file: JSON `{"Name": {"parameters": "(a:long)", "body": "..."}}`, the YAML of a Sentinel parser, or
/// a `.kql` file of `let` functions.
///
/// # Errors
/// The file cannot be read, or has none of these forms.
pub fn load_functions(path: &Path) -> Result<Vec<(String, StoredFunction)>, FunctionsError> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| FunctionsError(format!("{shown} cannot be read: {e}")))?;
    match path.extension().and_then(|e| e.to_str()) {
        Some("json") => {
            let functions: BTreeMap<String, Saved> = serde_json::from_str(&text).map_err(|e| {
                FunctionsError(format!(
                    "{shown} is not valid JSON of the form {{\"Name\": {{\"parameters\": \"(a:long)\", \
                     \"body\": \"...\"}}}}: {e}"
                ))
            })?;
            Ok(functions.into_iter().map(|(name, f)| (name, stored(f.parameters, f.body))).collect())
        }
        Some("yaml" | "yml") => {
            let parser =
                crate::parser_yaml::parser(&Source::new(path, &text)).map_err(|e| FunctionsError(e.to_string()))?;
            Ok(vec![(parser.name, stored(parser.parameters, parser.body))])
        }
        _ => lets(&text).map_err(|e| FunctionsError(format!("{shown}: {e}"))),
    }
}

fn stored(parameters: String, body: String) -> StoredFunction {
    let trimmed = parameters.trim();
    let parameters = if trimmed.starts_with('(') { trimmed.to_owned() } else { format!("({trimmed})") };
    StoredFunction { parameters, body }
}

/// Why a query text has no functions.
#[derive(Debug, thiserror::Error)]
enum LetsError {
    /// The text is not valid KQL.
    #[error("line {line}: {} {}", error.code, error.message)]
    Syntax {
        /// The line, from 1.
        line: usize,
        /// The first error.
        error: Diagnostic,
    },
    /// The text defines nothing.
    #[error("it has no let statement")]
    NoLet,
}

/// The `let` functions of a query text.
fn lets(text: &str) -> Result<Vec<(String, StoredFunction)>, LetsError> {
    let parse = kql_parser::parse(text);
    if let Some(error) = parse.diagnostics.iter().find(|d| d.is_error()) {
        let line = text.get(..error.span.start as usize).map_or(0, |t| t.matches('\n').count()) + 1;
        return Err(LetsError::Syntax { line, error: error.clone() });
    }
    let mut functions = Vec::new();
    for statement in &parse.query.statements {
        let StatementKind::Let(l) = &statement.kind else { continue };
        match &l.value {
            LetValue::Function(function) => {
                let whole = function.span.text(text);
                let first = function.body.first().map_or(function.span.end, |s| s.span.start);
                let head = text.get(function.span.start as usize..first as usize).unwrap_or("");
                let brace = head.rfind('{').unwrap_or(0);
                let parameters = whole.get(..brace).unwrap_or("").trim().trim_start_matches("view").trim();
                let body = whole.get(brace..).unwrap_or("");
                functions.push((l.name.text.clone(), stored(parameters.to_owned(), body.to_owned())));
            }
            LetValue::Expr(e) => {
                functions.push((l.name.text.clone(), stored("()".to_owned(), e.span.text(text).to_owned())));
            }
        }
    }
    if functions.is_empty() {
        return Err(LetsError::NoLet);
    }
    Ok(functions)
}

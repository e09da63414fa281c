//! Tests of a query over rows that an assistant gives.

use crate::page::answer::{Answer, Failure};
use crate::page::explain;
use crate::query_error::QueryError;
use crate::state::AppState;
use kql_detection::{Look, ReportFormat, Session, SessionOptions, TestPath, files_named, report};
use kql_engine::{CancellationToken, Engine, Progress};
use serde::Deserialize;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;

/// A query and its tests.
#[derive(Deserialize)]
pub struct Given {
    /// The query.
    pub text: String,
    /// The tests, as YAML.
    pub tests: String,
}

/// Runs the tests. Each is told by its name, with the difference if it fails.
///
/// # Errors
/// Too many queries run, the time is over, or the tests name files.
pub async fn run(state: &Arc<AppState>, text: String, tests: String) -> Result<Answer<Value>, Failure> {
    explain::traced(state, text, None, move |engine, text, cancel| tested(engine, text, &tests, cancel)).await
}

fn tested(engine: &Engine, text: &str, tests: &str, cancel: &CancellationToken) -> Result<Value, QueryError> {
    let failed = |error: std::io::Error| QueryError::Failed(format!("The tests cannot be prepared: {error}."));
    let folder = tempfile::tempdir().map_err(failed)?;
    let (query, file) = (folder.path().join("query.kql"), folder.path().join("query.test.yaml"));
    std::fs::write(&query, text).map_err(failed)?;
    std::fs::write(&file, tests).map_err(failed)?;
    // a file that is named is not opened, so that nobody learns whether it exists; what is wrong with the tests is told below
    let named = files_named(&file, tests).unwrap_or_default();
    if let Some(other) = named.first() {
        let name = other.strip_prefix(folder.path()).unwrap_or(other).display().to_string();
        return Err(QueryError::Forbidden(format!("The tests name the file {name}. Give the rows instead.")));
    }
    // tests are stopped by a switch of their own
    let progress = Arc::new(Progress::default());
    let engine = engine.derive().progress(progress.clone()).build().map_err(|error| QueryError::of(error, text))?;
    let stopped = cancel.clone();
    tokio::runtime::Handle::current().spawn(async move {
        stopped.cancelled().await;
        progress.stop();
    });
    let session = Session::new(engine, SessionOptions::default());
    let ran = session.run(&TestPath::File(file));
    if cancel.is_cancelled() {
        return Err(QueryError::Cancelled);
    }
    let look = Look { colours: false, verbose: true };
    let passed = ran.failed() == 0 && !ran.at_fault();
    let text = report(&[ran], ReportFormat::Human, look);
    Ok(json!({"passed": passed, "report": without(&text, folder.path())}))
}

/// A report without the folder of its files, which the assistant does not know.
fn without(text: &str, folder: &Path) -> String {
    text.replace(&format!("{}/", folder.display()), "")
}

//! Errors on their way to the client. Ballista sends an error as a text among its own words, so ours are marked in it.

use datafusion::common::DataFusionError;
use kql_engine::RemoteError;
use kql_engine::codec::remote_error;

/// Around an error.
const OPEN: &str = "\u{ab}kql:";
const CLOSE: &str = ":kql\u{bb}";

/// The error as a text that [`read`] understands. Errors of Ballista, on which it decides whether to try again, are left
/// as they are.
pub(crate) fn written(error: DataFusionError) -> DataFusionError {
    let text = error.to_string();
    if text.contains(OPEN) || is_of_ballista(&error) {
        return error;
    }
    let remote = remote_error(error);
    let host = host();
    let remote = match remote {
        RemoteError::Data(message) => RemoteError::Data(format!("{message} (on the host {host})")),
        other => other,
    };
    match serde_json::to_string(&remote) {
        Ok(json) => DataFusionError::Execution(format!("{OPEN}{}{CLOSE}", hex(json.as_bytes()))),
        Err(error) => DataFusionError::External(Box::new(error)),
    }
}

fn is_of_ballista(error: &DataFusionError) -> bool {
    use ballista_core::error::BallistaError;
    match error.find_root() {
        DataFusionError::External(inner) => inner.is::<BallistaError>(),
        DataFusionError::ArrowError(inner, _) => inner.to_string().contains("FetchFailed"),
        _ => false,
    }
}

/// The error in a text of Ballista's; a text without one is an error of the cluster.
pub(crate) fn read(text: &str) -> RemoteError {
    let marked = text.split_once(OPEN).and_then(|(_, rest)| rest.split_once(CLOSE)).map(|(marked, _)| marked);
    let error = marked.and_then(unhex).and_then(|json| serde_json::from_slice(&json).ok());
    error.unwrap_or_else(|| {
        RemoteError::Run(format!("The cluster could not run the query: {}", text.trim_end_matches('.')) + ".")
    })
}

/// Ballista quotes texts, sometimes twice: only letters and digits stay as they are.
fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(text.get(i..i + 2)?, 16).ok()).collect()
}

/// The name of this host.
pub(crate) fn host() -> String {
    let name = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = name.or_else(|| std::env::var("HOSTNAME").ok()).or_else(|| std::env::var("COMPUTERNAME").ok());
    name.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).unwrap_or_else(|| "unknown".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_survives_the_words_around_it() {
        let error = written(DataFusionError::Execution("a \"quoted\"\nmessage".to_owned()));
        let text = format!("Job 1 failed: {:?}", format!("Task failed: {error:?}"));
        assert_eq!(read(&text), RemoteError::Run("a \"quoted\"\nmessage".to_owned()));
        // only once
        assert_eq!(read(&written(error).to_string()), RemoteError::Run("a \"quoted\"\nmessage".to_owned()));
    }

    #[test]
    fn an_error_of_the_cluster_is_one_sentence() {
        let RemoteError::Run(text) = read("no executor is left") else { panic!("an error of the run is expected") };
        assert_eq!(text, "The cluster could not run the query: no executor is left.");
    }
}

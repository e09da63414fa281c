//! What all clients share: variables of the environment, time limits, retries.

use super::problem::{Circumstances, Problem};
use object_store::{BackoffConfig, ClientOptions, ObjectStore, RetryConfig};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// How long a request is tried again: as long as a person waits.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);
/// A part of an object must arrive within this time, also over a slow line.
const ONE_REQUEST: Duration = Duration::from_secs(60);

/// A client of a bucket.
#[derive(Clone)]
pub(super) struct Client {
    pub store: Arc<dyn ObjectStore>,
    pub circumstances: Circumstances,
}

/// A variable of the environment, if it is set and not empty.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// A folder or file in the home folder of the user.
pub(super) fn at_home(path: &str) -> Option<PathBuf> {
    let home = variable("HOME").or_else(|| variable("USERPROFILE"))?;
    Some(Path::new(&home).join(path))
}

/// How often, and how long, a failed request is sent again.
pub(super) fn retries() -> RetryConfig {
    let backoff = BackoffConfig { max_backoff: Duration::from_secs(8), ..BackoffConfig::default() };
    RetryConfig { backoff, max_retries: 12, retry_timeout: PATIENCE }
}

/// The options of a connection to a store at this address.
///
/// # Errors
/// It is not encrypted and leads to another computer.
pub(super) fn options(endpoint: Option<&str>) -> Result<ClientOptions, Problem> {
    let options = ClientOptions::new().with_connect_timeout(Duration::from_secs(10)).with_timeout(ONE_REQUEST);
    let Some(endpoint) = endpoint.filter(|endpoint| endpoint.starts_with("http://")) else { return Ok(options) };
    let url = Url::parse(endpoint).map_err(|_| Problem::other("the address of the store is not a valid URL"))?;
    if !super::address::is_this_computer(&url) {
        return Err(Problem::other(format!(
            "the store at http://{} is not encrypted, which is allowed for this computer only; use https://",
            url.host_str().unwrap_or_default()
        )));
    }
    Ok(options.with_allow_http(true))
}

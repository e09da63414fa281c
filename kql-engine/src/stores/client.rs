//! A client for an address, with the credentials of the environment.

use super::address::{Address, Provider};
use super::problem::{Circumstances, Problem};
use super::settings::{Client, options, retries};
use super::{aws, azure, google, reach};
use crate::error::SourceError;
use object_store::http::HttpBuilder;
use std::sync::Arc;

/// A client for an address.
///
/// # Errors
/// [`SourceError::Store`] if the environment does not say how to reach it, or if it cannot be reached.
pub(super) fn connect(address: &Address) -> Result<Client, SourceError> {
    let made = match address.provider {
        Provider::S3 => aws::client(address),
        Provider::Azure => azure::client(address),
        Provider::Google => google::client(address),
        Provider::Web => web(address),
    };
    made.map_err(|problem| problem.about(address.shown()))
}

/// A client of one file of a web server: the signature of its URL belongs to that file.
fn web(address: &Address) -> Result<Client, Problem> {
    let mut url = address.at(&address.path);
    reach::check(&url)?;
    let options = options(Some(&url))?;
    if let Some(query) = &address.query {
        url = format!("{url}?{query}");
    }
    let circumstances = Circumstances { provider: Provider::Web, anonymous: true };
    let store = HttpBuilder::new().with_url(url).with_retry(retries()).with_client_options(options).build();
    Ok(Client { store: Arc::new(store.map_err(|e| circumstances.explain(&e))?), circumstances })
}

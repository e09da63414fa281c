//! Google Cloud Storage. The environment is read as gcloud's libraries read it.

use super::address::{Address, Provider};
use super::problem::{Circumstances, Problem};
use super::reach;
use super::settings::{self, Client, at_home, variable};
use object_store::gcp::GoogleCloudStorageBuilder;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A client for a bucket.
pub(super) fn client(address: &Address) -> Result<Client, Problem> {
    let emulator = variable("STORAGE_EMULATOR_HOST").map(|host| match host.contains("://") {
        true => host,
        false => format!("http://{host}"),
    });
    let options = settings::options(emulator.as_deref())?;
    reach::check(emulator.as_deref().unwrap_or("https://storage.googleapis.com"))?;
    let mut builder = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(&address.bucket)
        .with_retry(settings::retries())
        .with_client_options(options);
    if let Some(emulator) = &emulator {
        builder = builder.with_base_url(emulator.trim_end_matches('/'));
    }
    let file = variable("GOOGLE_APPLICATION_CREDENTIALS").map(PathBuf::from);
    if let Some(path) = file.as_deref().filter(|path| !path.is_file()) {
        let path = path.display();
        return Err(Problem::other(format!("the file {path} of GOOGLE_APPLICATION_CREDENTIALS does not exist")));
    }
    let usual = variable("CLOUDSDK_CONFIG")
        .map(PathBuf::from)
        .or_else(|| at_home(".config/gcloud"))
        .map(|folder| folder.join("application_default_credentials.json"))
        .filter(|path| path.is_file());
    let other =
        ["GOOGLE_SERVICE_ACCOUNT", "GOOGLE_SERVICE_ACCOUNT_PATH", "GOOGLE_SERVICE_ACCOUNT_KEY", "SERVICE_ACCOUNT"];
    let explicit = file.is_some() || other.iter().any(|name| variable(name).is_some());
    let mut anonymous = emulator.is_some();
    if let (false, Some(path)) = (explicit || anonymous, &usual) {
        builder = builder.with_application_credentials(path.to_string_lossy());
    } else if !explicit && !anonymous {
        anonymous = !reach::is_in_a_cloud();
    }
    let circumstances = Circumstances { provider: Provider::Google, anonymous };
    let store = builder.with_skip_signature(anonymous).build().map_err(|error| {
        let problem = circumstances.explain(&error);
        match file.as_deref().or(usual.as_deref()) {
            Some(path) if !anonymous => unreadable(path),
            _ => problem,
        }
    })?;
    Ok(Client { store: Arc::new(store), circumstances })
}

fn unreadable(path: &Path) -> Problem {
    Problem::other(format!(
        "the credentials in {} are not those of a service account or of gcloud; run 'gcloud auth application-default login'",
        path.display()
    ))
}

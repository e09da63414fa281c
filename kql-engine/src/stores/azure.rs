//! Azure Blob Storage and Data Lake Storage. The environment is read as the Azure command line reads it.

use super::address::{Address, Provider};
use super::problem::{Circumstances, Problem};
use super::reach;
use super::settings::{self, Client, at_home, variable};
use object_store::azure::{AzureConfigKey, MicrosoftAzureBuilder};
use std::collections::HashMap;
use std::sync::Arc;

/// A client for a container.
pub(super) fn client(address: &Address) -> Result<Client, Problem> {
    let connection = variable("AZURE_STORAGE_CONNECTION_STRING").map(|text| connection(&text)).transpose()?;
    let connection = connection.unwrap_or_default();
    let (named, service) = address.account.clone().map_or((None, None), |(name, service)| (Some(name), service));
    let by_variable = variable("AZURE_STORAGE_ACCOUNT").or_else(|| variable("AZURE_STORAGE_ACCOUNT_NAME"));
    let usual = connection.account.clone().or(by_variable);
    // keys belong to an account: those of another one must not be sent to it
    let own = named.is_none() || named == usual;
    let account = named.or(usual).ok_or_else(|| {
        Problem::other(
            "the storage account is not known; set AZURE_STORAGE_ACCOUNT, or write \
             abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/FOLDER",
        )
    })?;
    let endpoint = connection.endpoint.clone().filter(|_| own).or(service);
    let endpoint = endpoint.or_else(|| variable("AZURE_STORAGE_ENDPOINT").filter(|_| own));
    let options = settings::options(endpoint.as_deref())?;
    reach::check(endpoint.as_deref().unwrap_or(&format!("https://{account}.blob.core.windows.net")))?;

    let mut builder = identity(MicrosoftAzureBuilder::new())
        .with_account(&account)
        .with_container_name(&address.bucket)
        .with_retry(settings::retries())
        .with_client_options(options);
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint.clone());
    }
    let variables = |names: [&str; 2]| names.into_iter().find_map(variable);
    let key = connection.key.or_else(|| variables(["AZURE_STORAGE_KEY", "AZURE_STORAGE_ACCOUNT_KEY"])).filter(|_| own);
    let token = connection.token.or_else(|| variables(["AZURE_STORAGE_SAS_TOKEN", "AZURE_STORAGE_SAS_KEY"]));
    let token = address.query.clone().or(token.filter(|_| own));
    let mut anonymous = false;
    if let (Some(token), true) = (&token, address.query.is_some() || key.is_none()) {
        check_time(token)?;
        builder = builder.with_config(AzureConfigKey::SasKey, token.trim_start_matches('?'));
    } else if let Some(key) = key {
        builder = builder.with_access_key(key);
    } else if !has_identity() {
        let by_command = at_home(".azure/azureProfile.json").is_some_and(|path| path.exists());
        if by_command {
            builder = builder.with_use_azure_cli(true);
        } else {
            anonymous = endpoint.as_deref().is_some_and(|e| e.starts_with("http://")) || !reach::is_in_a_cloud();
            builder = builder.with_skip_signature(anonymous);
        }
    }
    let circumstances = Circumstances { provider: Provider::Azure, anonymous };
    let store = builder.build().map_err(|error| {
        let problem = circumstances.explain(&error);
        if error.to_string().contains("decode") {
            return Problem::other("the key of the storage account is not valid; check AZURE_STORAGE_KEY");
        }
        problem
    })?;
    Ok(Client { store: Arc::new(store), circumstances })
}

/// Refuses a signature that has expired: the service answers only that it is not valid.
fn check_time(token: &str) -> Result<(), Problem> {
    let pairs = url::form_urlencoded::parse(token.trim_start_matches('?').as_bytes());
    let Some(end) = pairs.into_iter().find(|(key, _)| key == "se").map(|(_, value)| value) else { return Ok(()) };
    let end = if end.contains('T') { end.into_owned() } else { format!("{end}T00:00:00Z") };
    match chrono::DateTime::parse_from_rfc3339(&end) {
        Ok(time) if time < chrono::Utc::now() => {
            Err(Problem::other(format!("the signature has expired at {end}; get a new one")))
        }
        _ => Ok(()),
    }
}

/// The identity of the environment that a token can be asked for. Keys are not among it: they belong to one account.
fn identity(mut builder: MicrosoftAzureBuilder) -> MicrosoftAzureBuilder {
    const SETTINGS: [(&str, AzureConfigKey); 9] = [
        ("AZURE_CLIENT_ID", AzureConfigKey::ClientId),
        ("AZURE_CLIENT_SECRET", AzureConfigKey::ClientSecret),
        ("AZURE_TENANT_ID", AzureConfigKey::AuthorityId),
        ("AZURE_AUTHORITY_HOST", AzureConfigKey::AuthorityHost),
        ("AZURE_FEDERATED_TOKEN_FILE", AzureConfigKey::FederatedTokenFile),
        ("AZURE_STORAGE_TOKEN", AzureConfigKey::Token),
        ("AZURE_OBJECT_ID", AzureConfigKey::ObjectId),
        ("AZURE_MSI_RESOURCE_ID", AzureConfigKey::MsiResourceId),
        ("IDENTITY_ENDPOINT", AzureConfigKey::MsiEndpoint),
    ];
    for (name, key) in SETTINGS {
        if let Some(value) = variable(name) {
            builder = builder.with_config(key, value);
        }
    }
    builder
}

/// Whether the environment has an identity that a token can be asked for.
fn has_identity() -> bool {
    let all = |names: &[&str]| names.iter().all(|name| variable(name).is_some());
    all(&["AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET", "AZURE_TENANT_ID"])
        || all(&["AZURE_CLIENT_ID", "AZURE_FEDERATED_TOKEN_FILE", "AZURE_TENANT_ID"])
        || all(&["IDENTITY_ENDPOINT"])
        || all(&["AZURE_STORAGE_TOKEN"])
}

/// What a connection string says.
#[derive(Default)]
struct Connection {
    account: Option<String>,
    key: Option<String>,
    token: Option<String>,
    endpoint: Option<String>,
}

fn connection(text: &str) -> Result<Connection, Problem> {
    let pairs = text.split(';').filter_map(|pair| pair.split_once('='));
    let mut values: HashMap<String, String> =
        pairs.map(|(key, value)| (key.trim().to_ascii_lowercase(), value.trim().to_owned())).collect();
    if values.get("usedevelopmentstorage").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        return Err(Problem::other(
            "AZURE_STORAGE_CONNECTION_STRING names the emulator without its address; add AccountName, AccountKey and \
             BlobEndpoint",
        ));
    }
    let (account, mut endpoint) = (values.remove("accountname"), values.remove("blobendpoint"));
    if account.is_none() && endpoint.is_none() {
        return Err(Problem::other(
            "AZURE_STORAGE_CONNECTION_STRING is not a connection string; it has parts such as AccountName=NAME;AccountKey=KEY",
        ));
    }
    if let (None, Some(account), Some(suffix)) = (&endpoint, &account, values.get("endpointsuffix")) {
        let protocol = values.get("defaultendpointsprotocol").map_or("https", String::as_str);
        endpoint = Some(format!("{protocol}://{account}.blob.{suffix}"));
    }
    // a connection string with a signature names the account only in the address
    let account = account.or_else(|| {
        let (_, host) = endpoint.as_deref()?.split_once("://")?;
        Some(host.split(['.', ':', '/']).next()?.to_owned())
    });
    let endpoint = endpoint.map(|endpoint| endpoint.trim_end_matches('/').to_owned());
    Ok(Connection {
        account,
        key: values.remove("accountkey"),
        token: values.remove("sharedaccesssignature"),
        endpoint,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signatures_that_have_expired() {
        assert!(check_time("sv=1&se=2020-01-01T00%3A00%3A00Z&sig=x").is_err());
        assert!(check_time("?se=2020-01-01&sig=x").is_err());
        assert!(check_time("se=2999-01-01&sig=x").is_ok() && check_time("sig=x").is_ok());
    }

    #[test]
    fn connection_strings() {
        let usual = connection(
            "DefaultEndpointsProtocol=https;AccountName=acc;AccountKey=a2V5==;EndpointSuffix=core.windows.net",
        );
        let usual = usual.unwrap_or_default();
        assert_eq!(usual.account.as_deref(), Some("acc"));
        assert_eq!(usual.key.as_deref(), Some("a2V5=="));
        assert_eq!(usual.endpoint.as_deref(), Some("https://acc.blob.core.windows.net"));
        let signed = connection("BlobEndpoint=https://acc.blob.core.windows.net/;SharedAccessSignature=sv=1&sig=x%3D");
        let signed = signed.unwrap_or_default();
        assert_eq!((signed.account.as_deref(), signed.token.as_deref()), (Some("acc"), Some("sv=1&sig=x%3D")));
        assert_eq!(signed.endpoint.as_deref(), Some("https://acc.blob.core.windows.net"));
        assert!(connection("nonsense").is_err());
        assert!(connection("UseDevelopmentStorage=true").is_err());
    }
}

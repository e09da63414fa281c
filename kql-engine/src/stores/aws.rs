//! Amazon S3 and stores like it. The environment is read as the AWS command line reads it: variables first, then the
//! profile in `~/.aws`.

use super::address::{Address, Provider};
use super::problem::{Circumstances, Problem};
use super::reach;
use super::settings::{self, Client, at_home, variable};
use super::work;
use object_store::ClientOptions;
use object_store::aws::{AmazonS3Builder, resolve_bucket_region};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

const USUAL_REGION: &str = "us-east-1";

/// The region of a bucket of Amazon's, as the service tells everybody.
fn region_of(bucket: &str, options: ClientOptions) -> String {
    let bucket = bucket.to_owned();
    let found = work::wait(async move { resolve_bucket_region(&bucket, &options).await });
    // why the bucket cannot be reached is what the first request tells
    found.ok().and_then(Result::ok).unwrap_or_else(|| USUAL_REGION.to_owned())
}

/// A client for a bucket.
pub(super) fn client(address: &Address) -> Result<Client, Problem> {
    let profile = profile()?;
    let setting = |name: &str| profile.get(name).cloned();
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).or_else(|| setting("region"));
    let endpoint = variable("AWS_ENDPOINT_URL_S3").or_else(|| variable("AWS_ENDPOINT_URL"));
    let endpoint = endpoint.or_else(|| setting("endpoint_url"));
    let options = settings::options(endpoint.as_deref())?;
    let usual = format!("https://s3.{}.amazonaws.com", region.as_deref().unwrap_or(USUAL_REGION));
    reach::check(endpoint.as_deref().unwrap_or(&usual))?;
    let region = match region {
        Some(region) => region,
        None if endpoint.is_some() => USUAL_REGION.to_owned(),
        None => region_of(&address.bucket, options.clone()),
    };

    let mut builder = AmazonS3Builder::from_env()
        .with_bucket_name(&address.bucket)
        .with_region(region)
        .with_retry(settings::retries())
        .with_client_options(options);
    if let Some(endpoint) = &endpoint {
        builder = builder.with_endpoint(endpoint);
    }
    let own = variable("AWS_ACCESS_KEY_ID").is_some() || variable("AWS_SECRET_ACCESS_KEY").is_some();
    let elsewhere = (variable("AWS_WEB_IDENTITY_TOKEN_FILE").is_some() && variable("AWS_ROLE_ARN").is_some())
        || variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI").is_some()
        || variable("AWS_CONTAINER_CREDENTIALS_FULL_URI").is_some();
    let mut anonymous = false;
    if !own {
        match (setting("aws_access_key_id"), setting("aws_secret_access_key")) {
            (Some(key), Some(secret)) => {
                builder = builder.with_access_key_id(key).with_secret_access_key(secret);
                if let Some(token) = setting("aws_session_token") {
                    builder = builder.with_token(token);
                }
            }
            _ if elsewhere => {}
            _ => {
                check_profile(&profile)?;
                let metadata = variable("AWS_EC2_METADATA_DISABLED").is_none_or(|v| !v.eq_ignore_ascii_case("true"));
                anonymous = endpoint.is_some() || !metadata || !reach::is_in_a_cloud();
                builder = builder.with_skip_signature(anonymous);
            }
        }
    }
    let circumstances = Circumstances { provider: Provider::S3, anonymous };
    let store = builder.build().map_err(|e| circumstances.explain(&e))?;
    Ok(Client { store: Arc::new(store), circumstances })
}

/// Refuses a profile whose credentials only the AWS command line can obtain: without them, every answer would be that
/// access is denied.
fn check_profile(profile: &HashMap<String, String>) -> Result<(), Problem> {
    const SIGN_IN: [&str; 5] = ["sso_session", "sso_start_url", "role_arn", "credential_process", "login_session"];
    match SIGN_IN.iter().find(|name| profile.contains_key(**name)) {
        Some(name) => Err(Problem::other(format!(
            "the AWS profile has '{name}' instead of keys; run eval \"$(aws configure export-credentials --format env)\" first"
        ))),
        None => Ok(()),
    }
}

/// The settings of the profile; empty if there are no files of profiles.
fn profile() -> Result<HashMap<String, String>, Problem> {
    let wanted = variable("AWS_PROFILE").or_else(|| variable("AWS_DEFAULT_PROFILE"));
    let name = wanted.as_deref().unwrap_or("default");
    let file = |name: &str, usual: &str| variable(name).map(PathBuf::from).or_else(|| at_home(usual));
    let read = |path: Option<PathBuf>| path.and_then(|path| std::fs::read_to_string(path).ok()).unwrap_or_default();
    let config = read(file("AWS_CONFIG_FILE", ".aws/config"));
    let credentials = read(file("AWS_SHARED_CREDENTIALS_FILE", ".aws/credentials"));
    match section(&[(config.as_str(), true), (credentials.as_str(), false)], name) {
        Some(settings) => Ok(settings),
        // the default profile need not be there
        None if wanted.is_none() || variable("AWS_ACCESS_KEY_ID").is_some() => Ok(HashMap::new()),
        None => Err(Problem::other(format!("there is no AWS profile '{name}'; check AWS_PROFILE"))),
    }
}

/// The settings of a section, from all texts; in some of them its name begins with `profile`.
fn section(texts: &[(&str, bool)], name: &str) -> Option<HashMap<String, String>> {
    let mut settings = None;
    for (text, prefixed) in texts {
        let mut inside = false;
        for line in text.lines() {
            let line = line.split(" #").next().unwrap_or_default();
            if let Some(title) = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                let title = title.trim();
                let own = title.strip_prefix("profile ").map(str::trim).filter(|_| *prefixed).unwrap_or(title);
                inside = own == name;
                if inside {
                    settings.get_or_insert_with(HashMap::new);
                }
            } else if let (true, Some((key, value))) = (inside, line.split_once('='))
                // settings of one service are indented
                && !line.starts_with([' ', '\t', '#', ';'])
                && let Some(settings) = &mut settings
            {
                settings.insert(key.trim().to_ascii_lowercase(), value.trim().to_owned());
            }
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles() {
        let config =
            "[default]\nregion = eu-west-1\n[profile other]\nregion=us-west-2 # near\ns3 =\n  endpoint_url = x\n";
        let credentials = "[default]\naws_access_key_id = A\n\n# no\n[other]\naws_secret_access_key=S=\n";
        let of = |name: &str| section(&[(config, true), (credentials, false)], name);
        let default = of("default").expect("a profile");
        assert_eq!((default["region"].as_str(), default["aws_access_key_id"].as_str()), ("eu-west-1", "A"));
        let other = of("other").expect("a profile");
        assert_eq!((other["region"].as_str(), other["aws_secret_access_key"].as_str()), ("us-west-2", "S="));
        assert!(!other.contains_key("endpoint_url"));
        assert_eq!(of("missing"), None);
    }

    #[test]
    fn profiles_that_need_the_command_line() {
        let profile = HashMap::from([("sso_session".to_owned(), "x".to_owned())]);
        let error = check_profile(&profile).expect_err("no keys").to_string();
        assert!(error.contains("export-credentials"), "{error}");
        assert!(check_profile(&HashMap::new()).is_ok());
    }
}

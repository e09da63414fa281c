//! URLs of objects. What is secret in them is kept apart from what is shown.

use super::problem::problem;
use crate::error::SourceError;
use std::fmt;
use std::path::Path;
use url::{Host, Url};

/// Who answers the requests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Provider {
    S3,
    Azure,
    Google,
    /// Any web server: it cannot list files.
    Web,
}

impl Provider {
    /// What a store calls its topmost folders.
    pub(super) fn bucket(self) -> &'static str {
        match self {
            Provider::Azure => "container",
            _ => "bucket",
        }
    }
}

/// The URL of an object, or of a folder of objects.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(super) provider: Provider,
    /// The bucket or container; for a web server its host.
    pub(super) bucket: String,
    /// The Azure account, and the URL of its service, if the URL names them.
    pub(super) account: Option<(String, Option<String>)>,
    /// The beginning of the URL up to the bucket, without a slash.
    pub(super) root: String,
    /// The path in the bucket, without a slash at its beginning.
    pub(super) path: String,
    /// What follows the question mark: a signature.
    pub(super) query: Option<String>,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.shown())
    }
}

/// Whether a text is a URL, and not a path.
pub fn is_url(text: impl AsRef<Path>) -> bool {
    text.as_ref().to_str().and_then(scheme).is_some()
}

/// The scheme of a URL, and the rest. A single letter is a drive of Windows.
fn scheme(text: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = text.split_once("://")?;
    let is_name = scheme.len() > 1 && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    is_name.then_some((scheme, rest))
}

/// The error for a path that was meant as a URL: `s3:/bucket`, as `pathlib.Path` writes it.
pub(crate) fn meant_url(path: &Path) -> Option<SourceError> {
    let text = path.to_str()?;
    let (scheme, rest) = text.split_once(":/")?;
    let known = ["s3", "s3a", "gs", "az", "azure", "abfs", "abfss", "https", "http"];
    let is_meant = known.iter().any(|name| scheme.eq_ignore_ascii_case(name)) && !rest.starts_with('/');
    let meant = shown(&format!("{scheme}://{rest}"));
    let typed = text.split('?').next().unwrap_or_default().to_owned();
    is_meant.then(|| problem(typed, &format!("a URL has two slashes; write {meant} as a text, not as a path")))
}

/// A URL as messages show it: without signatures and passwords.
fn shown(text: &str) -> String {
    let Some((scheme, rest)) = scheme(text) else { return text.to_owned() };
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    // a container before the @ is no secret, a password is
    let authority = match authority.rsplit_once('@') {
        Some((user, host)) if user.contains(':') => host,
        _ => authority,
    };
    format!("{scheme}://{authority}{path}")
}

impl Address {
    /// The address of a URL.
    ///
    /// # Errors
    /// [`SourceError::Store`] if it is not one of a store.
    pub(crate) fn parse(text: &str) -> Result<Address, SourceError> {
        let wrong = |reason: &str| problem(shown(text), reason);
        let Some((scheme, rest)) = scheme(text) else { return Err(wrong("it is not a URL")) };
        let scheme = scheme.to_ascii_lowercase();
        let provider = match scheme.as_str() {
            "s3" | "s3a" => Provider::S3,
            "gs" => Provider::Google,
            "az" | "azure" | "abfs" | "abfss" => Provider::Azure,
            "http" | "https" => return Address::of_web(text),
            "file" => return Err(wrong("a file is named by its path, without file://")),
            other => {
                let reason = format!(
                    "the scheme '{other}' is not supported; use s3://, az://, abfss://, gs:// or https://, or a path"
                );
                return Err(wrong(&reason));
            }
        };
        // only signatures of Azure are part of a URL: elsewhere a question mark can be in a name
        let (rest, query) = match (provider, rest.split_once('?')) {
            (Provider::Azure, Some((rest, query))) => (rest, Some(query.to_owned()).filter(|q| !q.is_empty())),
            _ => (rest, None),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (bucket, account) = match authority.split_once('@') {
            Some((bucket, host)) if provider == Provider::Azure && !bucket.contains(':') => {
                let (account, service) = service(host).ok_or_else(|| {
                    wrong("the account is not recognised; write abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/FOLDER")
                })?;
                (bucket, Some((account, service)))
            }
            Some(_) => return Err(wrong("keys are not read from a URL; pass them in the environment")),
            None => (authority, None),
        };
        if bucket.is_empty() {
            let kind = provider.bucket();
            return Err(wrong(&format!("the {kind} is missing; write {scheme}://{}/FOLDER", kind.to_uppercase())));
        }
        if bucket.contains(':') {
            return Err(wrong("a port is not part of such a URL; pass the address of the store in the environment"));
        }
        if path.contains('*') {
            return Err(wrong("patterns are not supported; name the folder, whose files are all read"));
        }
        Ok(Address {
            provider,
            bucket: bucket.to_owned(),
            account,
            root: format!("{scheme}://{authority}"),
            path: path.to_owned(),
            query,
        })
    }

    fn of_web(text: &str) -> Result<Address, SourceError> {
        let wrong = |reason: &str| problem(shown(text), reason);
        let url = Url::parse(text).map_err(|e| wrong(&format!("not a valid URL: {e}")))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(wrong("user names and passwords are not read from a URL"));
        }
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return Err(wrong("the host is missing"));
        };
        if url.scheme() == "http" && !is_this_computer(&url) {
            return Err(wrong("http:// is not encrypted and allowed for this computer only; use https://"));
        }
        let path = url.path().trim_start_matches('/').to_owned();
        if path.is_empty() || path.ends_with('/') {
            return Err(wrong("a web server cannot list files; name one file"));
        }
        let port = url.port().map(|port| format!(":{port}")).unwrap_or_default();
        Ok(Address {
            provider: Provider::Web,
            bucket: host.to_owned(),
            account: None,
            root: format!("{}://{host}{port}", url.scheme()),
            path,
            query: url.query().map(str::to_owned),
        })
    }

    /// The URL of a path in the same bucket.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.root)
    }

    /// The URL, without secrets.
    pub(super) fn shown(&self) -> String {
        if self.path.is_empty() { self.root.clone() } else { self.at(&self.path) }
    }
}

/// The account of a host such as `account.dfs.core.windows.net`, and the URL of its blobs.
fn service(host: &str) -> Option<(String, Option<String>)> {
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    match host.split_once('.') {
        None => is_name(host).then(|| (host.to_owned(), None)),
        Some((account, rest)) => {
            let suffix = rest.strip_prefix("dfs.").or_else(|| rest.strip_prefix("blob."))?;
            let is_host = suffix.split('.').all(is_name);
            (is_name(account) && is_host)
                .then(|| (account.to_owned(), Some(format!("https://{account}.blob.{suffix}"))))
        }
    }
}

/// Whether a URL leads to this computer.
pub(super) fn is_this_computer(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, String, Option<String>) {
        let address = Address::parse(text).expect("an address");
        (address.bucket, address.path, address.account.map(|(name, _)| name))
    }

    fn wrong(text: &str) -> String {
        Address::parse(text).expect_err("no address").to_string()
    }

    #[test]
    fn urls_and_paths() {
        for url in ["s3://b/x", "gs://b", "https://example.com/a.csv", "ftp://x"] {
            assert!(is_url(url), "{url}");
        }
        for path in ["a/b.csv", "C://data", "a://b", "T=data/x.csv", "://x", "a b://c"] {
            assert!(!is_url(path), "{path}");
        }
    }

    #[test]
    fn parts_of_urls() {
        assert_eq!(parts("s3://logs/a/y=2026/x.json"), ("logs".into(), "a/y=2026/x.json".into(), None));
        assert_eq!(parts("s3://logs"), ("logs".into(), String::new(), None));
        assert_eq!(parts("s3://logs/what?.csv"), ("logs".into(), "what?.csv".into(), None));
        assert_eq!(parts("az://logs/a/"), ("logs".into(), "a/".into(), None));
        let account = |text: &str| Address::parse(text).expect("an address").account;
        let named = account("abfss://logs@acc.dfs.core.windows.net/a");
        assert_eq!(named, Some(("acc".into(), Some("https://acc.blob.core.windows.net".into()))));
        assert_eq!(account("abfss://logs@acc/a"), Some(("acc".into(), None)));
    }

    #[test]
    fn secrets_are_not_shown() {
        let address = Address::parse("az://logs/a.csv?sv=1&sig=SECRET").expect("an address");
        assert_eq!(address.query.as_deref(), Some("sv=1&sig=SECRET"));
        let web = Address::parse("https://h.example/a.csv?X-Amz-Signature=SECRET").expect("an address");
        for text in [format!("{address:?} {}", address.shown()), format!("{web:?} {}", web.shown())] {
            assert!(!text.contains("SECRET"), "{text}");
        }
        for text in ["s3://key:SECRET@b/x", "https://u:SECRET@h/x", "ftp://h/x?SECRET", "http://h.example/x?SECRET"] {
            assert!(!wrong(text).contains("SECRET"), "{}", wrong(text));
        }
    }

    #[test]
    fn wrong_urls() {
        for (url, part) in [
            ("ftp://h/x.csv", "the scheme 'ftp' is not supported"),
            ("s3:///x.csv", "the bucket is missing"),
            ("az:///x.csv", "the container is missing"),
            ("s3://b/*.csv", "patterns are not supported"),
            ("https://h.example/", "cannot list files"),
            ("http://h.example/a.csv", "not encrypted"),
            ("abfss://c@a.example.com/x", "the account is not recognised"),
            ("file:///x.csv", "by its path"),
        ] {
            assert!(wrong(url).contains(part), "{url}: {}", wrong(url));
        }
        let meant = meant_url(Path::new("s3:/b/x.csv")).expect("a URL").to_string();
        assert!(meant.contains("write s3://b/x.csv"), "{meant}");
        assert!(meant_url(Path::new("/data/x.csv")).is_none() && meant_url(Path::new("C:/x.csv")).is_none());
        assert!(Address::parse("http://localhost:8080/a.csv").is_ok());
        assert!(Address::parse("http://127.0.0.1/a.csv").is_ok());
    }
}

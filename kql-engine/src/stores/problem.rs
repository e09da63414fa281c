//! Errors of stores, for people: one sentence that says what is wrong and what to do. Nothing of a request is shown,
//! since its address can have a signature.

use super::address::Provider;
use crate::error::SourceError;
use std::fmt::Write;
use std::io;

/// An error about a URL that is shown.
pub(super) fn problem(url: String, reason: &str) -> SourceError {
    SourceError::Store { url, reason: reason.to_owned() }
}

/// What a request failed for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// There is no such object.
    Missing,
    /// The object is not the one that was opened.
    Changed,
    /// No byte of the object is in the range: it is empty, or shorter now.
    Range,
    /// Nobody may read it, or not with these credentials.
    Denied,
    /// The connection ended within the answer.
    CutOff,
    /// Anything else.
    Other,
}

/// A failed request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(super) struct Problem {
    pub kind: Kind,
    /// What messages say, in lower case and without a full stop.
    pub reason: String,
}

impl From<Problem> for io::Error {
    fn from(problem: Problem) -> io::Error {
        io::Error::other(problem)
    }
}

impl From<io::Error> for Problem {
    fn from(error: io::Error) -> Problem {
        Problem::other(error.to_string())
    }
}

impl Problem {
    pub(super) fn other(reason: impl Into<String>) -> Problem {
        Problem { kind: Kind::Other, reason: reason.into() }
    }

    pub(super) fn changed() -> Problem {
        Problem { kind: Kind::Changed, reason: "the object was replaced after it was opened; start again".to_owned() }
    }

    /// As an error about a URL.
    pub(super) fn about(&self, url: String) -> SourceError {
        problem(url, &self.reason)
    }
}

/// What failed, and with which credentials.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    pub provider: Provider,
    /// No credentials were found, so that only public objects can be read.
    pub anonymous: bool,
}

impl Circumstances {
    /// The error of a client.
    pub(super) fn explain(self, error: &object_store::Error) -> Problem {
        let text = full_text(error);
        let code = element(&text, "Code").unwrap_or_default();
        let status = status(&text);
        let kind = match error {
            object_store::Error::NotFound { .. } => Kind::Missing,
            object_store::Error::Precondition { .. } | object_store::Error::NotModified { .. } => {
                return Problem::changed();
            }
            object_store::Error::InvalidPath { .. } => {
                return Problem::other(
                    "it has an object whose name has two slashes in a row or '..', which is not supported",
                );
            }
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => Kind::Denied,
            _ if status == Some(416) => Kind::Range,
            _ if status == Some(404) => Kind::Missing,
            _ if status.is_none() && cause(&text) == Some(CUT_OFF) => Kind::CutOff,
            _ => Kind::Other,
        };
        let reason = match kind {
            Kind::Range => "the object is shorter than it was when it was listed; start again".to_owned(),
            _ => self.reason(kind, code, status, &text),
        };
        Problem { kind, reason }
    }

    fn reason(self, kind: Kind, code: &str, status: Option<u16>, text: &str) -> String {
        let lower = text.to_ascii_lowercase();
        let bucket = self.provider.bucket();
        if matches!(code, "NoSuchBucket" | "ContainerNotFound") || lower.contains("the specified bucket does not exist")
        {
            return format!("the {bucket} does not exist; check its name{}", self.endpoint_hint());
        }
        if matches!(code, "ExpiredToken" | "TokenRefreshRequired" | "RequestExpired")
            || lower.contains("signature not valid in the specified time frame")
            || lower.contains("token has expired")
            || lower.contains("request has expired")
        {
            return format!("the credentials have expired; {}", self.sign_in());
        }
        let moved =
            matches!(code, "PermanentRedirect" | "AuthorizationHeaderMalformed" | "IllegalLocationConstraintException");
        if self.provider == Provider::S3
            && (moved
                || lower.contains("incorrectly configured region")
                || status.is_some_and(|s| (300..400).contains(&s)))
        {
            let region = element(text, "Region");
            let other = region.map_or("another region than AWS_REGION says".to_owned(), |r| format!("the region {r}"));
            let value = region.unwrap_or("the region of the bucket");
            return format!("the bucket is in {other}; set AWS_REGION to {value}");
        }
        if matches!(code, "InvalidAccessKeyId" | "SignatureDoesNotMatch" | "InvalidToken")
            || (code == "AuthenticationFailed" && kind == Kind::Denied)
        {
            return format!("the store does not accept these credentials ({code}); {}", self.sign_in());
        }
        if kind == Kind::Denied || matches!(status, Some(401 | 403)) {
            return if self.anonymous {
                format!("access is denied to users without credentials; {}", self.sign_in())
            } else {
                format!("access is denied; these credentials need permission to read and list the {bucket}")
            };
        }
        if kind == Kind::Missing {
            return match self.provider {
                Provider::Web => "there is no such file on the server".to_owned(),
                _ => "there is no such object".to_owned(),
            };
        }
        if lower.contains("received non-partial response") || lower.contains("range request not supported") {
            return "the server does not answer requests for parts of a file; download it and name the file".to_owned();
        }
        if lower.contains("generate an access token") || lower.contains("credential") || lower.contains("imds") {
            return format!("no credentials can be obtained{}; {}", detail(text), self.sign_in());
        }
        match status {
            Some(429 | 503) => format!(
                "the store refused the request for too long because there are too many ({}); try again later",
                status.unwrap_or_default()
            ),
            Some(status) if code.is_empty() => format!("the store answered with the status {status}; try again later"),
            Some(status) => format!("the store answered with the status {status} ({code})"),
            None if lower.contains("timed out") || lower.contains("timeout") => {
                "the store did not answer in time; try again later".to_owned()
            }
            None => format!("the request failed{}; check the network, and try again", detail(text)),
        }
    }

    /// What to set to have credentials.
    pub(super) fn sign_in(self) -> &'static str {
        match self.provider {
            Provider::S3 => "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
            Provider::Azure => "set AZURE_STORAGE_KEY or AZURE_STORAGE_SAS_TOKEN, or sign in with 'az login'",
            Provider::Google => "set GOOGLE_APPLICATION_CREDENTIALS, or run 'gcloud auth application-default login'",
            Provider::Web => "use a URL with a signature that is valid",
        }
    }

    fn endpoint_hint(self) -> &'static str {
        match self.provider {
            Provider::S3 => ", and AWS_ENDPOINT_URL if the store is not Amazon's",
            Provider::Azure => ", and the storage account",
            Provider::Google | Provider::Web => "",
        }
    }
}

/// The messages of an error and of its causes.
fn full_text(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let _ = write!(text, ": {error}");
        cause = error.source();
    }
    text
}

/// The status of an answer, in the message of a client.
fn status(text: &str) -> Option<u16> {
    let (_, rest) = text.split_once("status code: ")?;
    rest.get(..3)?.parse().ok()
}

/// The text of an element of an answer in XML.
fn element<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(&format!("<{name}>"))?;
    let (value, _) = rest.split_once('<')?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (!value.is_empty() && value.len() <= 64 && value.chars().all(is_plain)).then_some(value)
}

/// An answer whose end is missing.
const CUT_OFF: &str = "the answer was cut off";

/// The cause of a failed connection, if the system names one.
fn cause(text: &str) -> Option<&'static str> {
    const CAUSES: [(&str, &str); 8] = [
        ("connection refused", "the connection was refused"),
        ("dns error", "the host is not known"),
        ("name or service not known", "the host is not known"),
        ("connection reset", "the connection was reset"),
        ("connection closed", "the connection was closed"),
        ("certificate", "the certificate of the server is not trusted"),
        ("end of file before message length", CUT_OFF),
        ("error decoding response body", CUT_OFF),
    ];
    let lower = text.to_ascii_lowercase();
    CAUSES.iter().find(|(part, _)| lower.contains(part)).map(|(_, cause)| *cause)
}

/// The cause in parentheses, after a space.
fn detail(text: &str) -> String {
    cause(text).map_or_else(String::new, |cause| format!(" ({cause})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(provider: Provider, anonymous: bool, text: &str) -> Problem {
        let error = object_store::Error::Generic { store: "S3", source: text.into() };
        Circumstances { provider, anonymous }.explain(&error)
    }

    #[test]
    fn reasons() {
        let answer = |status: u16, code: &str, more: &str| {
            format!("Server returned non-2xx status code: {status} X: <Error><Code>{code}</Code>{more}</Error>")
        };
        for (text, part) in [
            (answer(404, "NoSuchBucket", ""), "the bucket does not exist"),
            (answer(301, "PermanentRedirect", ""), "set AWS_REGION"),
            (answer(400, "AuthorizationHeaderMalformed", "<Region>eu-west-1</Region>"), "set AWS_REGION to eu-west-1"),
            (answer(400, "ExpiredToken", ""), "have expired"),
            (answer(403, "SignatureDoesNotMatch", ""), "does not accept these credentials"),
            (answer(403, "AccessDenied", ""), "access is denied; these"),
            (answer(503, "SlowDown", ""), "too many (503)"),
            ("Received redirect without LOCATION, incorrectly configured region".into(), "another region"),
            ("error sending request: dns error".into(), "the host is not known"),
        ] {
            let reason = of(Provider::S3, false, &text).reason;
            assert!(reason.contains(part), "{text}: {reason}");
        }
        assert!(of(Provider::S3, true, &answer(403, "AccessDenied", "")).reason.contains("without credentials"));
        assert_eq!(of(Provider::S3, false, &answer(416, "InvalidRange", "")).kind, Kind::Range);
        assert_eq!(of(Provider::S3, false, "error decoding response body").kind, Kind::CutOff);
    }

    #[test]
    fn nothing_of_a_request_is_shown() {
        let text = "error sending request for url (https://h/x?sig=SECRET): connection refused";
        assert!(!of(Provider::Web, false, text).reason.contains("SECRET"));
    }
}

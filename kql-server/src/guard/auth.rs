//! Bearer tokens.

use axum::http::{HeaderMap, Method, header};
use std::fmt;
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// The secret that clients must send.
#[derive(Clone)]
pub struct Token(Arc<[u8]>);

/// Why a text is not a token.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// It can be guessed.
    #[error("the token has fewer than 16 characters")]
    Short,
    /// It cannot be sent in a header.
    #[error("the token has characters other than printable ones of ASCII")]
    Characters,
}

impl Token {
    /// The token of a text, without the space around it.
    ///
    /// # Errors
    /// [`TokenError`] if it is short, or cannot be sent in a header.
    pub fn new(text: &str) -> Result<Token, TokenError> {
        let text = text.trim();
        if text.len() < 16 {
            return Err(TokenError::Short);
        }
        if !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(TokenError::Characters);
        }
        Ok(Token(text.as_bytes().into()))
    }

    /// Whether a text is this token. The time that this takes does not depend on where they differ.
    pub fn is(&self, text: &[u8]) -> bool {
        self.0.ct_eq(text).into()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Whether a request has the token.
pub fn has(headers: &HeaderMap, token: &Token) -> bool {
    let Some(value) = headers.get(header::AUTHORIZATION) else { return false };
    let bytes = value.as_bytes();
    let Some((scheme, rest)) = bytes.split_at_checked(7) else { return false };
    scheme.eq_ignore_ascii_case(b"bearer ") && token.is(rest.trim_ascii())
}

/// Whether a request needs no token: the page itself, what tells that a token is needed, and what hands one out.
pub fn is_open(method: &Method, path: &str) -> bool {
    let is_read = matches!(*method, Method::GET | Method::HEAD);
    let reads = is_read
        && (matches!(path, "/" | "/healthz" | "/api/session" | "/v1/rest/auth/metadata" | "/favicon.ico")
            || path.starts_with("/assets/"));
    reads || (*method == Method::POST && (path.ends_with("/oauth2/v2.0/token") || path.ends_with("/oauth2/token")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_token_is_accepted() {
        let token = Token::new(" 0123456789abcdef\n").unwrap();
        let sent = |text: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, text.parse().unwrap());
            has(&headers, &token)
        };
        assert!(sent("Bearer 0123456789abcdef"));
        assert!(sent("bearer  0123456789abcdef"));
        for wrong in
            ["", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdeff", "Basic 0123456789abcdef"]
        {
            assert!(!sent(wrong), "{wrong}");
        }
        assert!(Token::new("short").is_err() && Token::new("0123456789abcdef é").is_err());
    }
}

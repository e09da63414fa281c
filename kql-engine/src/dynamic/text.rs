//! A dynamic as text.

use super::read::{self, Kind};
use std::borrow::Cow;

/// The text of a dynamic value: a string without quotes, anything else as JSON.
pub fn dynamic_text(json: &str) -> Cow<'_, str> {
    match read::kind(json) {
        Kind::String => read::unquote(json).unwrap_or(Cow::Borrowed(json)),
        Kind::Null => Cow::Borrowed(""),
        _ => Cow::Borrowed(json),
    }
}

//! Whole words, and the texts of a column.

use super::identity::SHORT;
use arrow::array::{ArrayRef, AsArray, StringArray};
use kql_engine::ScalarType;

/// Whether a part of a text is not a part of a word or of a number with dots.
pub fn is_whole(text: &str, start: usize, end: usize) -> bool {
    let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..).unwrap_or_default());
    let own = text.get(start..end).unwrap_or_default();
    let is_short = own.chars().count() < SHORT;
    let touches = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || (c == '_' && is_short));
    let is_number = own.contains('.') && own.chars().all(|c| c.is_ascii_digit() || c == '.');
    // 1.3.6.1.5 has no address in it
    let dotted = is_number
        && (before.ends_with('.')
            || after.strip_prefix('.').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())));
    (is_escape(before) || !touches(before.chars().next_back())) && !touches(after.chars().next()) && !dotted
}

/// Whether a text ends in a character as URLs have it, such as `%40`.
fn is_escape(text: &str) -> bool {
    let Some(last) = text.len().checked_sub(3).and_then(|start| text.get(start..)) else { return false };
    last.strip_prefix('%').is_some_and(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

/// The texts of a column; `None` if it has others.
pub fn texts(array: &ArrayRef, ty: ScalarType) -> Option<&StringArray> {
    matches!(ty, ScalarType::String | ScalarType::Dynamic | ScalarType::Guid).then(|| array.as_string_opt::<i32>())?
}

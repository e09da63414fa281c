//! YAML and JSON as a tree whose nodes know their place in the file.

mod events;
mod json;
mod node;
mod places;

pub use node::{Kind, Node};

use crate::problem::{Problem, Source};

/// The documents of a file. A `.json` file, and a file that starts like JSON and is valid JSON, is read as JSON, which
/// knows some escapes that YAML does not; all others as YAML.
///
/// # Errors
/// The file is not valid, a map has a key twice, or the file is nested too deeply or refers to itself too often.
pub fn read(source: &Source) -> Result<Vec<Node>, Problem> {
    if source.file.extension().is_some_and(|e| e.eq_ignore_ascii_case("json")) {
        return json::read(source);
    }
    if source.text.trim_start_matches('\u{feff}').trim_start().starts_with(['{', '[']) {
        return json::read(source).or_else(|_| events::read(source));
    }
    events::read(source)
}

#[cfg(test)]
mod tests;

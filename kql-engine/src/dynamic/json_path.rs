//! JSON paths such as `$.a.b[0]['c d']`, as `extract_json()` and `bag_remove_keys()` take them.

use super::path;

/// A step of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A property.
    Key(String),
    /// An element, from the end where negative.
    Index(i64),
}

/// The steps of a path, `$` left out; none where it is no path.
pub fn parse(text: &str) -> Option<Vec<Step>> {
    let mut rest = text.trim().strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let key = after.get(..end)?;
            if key.is_empty() {
                return None;
            }
            steps.push(Step::Key(key.to_owned()));
            rest = after.get(end..)?;
            continue;
        }
        let inner = rest.strip_prefix('[')?;
        let quote = inner.chars().next()?;
        if quote == '\'' || quote == '"' {
            let (key, after) = quoted(inner.get(1..)?, quote)?;
            steps.push(Step::Key(key));
            rest = after.strip_prefix(']')?;
        } else {
            let (index, after) = inner.split_once(']')?;
            steps.push(Step::Index(index.trim().parse().ok()?));
            rest = after;
        }
    }
    Some(steps)
}

/// A key up to the closing quote, and what follows it.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut key = String::new();
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => key.push(chars.next()?.1),
            c if c == quote => return Some((key, text.get(at + c.len_utf8()..)?)),
            c => key.push(c),
        }
    }
    None
}

/// The value that a path leads to.
pub fn find<'a>(json: &'a str, steps: &[Step]) -> Option<&'a str> {
    steps.iter().try_fold(json, |value, step| match step {
        Step::Key(key) => path::property(value, key),
        Step::Index(index) => path::element(value, *index),
    })
}

/// The keys that lead to a property of a bag: those of a path, or the text itself where it is no path.
pub fn keys(text: &str) -> Vec<String> {
    let path = if text.starts_with("$.") || text.starts_with("$[") { parse(text) } else { None };
    let keys: Option<Vec<String>> = path.and_then(|steps| {
        let key = |step| match step {
            Step::Key(key) => Some(key),
            Step::Index(_) => None,
        };
        steps.into_iter().map(key).collect()
    });
    keys.unwrap_or_else(|| vec![text.to_owned()])
}

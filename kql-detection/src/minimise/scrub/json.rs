//! Texts within JSON.

use serde::de::IgnoredAny;

/// Whether a text is an object, a list or a string in JSON.
pub fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[', '"']) && serde_json::from_str::<IgnoredAny>(text).is_ok()
}

/// JSON with its strings changed, and all else as it is written. Keys that are identifiers stay: queries name them.
pub fn with_texts(json: &str, change: &dyn Fn(&str) -> String) -> String {
    let mut out = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('"') {
        let (before, string) = rest.split_at(start);
        let (string, after) = string.split_at(end(string));
        out.push_str(before);
        let is_key = after.trim_start().starts_with(':');
        match serde_json::from_str::<String>(string) {
            Ok(text) if !(is_key && is_identifier(&text)) => {
                let new = change(&text);
                // another spelling of the same string is a change, too
                out.push_str(&if new == text { string.to_owned() } else { serde_json::Value::from(new).to_string() });
            }
            _ => out.push_str(string),
        }
        rest = after;
    }
    out.push_str(rest);
    out
}

/// The length of the string at the start of a text, with its quotes.
fn end(text: &str) -> usize {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_identifier(text: &str) -> bool {
    // @odata.type is one, too
    text.starts_with('@') || text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '$'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strings_change_and_all_else_stays() {
        let json = r#"{"bob": "bob", "n": 1.50, "x": ["b\\o\\b", {"b@c": "\u0062ob"}]}"#;
        let change = |text: &str| text.replace("bob", "eve").replace('@', "-");
        assert_eq!(with_texts(json, &change), r#"{"bob": "eve", "n": 1.50, "x": ["b\\o\\b", {"b-c": "eve"}]}"#);
        assert!(is_json(json) && is_json("\"a\"") && !is_json("{bob}") && !is_json("\"a\" and \"b\""));
    }
}

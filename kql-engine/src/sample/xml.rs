//! XML that `parse_xml()` reads as what is known of it.

use super::draft::{Draft, Step};
use std::fmt::Write;

/// The text of a document whose root is the first property.
pub(super) fn text(document: &Draft) -> String {
    let root = document.parts.iter().find_map(|(step, part)| match step {
        Step::Key(name) => Some((name, part)),
        Step::Place(_) => None,
    });
    let mut out = String::new();
    match root {
        Some((name, part)) => element(name, part, &mut out),
        None => out.push_str("<a/>"),
    }
    out
}

fn element(name: &str, draft: &Draft, out: &mut String) {
    let last = draft.parts.keys().filter_map(|step| match step {
        Step::Place(place) => Some(*place),
        Step::Key(_) => None,
    });
    if let Some(last) = last.max() {
        // one element alone is no array
        for place in 0..=last.max(1) {
            let filler = Draft::at(Step::Key("#text".to_owned()), Draft::text("x"));
            element(name, draft.parts.get(&Step::Place(place)).unwrap_or(&filler), out);
        }
        return;
    }
    let keys: Vec<(&str, &Draft)> = draft
        .parts
        .iter()
        .filter_map(|(step, part)| match step {
            Step::Key(key) => Some((key.as_str(), part)),
            Step::Place(_) => None,
        })
        .collect();
    let _ = write!(out, "<{name}");
    let mut attributes = 0;
    for (key, part) in &keys {
        if let Some(key) = key.strip_prefix('@') {
            let _ = write!(out, " {key}=\"{}\"", quick_xml::escape::escape(part.as_text()));
            attributes += 1;
        }
    }
    // without an attribute, an element with a text is that text
    if attributes == 0 && keys.iter().any(|(key, _)| *key == "#text") {
        out.push_str(" Name=\"x\"");
    }
    out.push('>');
    if keys.is_empty() {
        let _ = write!(out, "{}", quick_xml::escape::escape(draft.as_text()));
    }
    for (key, part) in &keys {
        match *key {
            "#text" => {
                let _ = write!(out, "{}", quick_xml::escape::escape(part.as_text()));
            }
            key if key.starts_with('@') => {}
            key => element(key, part, out),
        }
    }
    let _ = write!(out, "</{name}>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_document() {
        let key = |name: &str, draft| Draft::at(Step::Key(name.to_owned()), draft);
        let data = |place, name: &str, value: &str| {
            let named = key("@Name", Draft::text(name)).merged(key("#text", Draft::text(value)));
            key("E", key("Data", Draft::at(Step::Place(place), named)))
        };
        let document = data(0, "User", "a<b").merged(data(1, "Image", "x.exe"));
        assert_eq!(text(&document), "<E><Data Name=\"User\">a&lt;b</Data><Data Name=\"Image\">x.exe</Data></E>");
        let one = key("E", key("Data", Draft::at(Step::Place(0), key("#text", Draft::text("v")))));
        assert_eq!(text(&one), "<E><Data Name=\"x\">v</Data><Data Name=\"x\">x</Data></E>");
        assert_eq!(text(&key("E", Draft::text("v"))), "<E>v</E>");
    }
}

//! Reads JSON: strings with surrogate pairs and tabs as indentation are valid JSON, but not valid YAML.

use super::node::{DEPTH, Kind, Node};
use super::places::Places;
use crate::problem::{Place, Problem, Source};
use std::collections::HashSet;

/// The values of a JSON file, one after the other.
pub fn read(source: &Source) -> Result<Vec<Node>, Problem> {
    let mut reader = Reader { source, text: &source.text, places: Places::new(""), at: 0, depth: 0 };
    if reader.text.starts_with('\u{feff}') {
        reader.at = '\u{feff}'.len_utf8();
    }
    reader.places = Places::new(reader.text);
    let mut values = Vec::new();
    loop {
        reader.blanks();
        if reader.at >= reader.text.len() {
            return Ok(values);
        }
        values.push(reader.value()?);
    }
}

struct Reader<'a> {
    source: &'a Source,
    text: &'a str,
    places: Places<'a>,
    at: usize,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips white space, and comments, which templates of Azure can have.
    fn blanks(&mut self) {
        loop {
            let rest = self.text.get(self.at..).unwrap_or("");
            let length = if rest.starts_with("//") {
                rest.find('\n').unwrap_or(rest.len())
            } else if rest.starts_with("/*") {
                rest.find("*/").map_or(rest.len(), |end| end + 2)
            } else {
                rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len()
            };
            if length == 0 {
                return;
            }
            self.at += length;
        }
    }

    fn fault<T>(&self, message: &str) -> Result<T, Problem> {
        let place = Place { start: self.at, end: self.at };
        Err(self.source.problem(place, format!("not valid JSON: {message}"), None))
    }

    fn value(&mut self) -> Result<Node, Problem> {
        let start = self.at;
        let kind = match self.peek() {
            Some(b'{') => self.nested(Self::map)?,
            Some(b'[') => self.nested(Self::list)?,
            Some(b'"') => {
                let text = self.string()?;
                let lines = self.places.line(&text, start, true);
                Kind::Scalar { text, plain: false, lines }
            }
            _ => {
                let rest = self.text.get(start..).unwrap_or("");
                let length =
                    rest.find(|c: char| !c.is_ascii_alphanumeric() && !"+-.".contains(c)).unwrap_or(rest.len());
                let word = rest.get(..length).unwrap_or("");
                if serde_json::from_str::<serde_json::Value>(word).is_err() {
                    return self.fault("expected a value");
                }
                self.at += length;
                Kind::Scalar { text: word.to_owned(), plain: true, lines: vec![start] }
            }
        };
        Ok(Node { kind, place: Place { start, end: self.at } })
    }

    fn nested(&mut self, read: fn(&mut Self) -> Result<Kind, Problem>) -> Result<Kind, Problem> {
        if self.depth >= DEPTH {
            return self.fault(&format!("nested deeper than {DEPTH} levels"));
        }
        self.depth += 1;
        self.at += 1;
        let kind = read(self);
        self.depth -= 1;
        kind
    }

    fn list(&mut self) -> Result<Kind, Problem> {
        let mut items = Vec::new();
        while !self.closed(b']', items.is_empty())? {
            items.push(self.value()?);
        }
        Ok(Kind::List(items))
    }

    fn map(&mut self) -> Result<Kind, Problem> {
        let mut entries = Vec::new();
        let mut names = HashSet::new();
        while !self.closed(b'}', entries.is_empty())? {
            if self.peek() != Some(b'"') {
                return self.fault("expected a key in double quotes");
            }
            let key = self.value()?;
            if let Some(name) = key.text().filter(|name| !names.insert((*name).to_owned())) {
                return Err(self.source.twice(name, key.place));
            }
            self.blanks();
            if self.peek() != Some(b':') {
                return self.fault("expected ':' after the key");
            }
            self.at += 1;
            self.blanks();
            entries.push((key, self.value()?));
        }
        Ok(Kind::Map(entries))
    }

    /// Reads what is between items: whether the list or map ends here. Else the next item follows.
    fn closed(&mut self, bracket: u8, first: bool) -> Result<bool, Problem> {
        self.blanks();
        if self.peek() == Some(bracket) {
            self.at += 1;
            return Ok(true);
        }
        if !first {
            if self.peek() != Some(b',') {
                return self.fault(&format!("expected ',' or '{}'", char::from(bracket)));
            }
            self.at += 1;
            self.blanks();
        }
        Ok(false)
    }

    fn string(&mut self) -> Result<String, Problem> {
        let start = self.at;
        self.at += 1;
        loop {
            match self.peek() {
                None => {
                    self.at = start;
                    return self.fault("the string does not end");
                }
                Some(b'"') => break,
                Some(b'\\') => self.at += 2,
                Some(_) => self.at += 1,
            }
        }
        self.at += 1;
        let raw = self.text.get(start..self.at).unwrap_or("");
        match serde_json::from_str(raw) {
            Ok(text) => Ok(text),
            // some exports have line ends and tabs in strings, as the portal's editor accepts them
            Err(_) => match serde_json::from_str(&escaped(raw)) {
                Ok(text) => Ok(text),
                Err(_) => {
                    self.at = start;
                    self.fault("the string has an escape that does not exist")
                }
            },
        }
    }
}

/// The string with its control characters escaped.
fn escaped(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '\u{0}'..='\u{1f}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

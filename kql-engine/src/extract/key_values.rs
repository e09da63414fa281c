//! `parse-kv`: keys and values in a text.

use super::converted::{Unconverted, converted};
use crate::encoded::Encoded;
use crate::plan::Extractor;
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, BooleanArray, StringArray, StringBuilder};
use datafusion::common::Result;
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// The notation of keys and values in the text.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum KeyValueForm {
    /// Between delimiters.
    Delimited {
        /// Between pairs.
        pair: String,
        /// Between a key and its value.
        key_value: String,
        /// The quotes that can surround a key or a value.
        quotes: Quotes,
        /// Whether a value extends to the next key.
        greedy: bool,
    },
    /// Words, separated by any characters that are not letters or digits. A key that becomes a column is
    /// followed by its value.
    Words(Quotes),
    /// Found by a regular expression with two groups.
    Regex(#[serde(with = "expression")] Regex),
}

/// Regular expressions by their texts.
mod expression {
    use crate::functions::operators::compiled;
    use regex::Regex;
    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &Regex, serializer: S) -> Result<S::Ok, S::Error> {
        value.as_str().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Regex, D::Error> {
        compiled(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The quotes around a key or a value, and the escape characters.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Quotes {
    /// Opening and closing quotes.
    pub pairs: Vec<(char, char)>,
    /// Characters before a character that stands for itself.
    pub escapes: Vec<char>,
}

/// The keys that become columns.
#[derive(Debug)]
pub struct KeyValues {
    form: KeyValueForm,
    types: Vec<ScalarType>,
    places: BTreeMap<String, usize>,
}

/// The name of this kind of extractor.
pub const KIND: &str = "key_values";

/// The keys from their data.
pub fn decode(encoded: &Encoded) -> Result<KeyValues> {
    let (form, types, places) = encoded.data()?;
    Ok(KeyValues { form, types, places })
}

impl KeyValues {
    /// For columns of these names and types.
    pub fn new(form: KeyValueForm, columns: &[(String, ScalarType)]) -> KeyValues {
        KeyValues {
            form,
            types: columns.iter().map(|(_, ty)| *ty).collect(),
            places: columns.iter().enumerate().map(|(i, (name, _))| (name.clone(), i)).collect(),
        }
    }

    fn find<'t>(&self, text: &'t str, found: &mut [Option<Cow<'t, str>>]) {
        let mut keep = |key: &str, value: Cow<'t, str>| {
            // if a key is repeated, the first one counts
            if let Some(slot) = self.places.get(key).and_then(|i| found.get_mut(*i))
                && slot.is_none()
            {
                *slot = Some(value);
            }
        };
        match &self.form {
            KeyValueForm::Regex(regex) => {
                for captures in regex.captures_iter(text) {
                    if let (Some(key), Some(value)) = (captures.get(1), captures.get(2)) {
                        keep(key.as_str(), Cow::Borrowed(value.as_str()));
                    }
                }
            }
            KeyValueForm::Words(quotes) => {
                let mut reader = Reader { text, at: 0, quotes };
                let mut key: Option<Cow<'t, str>> = None;
                while let Some(word) = reader.word() {
                    match key.take() {
                        Some(key) => keep(&key, word),
                        None => key = Some(word).filter(|w| self.places.contains_key(w.as_ref())),
                    }
                }
            }
            KeyValueForm::Delimited { pair, key_value, quotes, greedy } => {
                let mut reader = Reader { text, at: 0, quotes };
                while reader.at < text.len() {
                    let Some(key) = reader.key(pair, key_value) else { continue };
                    let value = if *greedy { reader.greedy_value(pair, key_value) } else { reader.value(pair) };
                    keep(key.trim(), value);
                }
            }
        }
    }
}

struct Reader<'t, 'q> {
    text: &'t str,
    at: usize,
    quotes: &'q Quotes,
}

impl<'t> Reader<'t, '_> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// The key before the next delimiter of key and value; `None` if the pair has none, and then it is skipped.
    fn key(&mut self, pair: &str, key_value: &str) -> Option<Cow<'t, str>> {
        self.at += self.rest().len() - self.rest().trim_start().len();
        if let Some(key) = self.quoted() {
            if let Some(rest) = self.rest().strip_prefix(key_value) {
                self.at = self.text.len() - rest.len();
                return Some(key);
            }
            self.skip_past(pair);
            return None;
        }
        let rest = self.rest();
        let end = rest.find(pair).unwrap_or(rest.len());
        match rest.find(key_value).filter(|at| *at < end || (*at == end && pair != key_value)) {
            Some(at) => {
                self.at += at + key_value.len();
                Some(Cow::Borrowed(rest.get(..at).unwrap_or("")))
            }
            None => {
                self.skip_past(pair);
                None
            }
        }
    }

    fn skip_past(&mut self, delimiter: &str) {
        match self.rest().find(delimiter) {
            Some(at) => self.at += at + delimiter.len(),
            None => self.at = self.text.len(),
        }
    }

    /// The next word: letters and digits, or a quoted text.
    fn word(&mut self) -> Option<Cow<'t, str>> {
        loop {
            let rest = self.rest();
            let start = rest.find(|c: char| c.is_alphanumeric() || self.quotes.pairs.iter().any(|q| q.0 == c))?;
            self.at += start;
            if let Some(quoted) = self.quoted() {
                return Some(quoted);
            }
            let rest = self.rest();
            let end = rest.find(|c: char| !c.is_alphanumeric()).unwrap_or(rest.len());
            if end > 0 {
                self.at += end;
                return Some(Cow::Borrowed(rest.get(..end).unwrap_or("")));
            }
            // a quote that is never closed
            self.at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }

    /// A quoted text at this position, without quotes and escapes.
    fn quoted(&mut self) -> Option<Cow<'t, str>> {
        let first = self.rest().chars().next()?;
        let (_, close) = *self.quotes.pairs.iter().find(|q| q.0 == first)?;
        let rest = self.rest().strip_prefix(first)?;
        let start = self.text.len() - rest.len();
        let mut escaped = String::new();
        let mut plain = 0;
        let mut chars = rest.char_indices();
        while let Some((i, c)) = chars.next() {
            if self.quotes.escapes.contains(&c) {
                escaped.push_str(rest.get(plain..i).unwrap_or(""));
                plain = i + c.len_utf8();
                chars.next();
            } else if c == close {
                self.at = start + i + c.len_utf8();
                let last = rest.get(plain..i).unwrap_or("");
                return Some(if plain == 0 {
                    Cow::Borrowed(last)
                } else {
                    escaped.push_str(last);
                    Cow::Owned(escaped)
                });
            }
        }
        // never closed, so it is not a quote
        None
    }

    fn value(&mut self, pair: &str) -> Cow<'t, str> {
        let blanks = self.rest().len() - self.rest().trim_start().len();
        let before = self.at;
        self.at += blanks;
        if let Some(value) = self.quoted() {
            self.skip_past(pair);
            return value;
        }
        self.at = before;
        let rest = self.rest();
        let end = rest.find(pair).unwrap_or(rest.len());
        self.at = (self.at + end + pair.len()).min(self.text.len());
        Cow::Borrowed(rest.get(..end).unwrap_or("").trim())
    }

    /// The value up to the last delimiter before the next key.
    fn greedy_value(&mut self, pair: &str, key_value: &str) -> Cow<'t, str> {
        let before = self.at;
        if let Some(value) = self.quoted() {
            self.skip_past(pair);
            return value;
        }
        self.at = before;
        let rest = self.rest();
        let next_key = rest.find(key_value);
        let end = match next_key {
            Some(next) => rest.get(..next).and_then(|r| r.rfind(pair)).unwrap_or(rest.len()),
            None => rest.len(),
        };
        self.at = (self.at + end + pair.len()).min(self.text.len());
        Cow::Borrowed(rest.get(..end).unwrap_or("").trim())
    }
}

impl Extractor for KeyValues {
    fn extract(&self, texts: &StringArray) -> Result<(BooleanArray, Vec<ArrayRef>)> {
        let mut builders: Vec<StringBuilder> = self.types.iter().map(|_| StringBuilder::new()).collect();
        let mut found: Vec<Option<Cow<str>>> = vec![None; self.types.len()];
        for text in texts {
            found.fill(None);
            self.find(text.unwrap_or(""), &mut found);
            for (builder, value) in builders.iter_mut().zip(&found) {
                builder.append_option(value.as_deref());
            }
        }
        let found: Vec<StringArray> = builders.iter_mut().map(StringBuilder::finish).collect();
        converted(found, &self.types, vec![true; texts.len()], Unconverted::IsNull)
    }

    fn encode(&self) -> Result<(&'static str, Encoded)> {
        Ok((KIND, Encoded::of(&(&self.form, &self.types, &self.places))?))
    }
}

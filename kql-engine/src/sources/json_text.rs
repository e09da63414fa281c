//! Reading the top level of JSON objects without building values: members are slices of the text.
//!
//! Objects of one file nearly always have the same keys in the same order, so each key is first compared
//! with the one that stood in its place before ([`Shape`]); only others are looked up.

use super::simd;
use std::borrow::Cow;
use std::collections::HashMap;

/// A value as it stands in the text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Raw<'a> {
    /// Also where there is no such member.
    Null,
    Bool(bool),
    /// The text of a valid number.
    Number(&'a str),
    /// Between the quotes; and whether there are escapes in it.
    String(&'a str, bool),
    /// An array or an object, quotes and brackets balanced.
    Nested(&'a str),
}

/// Why a text cannot be read further.
pub(super) type Fault = &'static str;

const CUT: Fault = "the text ends in the middle of a value";

/// What to do with a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Slot {
    /// Not wanted.
    Skip,
    /// The index of the value.
    At(usize),
}

/// Who wants the members of an object.
pub(super) trait Members<'a> {
    /// Decides on a key not met before.
    fn key(&mut self, _: &str) -> Slot {
        Slot::Skip
    }

    /// Takes the value of a key by its index.
    fn value(&mut self, index: usize, raw: Raw<'a>);
}

/// Nobody: only whether the object is valid matters.
impl<'a> Members<'a> for () {
    fn value(&mut self, _: usize, _: Raw<'a>) {}
}

/// The values of the keys that a shape was made of.
impl<'a> Members<'a> for [Raw<'a>] {
    #[inline]
    fn value(&mut self, index: usize, raw: Raw<'a>) {
        if let Some(value) = self.get_mut(index) {
            *value = raw;
        }
    }
}

/// The keys met so far, in their usual order.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// `"key":` and what to do with it.
    order: Vec<(Box<str>, Slot)>,
    slots: HashMap<Box<str>, Slot>,
}

impl Shape {
    /// With the keys that are wanted.
    pub(super) fn of<'k>(keys: impl IntoIterator<Item = &'k str>) -> Shape {
        let slots = keys.into_iter().enumerate().map(|(i, key)| (key.into(), Slot::At(i))).collect();
        Shape { order: Vec::new(), slots }
    }

    /// What to do with a key; a new one is decided on by `members`.
    fn slot<'a>(&mut self, key: &str, members: &mut (impl Members<'a> + ?Sized)) -> Slot {
        match self.slots.get(key) {
            Some(slot) => *slot,
            None => {
                let slot = members.key(key);
                self.slots.insert(key.into(), slot);
                slot
            }
        }
    }
}

/// A place in a text.
pub(super) struct Cursor<'a> {
    text: &'a str,
    pub at: usize,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0 }
    }

    pub(super) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(super) fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    pub(super) fn take(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// The text between two places, which may lie beyond its end.
    pub(super) fn between(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to.min(self.text.len())).unwrap_or_default()
    }

    fn slice(&self, from: usize, to: usize) -> Result<&'a str, Fault> {
        self.text.get(from..to).ok_or(CUT)
    }

    /// Makes sure that nothing but white space is left.
    pub(super) fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err("there is text after the object") }
    }

    /// Reads an object, the cursor being at its bracket.
    pub(super) fn object(&mut self, shape: &mut Shape, members: &mut (impl Members<'a> + ?Sized)) -> Result<(), Fault> {
        if !self.take(b'{') {
            return Err("this is not a JSON object");
        }
        self.space();
        if self.take(b'}') {
            return Ok(());
        }
        // blanks between tokens are rare: each place is looked at before it is searched for them
        let bytes = self.text.as_bytes();
        for place in 0.. {
            let rest = bytes.get(self.at..).ok_or(CUT)?;
            let slot = match shape.order.get(place) {
                Some((known, slot)) if begins_with(rest, known.as_bytes()) => {
                    self.at += known.len();
                    *slot
                }
                _ => self.key(shape, place, members)?,
            };
            if bytes.get(self.at) != Some(&b'"') {
                self.space();
            }
            match slot {
                Slot::Skip => self.skip()?,
                Slot::At(i) => {
                    let value = self.value()?;
                    members.value(i, value);
                }
            }
            if bytes.get(self.at) != Some(&b',') {
                self.space();
            }
            match bytes.get(self.at) {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return Err("a comma or a closing brace is missing after a value"),
                None => return Err(CUT),
            }
            if bytes.get(self.at) != Some(&b'"') {
                self.space();
            }
        }
        Ok(())
    }

    /// Goes behind a value that nobody wants.
    #[inline]
    fn skip(&mut self) -> Result<(), Fault> {
        if self.peek() == Some(b'"') {
            self.at = self.end_of_string(self.at + 1)?.0 + 1;
            return Ok(());
        }
        self.value().map(|_| ())
    }

    fn key(
        &mut self,
        shape: &mut Shape,
        place: usize,
        members: &mut (impl Members<'a> + ?Sized),
    ) -> Result<Slot, Fault> {
        let from = self.at;
        match self.peek() {
            Some(b'"') => {}
            Some(_) => return Err("a key in quotes is missing"),
            None => return Err(CUT),
        }
        let (raw, escaped) = self.string()?;
        let slot = if escaped { shape.slot(&unescape(raw), members) } else { shape.slot(raw, members) };
        self.space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err("a colon is missing after a key"),
            None => return Err(CUT),
        }
        let written = (self.slice(from, self.at)?.into(), slot);
        if place == shape.order.len() {
            shape.order.push(written);
        } else if let Some(known) = shape.order.get_mut(place) {
            *known = written;
        }
        Ok(slot)
    }

    /// Reads a string, the cursor being at its quote: what is between the quotes, and whether it has escapes.
    #[inline]
    fn string(&mut self) -> Result<(&'a str, bool), Fault> {
        let from = self.at + 1;
        let (end, escaped) = self.end_of_string(from)?;
        self.at = end + 1;
        Ok((self.slice(from, end)?, escaped))
    }

    /// The place of the quote that ends a string, which begins there, and whether there are escapes before it.
    #[inline]
    fn end_of_string(&self, from: usize) -> Result<(usize, bool), Fault> {
        let bytes = self.text.as_bytes();
        let mut at = from;
        let mut escaped = false;
        loop {
            let rest = bytes.get(at..).ok_or(CUT)?;
            let found = simd::quote_or_escape(rest).ok_or("the text ends inside a string")?;
            at += found;
            if bytes.get(at) == Some(&b'"') {
                return Ok((at, escaped));
            }
            escaped = true;
            at += 2;
        }
    }

    /// Reads any value.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Raw<'a>, Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(|(raw, escaped)| Raw::String(raw, escaped)),
            Some(b'{' | b'[') => self.nested().map(Raw::Nested),
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'n') => self.word("null", Raw::Null),
            Some(b't') => self.word("true", Raw::Bool(true)),
            Some(b'f') => self.word("false", Raw::Bool(false)),
            Some(_) => Err("this is not a JSON value"),
            None => Err(CUT),
        }
    }

    fn word(&mut self, word: &'static str, value: Raw<'a>) -> Result<Raw<'a>, Fault> {
        let rest = self.text.as_bytes().get(self.at..).ok_or(CUT)?;
        if rest.starts_with(word.as_bytes()) {
            self.at += word.len();
            Ok(value)
        } else if word.as_bytes().starts_with(rest) {
            Err(CUT)
        } else {
            Err("this is not a JSON value")
        }
    }

    fn number(&mut self) -> Result<Raw<'a>, Fault> {
        let from = self.at;
        let digits = |cursor: &mut Self| {
            let start = cursor.at;
            while let Some(b'0'..=b'9') = cursor.peek() {
                cursor.at += 1;
            }
            cursor.at > start
        };
        self.take(b'-');
        let mut valid = digits(self);
        if self.take(b'.') {
            valid &= digits(self);
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            let _ = self.take(b'+') || self.take(b'-');
            valid &= digits(self);
        }
        if valid { self.slice(from, self.at).map(Raw::Number) } else { Err("this is not a number") }
    }

    /// Finds the end of an array or object. Whether all within is valid shows when the value is used.
    fn nested(&mut self) -> Result<&'a str, Fault> {
        let from = self.at;
        let bytes = self.text.as_bytes();
        let mut depth = 0usize;
        loop {
            match bytes.get(self.at) {
                Some(b'"') => {
                    self.string()?;
                    continue;
                }
                Some(b'{' | b'[') => depth += 1,
                Some(b'}' | b']') => {
                    depth -= 1;
                    if depth == 0 {
                        self.at += 1;
                        return self.slice(from, self.at);
                    }
                }
                Some(_) => {}
                None => return Err(CUT),
            }
            self.at += 1;
        }
    }
}

/// `text.starts_with(key)`, without a call: 16 bytes at a time, and the last ones overlap.
#[inline]
fn begins_with(text: &[u8], key: &[u8]) -> bool {
    let Some(start) = text.get(..key.len()) else { return false };
    if let (Some(a), Some(b)) = (start.last_chunk::<16>(), key.last_chunk::<16>()) {
        let chunks = start.as_chunks::<16>().0.iter().zip(key.as_chunks::<16>().0);
        return u128::from_ne_bytes(*a) == u128::from_ne_bytes(*b)
            && chunks.into_iter().all(|(a, b)| u128::from_ne_bytes(*a) == u128::from_ne_bytes(*b));
    }
    match (start.first_chunk::<8>(), key.first_chunk::<8>(), start.last_chunk::<8>(), key.last_chunk::<8>()) {
        (Some(a), Some(b), Some(c), Some(d)) => {
            u64::from_ne_bytes(*a) == u64::from_ne_bytes(*b) && u64::from_ne_bytes(*c) == u64::from_ne_bytes(*d)
        }
        _ => start == key,
    }
}

/// The text of a JSON string, given what is between its quotes. What is no valid escape stays as it is.
pub(super) fn unescape(raw: &str) -> Cow<'_, str> {
    let Some(first) = memchr::memchr(b'\\', raw.as_bytes()) else { return Cow::Borrowed(raw) };
    let mut out = String::with_capacity(raw.len());
    let (mut rest, mut next) = (raw, Some(first));
    while let Some(at) = next {
        let (before, escape) = rest.split_at_checked(at).unwrap_or((rest, ""));
        out.push_str(before);
        let (c, length) = match escape.as_bytes().get(1) {
            Some(b'n') => ('\n', 2),
            Some(b't') => ('\t', 2),
            Some(b'r') => ('\r', 2),
            Some(b'b') => ('\u{8}', 2),
            Some(b'f') => ('\u{c}', 2),
            Some(b'u') => unicode(escape).unwrap_or(('\\', 1)),
            Some(&c @ (b'"' | b'\\' | b'/')) => (char::from(c), 2),
            _ => ('\\', 1),
        };
        out.push(c);
        rest = escape.get(length..).unwrap_or("");
        next = memchr::memchr(b'\\', rest.as_bytes());
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// The character of `\uXXXX` or of a pair of them, and the length of the escape. Half a pair is U+FFFD.
fn unicode(escape: &str) -> Option<(char, usize)> {
    let unit = |text: &str| -> Option<u32> {
        let digits = text.strip_prefix("\\u")?.get(..4)?;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u32::from_str_radix(digits, 16).ok())?
    };
    let first = unit(escape)?;
    if (0xd800..0xdc00).contains(&first)
        && let Some(second @ 0xdc00..0xe000) = escape.get(6..).and_then(unit)
    {
        let code = 0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00);
        return Some((char::from_u32(code)?, 12));
    }
    Some((char::from_u32(first).unwrap_or(char::REPLACEMENT_CHARACTER), 6))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Default)]
    struct All {
        keys: Vec<String>,
        found: Vec<(usize, String)>,
    }

    impl Members<'_> for All {
        fn key(&mut self, key: &str) -> Slot {
            self.keys.push(key.to_owned());
            Slot::At(self.keys.len() - 1)
        }

        fn value(&mut self, index: usize, raw: Raw) {
            self.found.push((index, format!("{raw:?}")));
        }
    }

    fn read(text: &str) -> Result<Vec<(String, String)>, Fault> {
        let mut all = All::default();
        Cursor::new(text).object(&mut Shape::default(), &mut all)?;
        Ok(all.found.into_iter().map(|(i, v)| (all.keys[i].clone(), v)).collect())
    }

    #[test]
    fn members() {
        let found = read(r#"{"a":1, "b" : "x\"y","c":[1,{"d":"]"}],"e":null,"f":true,"g":-1.5e+3}"#).expect("valid");
        let values: Vec<&str> = found.iter().map(|(_, v)| v.as_str()).collect();
        assert_eq!(
            values,
            [
                "Number(\"1\")",
                "String(\"x\\\\\\\"y\", true)",
                "Nested(\"[1,{\\\"d\\\":\\\"]\\\"}]\")",
                "Null",
                "Bool(true)",
                "Number(\"-1.5e+3\")"
            ]
        );
        assert_eq!(read("{}").expect("valid"), []);
    }

    #[test]
    fn faults() {
        for text in [
            "",
            "{",
            "[1]",
            "{\"a\"",
            "{\"a\":",
            "{\"a\":1",
            "{\"a\":1,",
            "{\"a\":tru",
            "{\"a\":\"x",
            "{\"a\":[1",
            "{a:1}",
            "{\"a\" 1}",
            "{\"a\":1 \"b\":2}",
            "{\"a\":-}",
            "{\"a\":1.}",
            "{\"a\":\"\\",
            "{\"a\":nul}",
        ] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn escapes() {
        assert_eq!(unescape(r#"a\"b\\c\/d\n\u0041\u00e9\ud83d\ude00"#), "a\"b\\c/d\nAé😀");
        assert_eq!(unescape(r"\ud83d x \u12 \q \"), "\u{fffd} x \\u12 \\q \\");
        assert_eq!(unescape("plain"), "plain");
    }

    proptest! {
        #[test]
        fn never_panics(text in r#"[\[\]{}":,a1\\u\-e. é]{0,40}"#) {
            let _ = read(&text);
            let _ = unescape(&text);
        }
    }
}

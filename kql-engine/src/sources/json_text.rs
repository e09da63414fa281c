//! Reading the top level of JSON objects without building values: members are slices of the text.
//!
//! Objects of one file nearly always have the same keys in the same order, so each key is first compared
//! with the one that stood in its place before ([`Shape`]); only others are looked up.

use super::json_index::Index;
use super::simd::{self, Start};
use crate::dynamic::unescape;
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
    order: Vec<Usual>,
    slots: HashMap<Box<str>, Slot>,
}

/// A key in its usual place.
#[derive(Debug)]
struct Usual {
    /// How the member begins: the key in its quotes, the colon, and the quote of its value if that was a string.
    start: Start,
    slot: Slot,
    is_string: bool,
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
    /// The quotes of the block that the text is in, if they were looked up, and where it begins there.
    index: Option<(&'a Index, usize)>,
}

impl<'a> Cursor<'a> {
    pub(super) fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0, index: None }
    }

    /// Of a text that begins in that place of a block.
    pub(super) fn indexed(text: &'a str, index: &'a Index, begins: usize) -> Cursor<'a> {
        Cursor { text, at: 0, index: Some((index, begins)) }
    }

    pub(super) fn text(&self) -> &'a str {
        self.text
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
        // what is usual, without blanks, is done in place; the rest is left to the cursor
        let (text, index) = (self.text, self.index);
        let bytes = text.as_bytes();
        let mut at = self.at;
        for place in 0.. {
            let rest = bytes.get(at..).ok_or(CUT)?;
            match shape.order.get(place) {
                Some(Usual { start, slot, is_string: true }) if start.begins(rest) => {
                    let from = at + start.len();
                    let end = end_of_string(text, from, index)?;
                    if let Slot::At(i) = slot {
                        members.value(*i, string(text.get(from..end).ok_or(CUT)?));
                    }
                    at = end + 1;
                }
                usual => {
                    let slot = match usual {
                        Some(Usual { start, slot, is_string: false }) if start.begins(rest) => {
                            at += start.len();
                            *slot
                        }
                        _ => {
                            self.at = at;
                            let slot = self.key(shape, place, members)?;
                            at = self.at;
                            slot
                        }
                    };
                    let rest = bytes.get(at..).ok_or(CUT)?;
                    let integer = digits(rest);
                    let value = if integer > 0 && rest.get(integer) == Some(&b',') {
                        let from = at;
                        at += integer;
                        Raw::Number(text.get(from..at).ok_or(CUT)?)
                    } else {
                        self.at = at;
                        let value = self.value()?;
                        at = self.at;
                        value
                    };
                    if let Slot::At(i) = slot {
                        members.value(i, value);
                    }
                }
            }
            if bytes.get(at..).and_then(|rest| rest.first_chunk::<2>()) == Some(b",\"") {
                at += 1;
                continue;
            }
            self.at = at;
            self.space();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => return Err("a comma or a closing brace is missing after a value"),
                None => return Err(CUT),
            }
            self.space();
            at = self.at;
        }
        Ok(())
    }

    /// Reads a key up to its value, and remembers that it stands in that place.
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
        let slot = shape.slot(&unescape(self.string()?), members);
        self.space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err("a colon is missing after a key"),
            None => return Err(CUT),
        }
        self.space();
        let is_string = self.peek() == Some(b'"');
        let start = Start::new(self.slice(from, self.at + usize::from(is_string))?);
        let usual = Usual { start, slot, is_string };
        if place == shape.order.len() {
            shape.order.push(usual);
        } else if let Some(known) = shape.order.get_mut(place) {
            *known = usual;
        }
        Ok(slot)
    }

    /// Reads a string, the cursor being at its quote: what is between the quotes.
    #[inline]
    fn string(&mut self) -> Result<&'a str, Fault> {
        let from = self.at + 1;
        let end = end_of_string(self.text, from, self.index)?;
        self.at = end + 1;
        self.slice(from, end)
    }

    /// Reads any value.
    #[inline]
    pub(super) fn value(&mut self) -> Result<Raw<'a>, Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(string),
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
            let found = digits(cursor.text.as_bytes().get(cursor.at..).unwrap_or_default());
            cursor.at += found;
            found > 0
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

/// The value of a string, given what is between its quotes.
#[inline]
fn string(raw: &str) -> Raw<'_> {
    Raw::String(raw, memchr::memchr(b'\\', raw.as_bytes()).is_some())
}

/// The place of the quote that ends a string, which begins there.
#[inline(always)]
fn end_of_string(text: &str, from: usize, index: Option<(&Index, usize)>) -> Result<usize, Fault> {
    const OPEN: Fault = "the text ends inside a string";
    if let Some((index, begins)) = index {
        let end = index.quote(begins + from).ok_or(OPEN)? - begins;
        return if end < text.len() { Ok(end) } else { Err(OPEN) };
    }
    let mut at = from;
    loop {
        let rest = text.as_bytes().get(at..).ok_or(CUT)?;
        at += simd::quote_or_escape(rest).ok_or(OPEN)?;
        if text.as_bytes().get(at) == Some(&b'"') {
            return Ok(at);
        }
        at += 2;
    }
}

/// How many digits the text begins with.
#[inline(always)]
fn digits(text: &[u8]) -> usize {
    let mut digits = 0;
    for eight in text.as_chunks::<8>().0 {
        // a byte is a digit if it is none of a higher row, and stays in this one when six are added
        let bytes = u64::from_le_bytes(*eight);
        let other = (bytes ^ 0x3030_3030_3030_3030) & 0xf0f0_f0f0_f0f0_f0f0
            | ((bytes & 0x0f0f_0f0f_0f0f_0f0f) + 0x0606_0606_0606_0606) & 0xf0f0_f0f0_f0f0_f0f0;
        if other != 0 {
            return digits + other.trailing_zeros() as usize / 8;
        }
        digits += 8;
    }
    let rest = text.get(digits..).unwrap_or_default();
    digits + rest.iter().take_while(|b| b.is_ascii_digit()).count()
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

    proptest! {
        #[test]
        fn digits_at_the_beginning(text in "[0-9]{0,20}[/:;0 ap\u{b0}]{0,3}[0-9]{0,9}") {
            prop_assert_eq!(digits(text.as_bytes()), text.bytes().take_while(u8::is_ascii_digit).count());
        }

        #[test]
        fn never_panics(text in r#"[\[\]{}":,a1\\u\-e. é]{0,40}"#) {
            let _ = read(&text);
        }
    }
}

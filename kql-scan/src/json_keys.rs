//! Reading the members of JSON objects.
//!
//! Objects of one file nearly always have the same keys in the same order. So each member is first compared with the member
//! that followed the previous one last time ([`KeyPredictor`]); only other keys are looked up.

use crate::json_text::{CUT, Cursor, Fault, OPEN, Raw, digits, end_of_string};
use crate::lanes::{self, Lanes, MemberPrefix, Pass};
use crate::unescape;
use std::collections::HashMap;

/// What to do with a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Slot {
    /// The value is not needed.
    Skip,
    /// The index of the value.
    At(usize),
}

/// A receiver of the members of an object.
pub trait Members<'a> {
    /// Decides what to do with a new key.
    fn key(&mut self, _: &str) -> Slot {
        Slot::Skip
    }

    /// Receives the value of a key by its index.
    fn value(&mut self, index: usize, raw: Raw<'a>);
}

/// Ignores the members: only checks that the object is valid.
impl<'a> Members<'a> for () {
    fn value(&mut self, _: usize, _: Raw<'a>) {}
}

/// The values of the keys that a predictor was created with.
impl<'a> Members<'a> for [Raw<'a>] {
    #[inline]
    fn value(&mut self, index: usize, raw: Raw<'a>) {
        if let Some(value) = self.get_mut(index) {
            *value = raw;
        }
    }
}

/// The keys seen so far, and which one usually follows which.
#[derive(Debug)]
pub struct KeyPredictor {
    /// The beginning of an object, and then each key.
    keys: Vec<Key>,
    /// The position of each key.
    places: HashMap<Box<str>, usize>,
}

/// A key as it was written last time.
#[derive(Debug)]
struct Key {
    /// How the member begins, from the end of the previous one: the comma or the object's brace, the key in its quotes, the
    /// colon, and the quote of its value if that was a string.
    start: MemberPrefix,
    is_string: bool,
    slot: Slot,
    /// The key that followed.
    next: usize,
    /// Whether the value is a string that is not needed, and the key that followed is the next one in the list.
    is_plain: bool,
}

impl Key {
    fn new(slot: Slot) -> Key {
        Key { start: MemberPrefix::never(), is_string: false, slot, next: BEGINNING, is_plain: false }
    }
}

/// The position before the first key.
const BEGINNING: usize = 0;

impl Default for KeyPredictor {
    fn default() -> KeyPredictor {
        KeyPredictor { keys: vec![Key::new(Slot::Skip)], places: HashMap::new() }
    }
}

impl KeyPredictor {
    /// With the keys whose values are needed.
    pub fn of<'k>(keys: impl IntoIterator<Item = &'k str>) -> KeyPredictor {
        let mut shape = KeyPredictor::default();
        for (i, key) in keys.into_iter().enumerate() {
            shape.add(key, Slot::At(i));
        }
        shape
    }

    /// Changes a key.
    fn set(&mut self, place: usize, new: impl FnOnce(&mut Key)) {
        if let Some(key) = self.keys.get_mut(place) {
            new(key);
            key.is_plain = key.is_string && key.slot == Slot::Skip && key.next == place + 1 && key.start.is_short();
        }
    }

    fn add(&mut self, key: &str, slot: Slot) -> usize {
        let place = self.keys.len();
        self.keys.push(Key::new(slot));
        self.places.insert(key.into(), place);
        place
    }
}

impl<'a> Cursor<'a> {
    /// Reads an object; the cursor is at its opening brace.
    pub fn object(&mut self, shape: &mut KeyPredictor, members: &mut (impl Members<'a> + ?Sized)) -> Result<(), Fault> {
        if self.peek() != Some(b'{') {
            return Err("this is not a JSON object");
        }
        let mut before = BEGINNING;
        loop {
            let (text, keys) = (self.text().as_bytes(), shape.keys.as_slice());
            before = lanes::run(FastPath { cursor: self, keys, before, members }, text)?;
            match self.member(shape, before, members)? {
                Some(place) => before = place,
                None => return Ok(()),
            }
        }
    }

    /// Reads a member in any notation; the cursor is after the previous one. Returns the position of its key, or `None`
    /// at the end of the object.
    fn member(
        &mut self,
        shape: &mut KeyPredictor,
        before: usize,
        members: &mut (impl Members<'a> + ?Sized),
    ) -> Result<Option<usize>, Fault> {
        let from = self.at;
        let first = before == BEGINNING;
        self.space();
        match self.peek() {
            Some(b'{') if first => {
                self.at += 1;
                self.space();
                if self.take(b'}') {
                    return Ok(None);
                }
            }
            Some(b',') if !first => {
                self.at += 1;
                self.space();
            }
            Some(b'}') if !first => {
                self.at += 1;
                return Ok(None);
            }
            Some(_) => return Err("a comma or a closing brace is missing after a value"),
            None => return Err(CUT),
        }
        match self.peek() {
            Some(b'"') => {}
            Some(_) => return Err("a key in quotes is missing"),
            None => return Err(CUT),
        }
        let key = unescape(self.string()?);
        let place = match shape.places.get(&*key) {
            Some(place) => *place,
            None => shape.add(&key, members.key(&key)),
        };
        self.space();
        match self.peek() {
            Some(b':') => self.at += 1,
            Some(_) => return Err("a colon is missing after a key"),
            None => return Err(CUT),
        }
        self.space();
        let is_string = self.peek() == Some(b'"');
        let start = MemberPrefix::new(self.slice(from, self.at + usize::from(is_string))?);
        shape.set(before, |key| key.next = place);
        let value = self.value()?;
        if let Some(Slot::At(i)) = shape.keys.get(place).map(|key| key.slot) {
            members.value(i, value);
        }
        shape.set(place, |key| (key.start, key.is_string) = (start, is_string));
        Ok(Some(place))
    }
}

/// Reads members as long as they are written as last time; returns the position of the last key.
struct FastPath<'c, 'a, M: ?Sized> {
    cursor: &'c mut Cursor<'a>,
    keys: &'c [Key],
    before: usize,
    members: &'c mut M,
}

impl<'a, M: Members<'a> + ?Sized> Pass for FastPath<'_, 'a, M> {
    type Result = Result<usize, Fault>;

    #[inline(always)]
    fn run<L: Lanes>(self, lanes: L, bytes: &[u8]) -> Result<usize, Fault> {
        let FastPath { cursor, keys, mut before, members } = self;
        let text = cursor.text();
        // the cursor is kept in locals: updating it in place would make each step wait for the previous one
        let (mut at, mut quotes) = (cursor.at, cursor.quotes);
        while let Some(mut place) = keys.get(before).map(|key| key.next) {
            if let Some(quotes) = &mut quotes {
                let (ends, begins) = quotes.fourths();
                let plain = keys.get(place..).unwrap_or_default().iter().take_while(|key| key.is_plain);
                let mut passed = 0;
                for (key, end) in plain.zip(ends) {
                    let Some(rest) = bytes.get(at..).and_then(|rest| rest.first_chunk::<64>()) else { break };
                    if !key.start.is(lanes, rest) {
                        break;
                    }
                    // the quotes of a line never come before it
                    at = (end + 1).wrapping_sub(begins);
                    passed += 1;
                }
                quotes.pass(passed * 4);
                place += passed;
                if passed > 0 {
                    before = place - 1;
                }
            }
            let Some(key) = keys.get(place) else { break };
            if !bytes.get(at..).is_some_and(|rest| key.start.begins(lanes, rest)) {
                break;
            }
            let from = at + key.start.len();
            let value = if key.is_string {
                let end = match &mut quotes {
                    Some(quotes) => quotes.fourth().ok_or(OPEN)?,
                    None => end_of_string(text, from)?,
                };
                at = end + 1;
                match key.slot {
                    Slot::Skip => Raw::Null,
                    Slot::At(_) => Raw::String(text.get(from..end).ok_or(CUT)?),
                }
            } else {
                if let Some(quotes) = &mut quotes {
                    quotes.pass(2);
                }
                let rest = bytes.get(from..).ok_or(CUT)?;
                let integer = digits(rest);
                if integer > 0 && rest.get(integer) == Some(&b',') {
                    at = from + integer;
                    Raw::Number(text.get(from..at).ok_or(CUT)?)
                } else {
                    (cursor.at, cursor.quotes) = (from, quotes);
                    let value = cursor.value()?;
                    (at, quotes) = (cursor.at, cursor.quotes);
                    value
                }
            };
            if let Slot::At(i) = key.slot {
                members.value(i, value);
            }
            before = place;
        }
        (cursor.at, cursor.quotes) = (at, quotes);
        Ok(before)
    }
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
        Cursor::new(text).object(&mut KeyPredictor::default(), &mut all)?;
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
                "String(\"x\\\\\\\"y\")",
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
        fn never_panics(text in r#"[\[\]{}":,a1\\u\-e. é]{0,40}"#) {
            let _ = read(&text);
        }
    }
}

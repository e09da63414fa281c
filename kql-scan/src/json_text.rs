//! Reading JSON without building values: a value is a slice of the text.

use crate::json_index::Quotes;
use crate::lanes;

/// A value as it is written in the text.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Raw<'a> {
    /// Also if there is no such member.
    Null,
    /// `true`, `false`
    Bool(bool),
    /// The text of a valid number.
    Number(&'a str),
    /// The text between the quotes, with its escapes.
    String(&'a str),
    /// An array or an object, quotes and brackets balanced.
    Nested(&'a str),
}

/// Why a text cannot be read further.
pub type Fault = &'static str;

/// The text ends too early.
pub const CUT: Fault = "the text ends in the middle of a value";

/// A position in a text.
pub struct Cursor<'a> {
    text: &'a str,
    /// Its offset in bytes.
    pub at: usize,
    /// The quotes after it, if they were indexed.
    pub quotes: Option<Quotes<'a>>,
}

impl<'a> Cursor<'a> {
    /// At the beginning of a text.
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor { text, at: 0, quotes: None }
    }

    /// At the beginning of a text whose quotes are indexed.
    pub fn indexed(text: &'a str, quotes: Quotes<'a>) -> Cursor<'a> {
        Cursor { text, at: 0, quotes: Some(quotes) }
    }

    /// The whole text.
    pub fn text(&self) -> &'a str {
        self.text
    }

    /// The byte here; `None` at the end.
    pub fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// Skips white space.
    pub fn space(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    /// Skips this byte if it is here, and returns whether it was.
    pub fn take(&mut self, byte: u8) -> bool {
        let here = self.peek() == Some(byte);
        self.at += usize::from(here);
        here
    }

    /// The text between two offsets, which may be beyond its end.
    pub fn between(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to.min(self.text.len())).unwrap_or_default()
    }

    /// The text between two offsets.
    ///
    /// # Errors
    /// The text is shorter than that.
    pub fn slice(&self, from: usize, to: usize) -> Result<&'a str, Fault> {
        self.text.get(from..to).ok_or(CUT)
    }

    /// Checks that only white space is left.
    pub fn end(&mut self) -> Result<(), Fault> {
        self.space();
        if self.at == self.text.len() { Ok(()) } else { Err("there is text after the object") }
    }

    /// Reads a string, the cursor being at its quote. Returns the text between the quotes.
    #[inline]
    pub fn string(&mut self) -> Result<&'a str, Fault> {
        let from = self.at + 1;
        let end = match &mut self.quotes {
            Some(quotes) => quotes.next(from).ok_or(OPEN)?,
            None => end_of_string(self.text, from)?,
        };
        self.at = end + 1;
        self.slice(from, end)
    }

    /// Reads any value.
    #[inline]
    pub fn value(&mut self) -> Result<Raw<'a>, Fault> {
        match self.peek() {
            Some(b'"') => self.string().map(Raw::String),
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

    /// Finds the end of an array or object. Its content is validated only when the value is used.
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

/// A string has no closing quote.
pub const OPEN: Fault = "the text ends inside a string";

/// The position of the quote that ends a string; `from` is inside it.
#[inline]
pub fn end_of_string(text: &str, from: usize) -> Result<usize, Fault> {
    let mut at = from;
    loop {
        let rest = text.as_bytes().get(at..).ok_or(CUT)?;
        at += lanes::quote_or_escape(rest).ok_or(OPEN)?;
        if text.as_bytes().get(at) == Some(&b'"') {
            return Ok(at);
        }
        at += 2;
    }
}

/// The number of digits at the beginning of the text.
#[inline(always)]
pub fn digits(text: &[u8]) -> usize {
    let mut digits = 0;
    for eight in text.as_chunks::<8>().0 {
        // a byte is a digit if its high half is that of the digits, and stays so when six is added
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

    proptest! {
        #[test]
        fn digits_at_the_beginning(text in "[0-9]{0,20}[/:;0 ap\u{b0}]{0,3}[0-9]{0,9}") {
            prop_assert_eq!(digits(text.as_bytes()), text.bytes().take_while(u8::is_ascii_digit).count());
        }
    }
}

//! Splits JSON text into its parts.
//!
//! The text of a dynamic column is compact and valid, because all code that creates one calls [`normalize`]. The
//! functions here still accept any text and return nothing if it is not JSON.

use super::date;
use kql_scan::unescape;
use std::borrow::Cow;

/// The kind of a dynamic value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `null`
    Null,
    /// `true`, `false`
    Bool,
    /// A whole number.
    Long,
    /// Any other number.
    Real,
    /// A string.
    String,
    /// `[...]`
    Array,
    /// `{...}`
    Bag,
}

/// The kind of the text, by its first byte.
pub fn kind(text: &str) -> Kind {
    match text.trim_start().bytes().next() {
        Some(b'{') => Kind::Bag,
        Some(b'[') => Kind::Array,
        Some(b'"') => Kind::String,
        Some(b't' | b'f') => Kind::Bool,
        Some(b'-' | b'0'..=b'9') => {
            if text.bytes().any(|b| matches!(b, b'.' | b'e' | b'E')) {
                Kind::Real
            } else {
                Kind::Long
            }
        }
        _ => Kind::Null,
    }
}

/// Converts a text as `parse_json()` does: to compact JSON with its dates as datetimes, or, if the text is not JSON, to a
/// JSON string of the whole text. Returns false for an empty text and for `null`.
pub fn normalize(text: &str, out: &mut String) -> bool {
    match normalized(text, out) {
        Some(Part::Of(part)) => {
            out.push_str(part);
            true
        }
        Some(Part::Written) => true,
        None => false,
    }
}

/// [`normalize`] without copying a text that is compact already.
pub fn normalized<'a>(text: &'a str, out: &mut String) -> Option<Part<'a>> {
    let trimmed = text.trim();
    if trimmed.is_empty() || trimmed == "null" {
        return None;
    }
    match Form::strict(trimmed) {
        Some(Form { loose: false, other: false, dated: false }) => return Some(Part::Of(trimmed)),
        Some(form) => form.write_value(trimmed, Dates::Converted, out),
        None => date::write(text, out),
    }
    Some(Part::Written)
}

/// A part of valid JSON as a dynamic value whose dates stay strings; false for `null`.
pub fn undated(text: &str, out: &mut String) -> bool {
    let form = Form::of(text).filter(|_| text != "null");
    if let Some(form) = &form {
        form.write_value(text, Dates::Kept, out);
    }
    form.is_some()
}

/// Where a text is stored.
pub enum Part<'a> {
    /// It is this part of the given text.
    Of(&'a str),
    /// It was written into the buffer.
    Written,
}

/// Appends valid JSON without white space and otherwise unchanged; false if the text is not valid. Bare control characters
/// are accepted, as in files whose writers were not strict.
pub fn compact(text: &str, out: &mut String) -> bool {
    match Form::of(text) {
        Some(Form { loose: false, .. }) => out.push_str(text),
        Some(_) => tighten(text, out),
        None => return false,
    }
    true
}

/// [`compact`] for text from a query, in which bare control characters are not accepted.
pub fn strictly_compact(text: &str, out: &mut String) -> bool {
    Form::strict(text).is_some() && compact(text, out)
}

/// Appends the dynamic value of valid JSON, with its dates as datetimes; false if the text is not valid. Bare
/// control characters are accepted.
pub fn value(text: &str, out: &mut String) -> bool {
    let form = Form::of(text);
    if let Some(form) = &form {
        form.write_value(text, Dates::Converted, out);
    }
    form.is_some()
}

/// What happens to strings that are dates.
#[derive(Clone, Copy, PartialEq)]
enum Dates {
    /// They become datetimes.
    Converted,
    /// They stay strings.
    Kept,
}

/// How valid JSON is written.
struct Form {
    /// Whether it has white space outside strings, or bare control characters in strings.
    loose: bool,
    /// Whether it can have numbers and strings that are not in canonical form: `1.50`, `1e3`, `"\u0041"`.
    other: bool,
    /// Whether it has strings that can be dates and are not in the stored form of datetimes.
    dated: bool,
}

impl Form {
    /// `None` if the text is not valid; bare control characters in strings are accepted.
    fn of(text: &str) -> Option<Form> {
        Form::scanned(Scanner::new(text))
    }

    /// `None` if the text is not valid; bare control characters are not accepted.
    fn strict(text: &str) -> Option<Form> {
        Form::scanned(Scanner { strict: true, ..Scanner::new(text) })
    }

    fn scanned(mut scanner: Scanner) -> Option<Form> {
        let valid = scanner.value(0) && {
            scanner.space();
            scanner.at == scanner.bytes.len()
        };
        valid.then_some(Form { loose: scanner.loose, other: scanner.other, dated: scanner.dated })
    }

    /// Appends the value in canonical form.
    fn write_value(&self, text: &str, dates: Dates, out: &mut String) {
        let dates = if self.dated { dates } else { Dates::Kept };
        if self.loose || self.other || dates == Dates::Converted {
            write_values(text, dates, out);
        } else {
            out.push_str(text);
        }
    }
}

/// Appends valid JSON without white space outside strings, and with control characters in strings escaped.
fn tighten(text: &str, out: &mut String) {
    let bytes = text.as_bytes();
    let (mut plain, mut i, mut quoted) = (0, 0, false);
    while let Some(byte) = bytes.get(i) {
        match byte {
            b'\\' if quoted => i += 1,
            b'"' => quoted = !quoted,
            0..=b' ' if !quoted => {
                out.push_str(text.get(plain..i).unwrap_or(""));
                plain = i + 1;
            }
            0..0x20 => {
                out.push_str(text.get(plain..i).unwrap_or(""));
                super::write::control(*byte, out);
                plain = i + 1;
            }
            _ => {}
        }
        i += 1;
    }
    out.push_str(text.get(plain..).unwrap_or(""));
}

/// Appends valid JSON without white space, its numbers and strings in canonical form. Names of properties
/// are never dates.
fn write_values(text: &str, dates: Dates, out: &mut String) {
    let mut scanner = Scanner::new(text);
    while let Some(byte) = scanner.peek() {
        let from = scanner.at;
        match byte {
            b'"' if scanner.string() => {
                let string = text.get(from..scanner.at).unwrap_or("");
                scanner.space();
                let value = dates == Dates::Converted && scanner.peek() != Some(b':');
                match unquote(string).filter(|text| value && date::likely(text.as_bytes())) {
                    Some(text) => date::write(&text, out),
                    None => write_string(string, out),
                }
            }
            b'-' | b'0'..=b'9' if scanner.number() => write_number(text.get(from..scanner.at).unwrap_or(""), out),
            0..=b' ' => scanner.at = from + 1,
            _ => {
                out.push(char::from(byte));
                scanner.at = from + 1;
            }
        }
    }
}

/// Appends a JSON string in canonical form.
fn write_string(text: &str, out: &mut String) {
    if text.bytes().fold(false, |found, byte| found | (byte < 0x20) | (byte == b'\\')) {
        super::write::string(&unquote(text).unwrap_or_default(), out);
    } else {
        out.push_str(text);
    }
}

/// Appends a JSON number in canonical form. A number that is too large for a real is kept unchanged.
fn write_number(text: &str, out: &mut String) {
    if text == "-0" {
        return out.push('0');
    }
    match text.parse::<f64>() {
        Ok(real) if kind(text) == Kind::Real && real.is_finite() => super::write::real(real, out),
        _ => out.push_str(text),
    }
}

/// The text of a JSON string with its escapes decoded.
pub fn unquote(text: &str) -> Option<Cow<'_, str>> {
    let inner = text.trim().strip_prefix('"')?.strip_suffix('"')?;
    Some(unescape(inner))
}

/// The elements of an array; nothing if the value is not an array.
pub fn elements(text: &str) -> impl Iterator<Item = &str> {
    Items { scanner: open(text, b'['), text, bag: false }.map(|(_, value)| value)
}

/// The properties of a bag, keys as JSON strings; nothing if the value is not a bag.
pub fn properties(text: &str) -> impl Iterator<Item = (&str, &str)> {
    Items { scanner: open(text, b'{'), text, bag: true }
}

/// The elements of an array; `None` if the value is not an array.
pub fn array(text: &str) -> Option<Vec<&str>> {
    (kind(text) == Kind::Array).then(|| elements(text).collect())
}

fn open(text: &str, bracket: u8) -> Option<Scanner<'_>> {
    let mut scanner = Scanner::new(text);
    scanner.space();
    scanner.take(bracket).then_some(scanner)
}

struct Items<'a> {
    scanner: Option<Scanner<'a>>,
    text: &'a str,
    bag: bool,
}

impl<'a> Iterator for Items<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let scanner = self.scanner.as_mut()?;
        scanner.space();
        scanner.take(b',');
        scanner.space();
        let key = if self.bag {
            let from = scanner.at;
            if !scanner.string() {
                self.scanner = None;
                return None;
            }
            let key = self.text.get(from..scanner.at)?;
            scanner.space();
            scanner.take(b':');
            scanner.space();
            key
        } else {
            ""
        };
        let from = scanner.at;
        if !scanner.pass() {
            self.scanner = None;
            return None;
        }
        let value = self.text.get(from..scanner.at)?;
        Some((key, value))
    }
}

/// Text that is nested deeper is not accepted as JSON.
const MAX_DEPTH: u32 = 512;

/// A value with other values in it.
#[derive(Clone, Copy, PartialEq)]
enum Container {
    Bag,
    Array,
}

/// Walks over JSON text.
struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// As in [`Form`].
    loose: bool,
    /// As in [`Form`].
    other: bool,
    /// As in [`Form`].
    dated: bool,
    /// Whether strings with bare control characters are refused.
    strict: bool,
}

impl<'a> Scanner<'a> {
    fn new(text: &'a str) -> Self {
        Scanner { bytes: text.as_bytes(), at: 0, loose: false, other: false, dated: false, strict: false }
    }

    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
            self.loose = true;
        }
    }

    /// Moves past a value that is known to be valid; false if there is none.
    fn pass(&mut self) -> bool {
        let from = self.at;
        let mut depth = 0usize;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    if !self.string() {
                        return false;
                    }
                }
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' => {
                    if depth <= 1 {
                        // the bracket of the enclosing value ends a number or a word
                        self.at += depth;
                        break;
                    }
                    depth -= 1;
                    self.at += 1;
                    continue;
                }
                b',' if depth == 0 => break,
                _ => {
                    self.at += 1;
                    continue;
                }
            }
            if depth == 0 {
                break;
            }
        }
        self.at > from
    }

    fn word(&mut self, word: &[u8]) -> bool {
        let found = self.bytes.get(self.at..).is_some_and(|rest| rest.starts_with(word));
        self.at += if found { word.len() } else { 0 };
        found
    }

    fn value(&mut self, depth: u32) -> bool {
        self.space();
        match self.peek() {
            Some(b'"') => self.valid_string(),
            Some(b'{') => self.items(Container::Bag, depth),
            Some(b'[') => self.items(Container::Array, depth),
            Some(b't') => self.word(b"true"),
            Some(b'f') => self.word(b"false"),
            Some(b'n') => self.word(b"null"),
            Some(b'-' | b'0'..=b'9') => self.number(),
            _ => false,
        }
    }

    fn items(&mut self, container: Container, depth: u32) -> bool {
        let close = match container {
            Container::Bag => b'}',
            Container::Array => b']',
        };
        if depth >= MAX_DEPTH {
            return false;
        }
        self.at += 1;
        self.space();
        if self.take(close) {
            return true;
        }
        loop {
            self.space();
            if container == Container::Bag {
                if !self.valid_string() {
                    return false;
                }
                self.space();
                if !self.take(b':') {
                    return false;
                }
            }
            if !self.value(depth + 1) {
                return false;
            }
            self.space();
            if self.take(close) {
                return true;
            }
            if !self.take(b',') {
                return false;
            }
        }
    }

    fn string(&mut self) -> bool {
        if !self.take(b'"') {
            return false;
        }
        loop {
            let Some(rest) = self.bytes.get(self.at..) else { return false };
            let Some(next) = memchr::memchr2(b'"', b'\\', rest) else { return false };
            self.at += next;
            if self.take(b'"') {
                return true;
            }
            self.at += 2;
        }
    }

    /// Moves past a string in a text that may not be JSON: its escapes must be valid, and bare control characters are
    /// accepted only if `strict` is false.
    fn valid_string(&mut self) -> bool {
        let from = self.at;
        if !self.string() {
            return false;
        }
        let Some(inside) = self.bytes.get(from + 1..self.at - 1) else { return false };
        if inside.iter().fold(false, |found, byte| found | (*byte < 0x20)) {
            if self.strict {
                return false;
            }
            self.loose = true;
        }
        self.dated |= date::likely(inside) && date::differs(inside);
        let mut rest = inside;
        while let Some(at) = memchr::memchr(b'\\', rest) {
            let escape = rest.get(at + 1);
            self.other |= matches!(escape, Some(b'/' | b'u'));
            let after = match escape {
                Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => at + 2,
                Some(b'u') if rest.get(at + 2..at + 6).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit)) => {
                    at + 6
                }
                _ => return false,
            };
            rest = rest.get(after..).unwrap_or_default();
        }
        true
    }

    fn digits(&mut self) -> bool {
        let from = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        self.at > from
    }

    fn number(&mut self) -> bool {
        let start = self.at;
        let negative = self.take(b'-');
        let zero = self.peek() == Some(b'0');
        let whole = self.at;
        if !self.digits() || zero && self.at > whole + 1 {
            return false;
        }
        let point = self.at;
        if self.take(b'.') && !self.digits() {
            return false;
        }
        let end = self.at;
        let exponent = matches!(self.peek(), Some(b'e' | b'E'));
        if exponent {
            self.at += 1;
            let _ = self.take(b'+') || self.take(b'-');
            if !self.digits() {
                return false;
            }
        }
        // few digits, none of them redundant, and of a size that is written without an exponent
        let plain = match self.bytes.get(point..end) {
            Some([]) => !(zero && negative),
            Some(fraction) => {
                end - start <= 15 && (!zero || fraction.get(1) != Some(&b'0')) && !fraction.ends_with(b"0")
                    || fraction == b".0" && point - whole <= 15 && !zero
            }
            None => false,
        };
        self.other |= exponent || !plain;
        true
    }
}

//! `a.b[0]`: one step into a dynamic value.

use super::read::{self, Kind};

/// The value of a property; `None` if there is no such property, or the value is not a bag.
pub fn property<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    if read::kind(text) != Kind::Bag {
        return None;
    }
    let plain = !key.bytes().any(|b| b == b'"' || b == b'\\' || b < 0x20);
    let mut found = None;
    for (name, value) in read::properties(text) {
        let same = if plain && !name.contains('\\') {
            name.get(1..name.len().saturating_sub(1)) == Some(key)
        } else {
            read::unquote(name).is_some_and(|n| n == key)
        };
        if same {
            found = Some(value);
            break;
        }
    }
    found.filter(|value| *value != "null")
}

/// The element at `index`, counted from the end if negative.
pub fn element(text: &str, index: i64) -> Option<&str> {
    if read::kind(text) != Kind::Array {
        return None;
    }
    let mut elements = read::elements(text);
    let found = if let Ok(index) = usize::try_from(index) {
        elements.nth(index)
    } else {
        let all: Vec<&str> = elements.collect();
        let from_end = usize::try_from(index.unsigned_abs()).ok()?;
        all.len().checked_sub(from_end).and_then(|at| all.get(at)).copied()
    };
    found.filter(|value| *value != "null")
}

//! Ignores case as .NET's `OrdinalIgnoreCase` does: each character is mapped to upper case separately,
//! if its upper case is one character.
//!
//! So `ß` is not `SS`. As in .NET, two characters stay themselves although Unicode would map them to ASCII letters:
//! `ı` (U+0131) and `ſ` (U+017F). The Kelvin sign `K` is upper case already and so not `k`.
//! Hence an ASCII letter is only ever equal to its ASCII counterpart; the fast paths rely on that.

use std::collections::HashMap;
use std::sync::OnceLock;

/// The representative of all characters that are equal when case is ignored.
pub fn fold(c: char) -> char {
    if c.is_ascii() {
        return c.to_ascii_uppercase();
    }
    match c {
        'ı' | 'ſ' => c,
        // These have an upper case of one character, which full case mapping expands to two.
        '\u{1f80}'..='\u{1f87}' | '\u{1f90}'..='\u{1f97}' | '\u{1fa0}'..='\u{1fa7}' => shifted(c, 8),
        '\u{1fb3}' | '\u{1fc3}' | '\u{1ff3}' => shifted(c, 9),
        _ => {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => one,
                _ => c,
            }
        }
    }
}

fn shifted(c: char, by: u32) -> char {
    char::from_u32(c as u32 + by).unwrap_or(c)
}

/// [`fold`] of a code point.
pub(super) fn fold_code(code: u32) -> u32 {
    match char::from_u32(code) {
        Some(c) => fold(c) as u32,
        None => code,
    }
}

/// The text with each character replaced by its representative.
pub fn fold_text(text: &str) -> String {
    text.chars().map(fold).collect()
}

/// All characters whose representative is this one.
pub(super) fn variants(folded: char) -> Vec<char> {
    static TABLE: OnceLock<HashMap<char, Vec<char>>> = OnceLock::new();
    if folded.is_ascii() {
        let lower = folded.to_ascii_lowercase();
        return if lower == folded { vec![folded] } else { vec![folded, lower] };
    }
    let table = TABLE.get_or_init(|| {
        let mut table: HashMap<char, Vec<char>> = HashMap::new();
        // The last cased script (Adlam) ends below U+1E944.
        for c in ('\u{80}'..'\u{1f000}').filter(|&c| fold(c) != c) {
            table.entry(fold(c)).or_default().push(c);
        }
        table
    });
    let mut all = vec![folded];
    all.extend(table.get(&folded).into_iter().flatten());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_character_at_a_time() {
        assert_eq!(fold_text("Straße ÄÖÜäöü"), "STRAßE ÄÖÜÄÖÜ");
        assert_eq!(fold('ı'), 'ı');
        assert_eq!(fold('ſ'), 'ſ');
        assert_eq!(fold('\u{212a}'), '\u{212a}');
        assert_eq!(fold('ᾳ'), 'ᾼ');
        assert_eq!(fold('µ'), fold('μ'));
    }

    #[test]
    fn ascii_letters_have_ascii_counterparts_only() {
        assert_eq!(('\u{80}'..=char::MAX).find(|&c| fold(c).is_ascii()), None);
    }

    #[test]
    fn folding_twice_changes_nothing_and_variants_are_complete() {
        for c in '\0'..=char::MAX {
            assert_eq!(fold(fold(c)), fold(c), "U+{:04X}", c as u32);
            if c as u32 >= 0x1f000 {
                assert_eq!(fold(c), c);
            } else if fold(c) != c {
                assert!(variants(fold(c)).contains(&c));
            }
        }
    }
}

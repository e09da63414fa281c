//! Escapes in JSON strings.

use std::borrow::Cow;

/// The text of a JSON string, given what is between its quotes. Invalid escapes are kept unchanged.
pub fn unescape(raw: &str) -> Cow<'_, str> {
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

/// The character of `\uXXXX` or of a pair of them, and the length of the escape. A single surrogate is U+FFFD.
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

    #[test]
    fn escapes() {
        assert_eq!(unescape(r#"a\"b\\c\/d\n\u0041\u00e9\ud83d\ude00"#), "a\"b\\c/d\nAé😀");
        assert_eq!(unescape(r"\ud83d x \u12 \q \"), "\u{fffd} x \\u12 \\q \\");
        assert_eq!(unescape("plain"), "plain");
    }

    proptest! {
        #[test]
        fn as_serde_reads_it(text in r#"([a-eé😀/"\\\n]|\\x1f){0,20}"#) {
            let json = serde_json::to_string(&text).expect("JSON");
            for json in [json, text.chars().map(|c| format!("\\u{:04x}", c as u32 & 0xd7ff)).collect::<String>()] {
                let inner = json.strip_prefix('"').and_then(|j| j.strip_suffix('"')).unwrap_or(&json);
                let read: String = serde_json::from_str(&format!("\"{inner}\"")).expect("JSON");
                prop_assert_eq!(unescape(inner), read);
            }
        }

        #[test]
        fn never_panics(text in r#"[\\u"d8c0-9é]{0,30}"#) {
            let _ = unescape(&text);
        }
    }
}

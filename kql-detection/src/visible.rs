//! Texts of rules and data on terminals, which their characters can control.

/// A text on one line, whose control characters are shown and do nothing, and which cannot turn the direction of the text
/// around it.
pub fn visible(text: &str) -> String {
    shown(text, |_| false)
}

/// The same for several lines.
pub(crate) fn visible_lines(text: &str) -> String {
    shown(text, |c| matches!(c, '\n' | '\t'))
}

fn shown(text: &str, stays: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if stays(c) => out.push(c),
            '\u{7f}' => out.push('\u{2421}'),
            // each control character of ASCII has a picture: ␛
            c if c.is_control() => {
                out.push(char::from_u32(0x2400 + u32::from(c)).filter(|_| c < ' ').unwrap_or('\u{fffd}'));
            }
            c if is_direction(c) => out.push_str(&format!("<U+{:04X}>", u32::from(c))),
            '\u{2028}' | '\u{2029}' => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Whether a character turns the direction of the text behind it.
pub(crate) fn is_direction(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{61c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_nothing() {
        assert_eq!(visible("a\u{1b}[31m\u{202e}b\nc\td\u{7f}\u{9b}é"), "a␛[31m<U+202E>b␊c␉d␡\u{fffd}é");
        assert_eq!(visible_lines("a\u{1b}\n\tb"), "a␛\n\tb");
    }
}

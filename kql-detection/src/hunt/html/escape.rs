//! Texts of a page.

use crate::visible::is_direction;
use std::fmt;

/// A text that shows itself in HTML.
pub(super) struct Escaped<'a> {
    text: &'a str,
    in_attribute: bool,
}

/// A text between elements.
pub(super) fn escaped(text: &str) -> Escaped<'_> {
    Escaped { text, in_attribute: false }
}

/// A text in an attribute between double quotes.
pub(super) fn attribute(text: &str) -> Escaped<'_> {
    Escaped { text, in_attribute: true }
}

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.text.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // characters that turn the direction of the text around them, or that no page can have
                c if is_direction(c) => match self.in_attribute {
                    true => write!(f, "U+{:04X}", c as u32)?,
                    false => write!(f, "<i class=\"c\">U+{:04X}</i>", c as u32)?,
                },
                '\t' | '\n' => write!(f, "{c}")?,
                c if c.is_control() => write!(f, "\u{fffd}")?,
                c => write!(f, "{c}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        let text = escaped("<img src=x onerror='a'>&\"").to_string();
        assert_eq!(text, "&lt;img src=x onerror=&#39;a&#39;&gt;&amp;&quot;");
        assert_eq!(escaped("a\u{0}b").to_string(), "a\u{fffd}b");
        assert_eq!(escaped("a\u{202e}b").to_string(), "a<i class=\"c\">U+202E</i>b");
        assert_eq!(attribute("a\u{202e}\"b").to_string(), "aU+202E&quot;b");
    }
}

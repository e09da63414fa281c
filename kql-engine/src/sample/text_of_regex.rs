//! A text that a regular expression matches.

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// A short text that the expression matches, with `group` replaced by a text of its own; `None` if the expression is not
/// valid or asks for something that texts made this way do not have.
pub(super) fn text_of_regex(pattern: &str, group: Option<(u32, &str)>) -> Option<String> {
    let hir = regex_syntax::ParserBuilder::new().utf8(true).build().parse(pattern).ok()?;
    let mut out = String::new();
    write(&hir, group, &mut out)?;
    Some(out)
}

fn write(hir: &Hir, group: Option<(u32, &str)>, out: &mut String) -> Option<()> {
    match hir.kind() {
        HirKind::Empty => {}
        HirKind::Literal(literal) => out.push_str(std::str::from_utf8(&literal.0).ok()?),
        HirKind::Class(class) => out.push(character(class)?),
        // before the first character of a word, nothing is needed
        HirKind::Look(Look::WordAscii | Look::WordUnicode) => {
            if out.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_') {
                out.push(' ');
            }
        }
        HirKind::Look(_) => {}
        HirKind::Repetition(repetition) => {
            // `.*` is often what lies between two things
            let times = repetition.min.max(u32::from(repetition.max.is_none() && repetition.min > 0));
            for _ in 0..times.min(200) {
                write(&repetition.sub, group, out)?;
            }
        }
        HirKind::Capture(capture) => match group {
            Some((number, text)) if number == capture.index => out.push_str(text),
            _ => write(&capture.sub, group, out)?,
        },
        HirKind::Concat(parts) => parts.iter().try_for_each(|part| write(part, group, out))?,
        HirKind::Alternation(ways) => write(ways.first()?, group, out)?,
    }
    Some(())
}

/// A character of a class, a letter or a digit if it has one.
fn character(class: &Class) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
        }
    };
    let within = |c: &char| ranges.iter().any(|(first, last)| first <= c && c <= last);
    ['a', 'A', '1', ' '].iter().find(|c| within(c)).copied().or_else(|| ranges.first().map(|(first, _)| *first))
}

#[cfg(test)]
mod tests {
    use super::text_of_regex;

    #[test]
    fn texts_match() {
        for pattern in [r"^a+b?[0-9]{3}$", r"(?i)power(shell|cat)\s+-e\w*", r"\b\d+\.\d+\b", r"x|y", r"[^a]", ""] {
            let text = text_of_regex(pattern, None).unwrap();
            assert!(regex::Regex::new(pattern).unwrap().is_match(&text), "{pattern}: {text}");
        }
        assert_eq!(text_of_regex("user=(\\w+);", Some((1, "eve"))).as_deref(), Some("user=eve;"));
        assert_eq!(text_of_regex("(", None), None);
    }
}

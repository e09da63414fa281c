//! Where each query of a text with several begins and ends: an editor runs the one at the cursor.

use crate::{Kind, Span, lex};

/// The queries of a text, which blank lines divide. A blank line does not end a query that goes on: inside brackets, after a
/// semicolon, a pipe or a comma, and before a pipe.
pub fn sections(text: &str) -> Vec<Span> {
    let lexed = lex(text);
    let mut found: Vec<Span> = Vec::new();
    let mut depth = 0_usize;
    let mut last: Option<Kind> = None;
    for token in lexed.tokens.iter().filter(|token| token.kind != Kind::End) {
        let goes_on = depth > 0
            || token.kind == Kind::Pipe
            || matches!(last, Some(Kind::Semicolon | Kind::Pipe | Kind::Comma | Kind::Assign))
            || found
                .last()
                .is_some_and(|section| !has_blank_line(text, section.end, token.span.start, &lexed.comments));
        match found.last_mut().filter(|_| goes_on) {
            Some(section) => section.end = token.span.end,
            None => found.push(token.span),
        }
        match token.kind {
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => depth += 1,
            Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace => depth = depth.saturating_sub(1),
            _ => {}
        }
        last = Some(token.kind);
    }
    found
}

/// Whether there is a blank line between two positions. A line with a comment is not blank.
fn has_blank_line(text: &str, from: u32, to: u32, comments: &[Span]) -> bool {
    if Span::new(from, to).text(text).matches('\n').count() < 2 {
        return false;
    }
    let mut at = from;
    let inside = comments.iter().filter(|comment| from <= comment.start && comment.end <= to);
    let mut gaps: Vec<Span> = Vec::new();
    for comment in inside {
        gaps.push(Span::new(at, comment.start));
        at = comment.end;
    }
    gaps.push(Span::new(at, to));
    // a comment can include the end of its line, or not
    gaps.iter().any(|gap| {
        let ended = gap.start > 0 && text.get(..gap.start as usize).is_some_and(|before| before.ends_with('\n'));
        gap.text(text).matches('\n').count() + usize::from(ended) > 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<&str> {
        sections(text).into_iter().map(|span| span.text(text)).collect()
    }

    #[test]
    fn blank_lines_divide() {
        assert_eq!(parts("A\n| count\n\nB\n  \nC | take 1\n"), ["A\n| count", "B", "C | take 1"]);
        assert_eq!(parts("A\n// why\nB"), ["A\n// why\nB"]);
        assert_eq!(parts("A\n// why\n\nB"), ["A", "B"]);
        assert!(parts("\n // only a comment\n").is_empty());
    }

    #[test]
    fn what_goes_on_is_not_divided() {
        assert_eq!(parts("let x = 1;\n\nA | take x").len(), 1);
        assert_eq!(parts("A\n\n| count").len(), 1);
        assert_eq!(parts("A |\n\ncount").len(), 1);
        assert_eq!(parts("A | where a in (1,\n\n2\n\n)\n\nB").len(), 2);
        assert_eq!(parts("print ```a\n\nb```\n\nB").len(), 2);
        // a bracket too many closes nothing
        assert_eq!(parts("A)\n\nB").len(), 2);
    }
}

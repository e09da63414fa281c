//! The colours of a query, from the parser's own tokens.

use super::words::WORDS;
use kql_parser::token::{Kind, Token};

/// The class of a piece of text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Class {
    /// Names, punctuation.
    Plain,
    /// A tabular operator, or a pipe.
    Operator,
    /// A word inside an operator.
    Word,
    /// A function that is called.
    Function,
    /// A literal of characters.
    Text,
    /// A literal of another type.
    Number,
    /// A comment.
    Comment,
    /// What no query can have.
    Wrong,
}

impl Class {
    /// Its name, such as `operator`.
    pub fn name(self) -> &'static str {
        match self {
            Class::Plain => "plain",
            Class::Operator => "operator",
            Class::Word => "word",
            Class::Function => "function",
            Class::Text => "text",
            Class::Number => "number",
            Class::Comment => "comment",
            Class::Wrong => "wrong",
        }
    }
}

/// The pieces of a text that are not plain, in order: start, end, class.
pub fn classes(text: &str) -> Vec<(usize, usize, Class)> {
    let lexed = kql_parser::lex(text);
    let mut found: Vec<(usize, usize, Class)> = Vec::new();
    let mut put = |from: u32, to: u32, class: Class| found.push((from as usize, to as usize, class));
    let mut skip = 0;
    for (i, token) in lexed.tokens.iter().enumerate() {
        if i < skip {
            continue;
        }
        let class = match token.kind {
            Kind::Word => {
                let (class, last) = word(text, &lexed.tokens, i);
                skip = last + 1;
                if let Some(last) = lexed.tokens.get(last) {
                    put(token.span.start, last.span.end, class);
                }
                continue;
            }
            Kind::String | Kind::Verbatim | Kind::MultiLine => Class::Text,
            Kind::Long | Kind::Real | Kind::Timespan | Kind::Typed => Class::Number,
            Kind::Negated | Kind::InTilde => Class::Word,
            Kind::Unknown | Kind::Unclosed => Class::Wrong,
            Kind::Pipe => Class::Operator,
            _ => Class::Plain,
        };
        put(token.span.start, token.span.end, class);
    }
    lexed.comments.iter().for_each(|span| put(span.start, span.end, Class::Comment));
    found.retain(|(from, to, class)| *class != Class::Plain && from < to);
    found.sort_by_key(|(from, ..)| *from);
    found
}

/// The class of a word, and the last token that belongs to it: `mv-expand` consists of three.
fn word(text: &str, tokens: &[Token], i: usize) -> (Class, usize) {
    let kind = |at: usize| tokens.get(at).map_or(Kind::End, |t| t.kind);
    let spelling = tokens.get(i).map_or("", |t| t.span.text(text));
    let before = i.checked_sub(1).map_or(Kind::Semicolon, kind);
    if before == Kind::Pipe {
        let mut last = i;
        let touch =
            |a: usize| matches!((tokens.get(a), tokens.get(a + 1)), (Some(a), Some(b)) if a.span.end == b.span.start);
        while kind(last + 1) == Kind::Minus && kind(last + 2) == Kind::Word && touch(last) && touch(last + 1) {
            last += 2;
        }
        let whole = match (tokens.get(i), tokens.get(last)) {
            (Some(a), Some(b)) => a.span.to(b.span).text(text),
            _ => spelling,
        };
        let known = kql_parser::operator_names().any(|name| name == whole);
        return if known { (Class::Operator, last) } else { (Class::Plain, i) };
    }
    let begins = matches!(before, Kind::Semicolon | Kind::OpenParen | Kind::OpenBrace);
    if begins && kql_parser::source_operator_names().any(|name| name == spelling) && kind(i + 1) != Kind::OpenParen {
        return (Class::Operator, i);
    }
    if kind(i + 1) == Kind::OpenParen
        && (crate::functions::scalar(spelling).is_some() || crate::aggregates::aggregate(spelling).is_some())
    {
        return (Class::Function, i);
    }
    if WORDS.contains(&spelling) && before != Kind::Dot && kind(i + 1) != Kind::Assign {
        return (Class::Word, i);
    }
    (Class::Plain, i)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces() {
        let shown = |text: &str| -> Vec<(String, &str)> {
            classes(text).into_iter().map(|(a, b, class)| (text[a..b].to_owned(), class.name())).collect()
        };
        let expected = [
            ("|", "operator"),
            ("mv-expand", "operator"),
            ("to", "word"),
            ("typeof", "word"),
            ("|", "operator"),
            ("where", "operator"),
            ("strlen", "function"),
            ("5", "number"),
            ("and", "word"),
            ("'x'", "text"),
            ("// why", "comment"),
        ];
        let expected: Vec<(String, &str)> = expected.into_iter().map(|(t, c)| (t.to_owned(), c)).collect();
        assert_eq!(shown("T | mv-expand a to typeof(long) | where strlen(b) > 5 and c == 'x' // why"), expected);
        assert_eq!(shown("a § b"), [("§".to_owned(), "wrong")]);
        // if there are no pieces
        assert!(shown("").is_empty());
    }
}

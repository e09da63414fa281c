//! Words, punctuation and literals of the text, each with its position.
//!
//! Words are not distinguished from keywords: almost every keyword of KQL is also a valid column name, and the grammar
//! knows which one is meant.

use crate::codes;
use crate::{Diagnostic, Span, text};
use logos::{Lexer, Logos};

/// The kind of a token.
#[derive(Logos, Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[logos(skip r"[ \t\r\n\f\u{a0}\u{1680}\u{2000}-\u{200b}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}]+")]
#[allow(missing_docs)] // each variant is its spelling
pub enum Kind {
    /// `where`, `x_1`, `$left`; `1w`, since a word may start with digits
    #[regex(r"[\p{L}_$][\p{L}\p{N}_]*")]
    Word,
    /// `datetime(2020-01-01)`, `int(null)`, `time(1.02:03:04)`: a literal with its type
    #[regex(r"(long|int64|int|int32|real|double|decimal|bool|datetime|date|timespan|time|guid)\([^()\r\n;|]*\)")]
    Typed,
    /// `5`, `0x1F`
    #[regex(r"[0-9]+", number)]
    Long,
    /// `1.5`, `1e3`
    Real,
    /// `1d`, `1.5h`
    Timespan,
    /// `'a'`, `"a"`, `h'a'`
    #[token("\"", string)]
    #[token("'", string)]
    #[token("h\"", string)]
    #[token("h'", string)]
    #[token("H\"", string)]
    #[token("H'", string)]
    String,
    /// `@'a'`, `@"a"`
    #[token("@\"", verbatim)]
    #[token("@'", verbatim)]
    #[token("h@\"", verbatim)]
    #[token("h@'", verbatim)]
    #[token("H@\"", verbatim)]
    #[token("H@'", verbatim)]
    Verbatim,
    /// Three backticks or tildes on both sides
    #[token("```", |lex| fenced(lex, "```"))]
    #[token("~~~", |lex| fenced(lex, "~~~"))]
    #[token("h```", |lex| fenced(lex, "```"))]
    #[token("h~~~", |lex| fenced(lex, "~~~"))]
    #[token("H```", |lex| fenced(lex, "```"))]
    #[token("H~~~", |lex| fenced(lex, "~~~"))]
    MultiLine,
    /// A quote that is not closed on its line
    Unclosed,
    #[token("//", to_end_of_line)]
    Comment,
    /// `#connect ...`, before the first statement
    #[token("#", to_end_of_line)]
    Directive,
    #[token("|")]
    Pipe,
    #[token(";")]
    Semicolon,
    #[token(",")]
    Comma,
    #[token(":")]
    Colon,
    #[token(".")]
    Dot,
    #[token("..")]
    DotDot,
    #[token("(")]
    OpenParen,
    #[token(")")]
    CloseParen,
    #[token("[")]
    OpenBracket,
    #[token("]")]
    CloseBracket,
    #[token("{")]
    OpenBrace,
    #[token("}")]
    CloseBrace,
    #[token("=")]
    Assign,
    #[token("=>")]
    Arrow,
    #[token("==")]
    Equal,
    #[token("!=")]
    #[token("<>")]
    NotEqual,
    #[token("=~")]
    EqualTilde,
    #[token("!~")]
    BangTilde,
    #[token("<=")]
    LessOrEqual,
    #[token("<")]
    Less,
    #[token(">=")]
    GreaterOrEqual,
    #[token(">")]
    Greater,
    #[token("+")]
    Plus,
    #[token("-")]
    Minus,
    #[token("*")]
    Star,
    #[token("/")]
    Slash,
    #[token("%")]
    Percent,
    /// `in~`
    #[token("in~")]
    InTilde,
    /// `!in`, `!has_cs`, `!between`
    #[regex(r"![a-zA-Z_]+~?")]
    Negated,
    /// A character that does not belong to any token
    Unknown,
    /// After the last token
    End,
}

/// A token with its position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its position in the text.
    pub span: Span,
}

/// The result of [`lex`].
#[derive(Debug)]
pub struct Lexed {
    /// Without comments; the last is [`Kind::End`].
    pub tokens: Vec<Token>,
    /// The comments, in order.
    pub comments: Vec<Span>,
    /// Unexpected characters, and strings that are not closed.
    pub diagnostics: Vec<Diagnostic>,
}

/// Splits a text into tokens.
pub fn lex(text: &str) -> Lexed {
    let mut lexed = Lexed { tokens: Vec::with_capacity(text.len() / 5), comments: Vec::new(), diagnostics: Vec::new() };
    let mut lexer = Kind::lexer(text);
    while let Some(found) = lexer.next() {
        let range = lexer.span();
        let span = Span::new(range.start as u32, range.end as u32);
        match found {
            Ok(Kind::Comment) => lexed.comments.push(span),
            Ok(Kind::Directive) if lexed.tokens.is_empty() => lexed.comments.push(span),
            Ok(Kind::Directive) => unknown(text, Span::new(span.start, span.start + 1), &mut lexed),
            Ok(Kind::Unclosed) => {
                lexed.diagnostics.push(
                    Diagnostic::error(codes::UNCLOSED_STRING, span, "The string is not closed on its line.")
                        .with_help("use ``` around a string of several lines"),
                );
                lexed.tokens.push(Token { kind: Kind::String, span });
            }
            Ok(kind) => {
                if kind == Kind::String {
                    escapes(span.text(text), span, &mut lexed);
                }
                lexed.tokens.push(Token { kind, span });
            }
            Err(()) => unknown(text, span, &mut lexed),
        }
    }
    let end = text.len() as u32;
    lexed.tokens.push(Token { kind: Kind::End, span: Span::empty(end) });
    lexed
}

/// Reports backslashes that do not begin an escape.
fn escapes(literal: &str, span: Span, lexed: &mut Lexed) {
    let mut from = 0;
    while let Some(at) = literal.get(from..).and_then(|rest| rest.find('\\')).map(|at| from + at) {
        let rest = literal.get(at + 1..).unwrap_or("");
        let length = text::escape(rest).map_or(0, |(after, _)| rest.len() - after.len());
        if length == 0 {
            let sequence: String = literal.get(at..).unwrap_or("").chars().take(2).collect();
            let start = span.start + at as u32;
            let place = Span::new(start, start + sequence.len() as u32);
            lexed.diagnostics.push(
                Diagnostic::error(codes::INVALID_ESCAPE, place, format!("{sequence} is not a valid escape sequence."))
                    .with_help("write \\\\ for a backslash, or use a verbatim string: @'C:\\dir'"),
            );
            return;
        }
        from = at + 1 + length;
    }
}

fn unknown(text: &str, span: Span, lexed: &mut Lexed) {
    // adjacent unexpected characters are reported together
    if let Some(last) = lexed.tokens.last_mut()
        && last.kind == Kind::Unknown
        && last.span.end == span.start
    {
        last.span.end = span.end;
        if let Some(d) = lexed.diagnostics.last_mut() {
            d.span.end = span.end;
            // the message of a long run shows its beginning
            if d.span.len() <= 24 {
                d.message = format!("Unexpected: {}", d.span.text(text));
            }
        }
        return;
    }
    let character = span.text(text);
    let mut d = Diagnostic::error(codes::UNEXPECTED_CHARACTER, span, format!("Unexpected: {character}"));
    d.help = match character {
        "&" => Some("use 'and' to join two conditions".to_owned()),
        "!" => Some("use not() to negate a condition".to_owned()),
        "\u{201c}" | "\u{201d}" | "\u{2018}" | "\u{2019}" => {
            Some("these are typographic quotes; use \" or ' around strings".to_owned())
        }
        "```" | "~~~" => Some("it is never closed: a Markdown fence, or the start of a multi-line string".to_owned()),
        "`" => Some("use \" around strings, or ``` around multi-line strings".to_owned()),
        _ => None,
    };
    lexed.diagnostics.push(d);
    lexed.tokens.push(Token { kind: Kind::Unknown, span });
}

/// The rest of a number: `0x1F`, `1.5`, `1e3`, `1.5h`, or a word that starts with digits.
fn number(lex: &mut Lexer<Kind>) -> Kind {
    let rest = lex.remainder().as_bytes();
    let word = |at: usize| {
        rest.get(at..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_alphanumeric() || **b == b'_').count()
    };
    let digits = |at: usize| rest.get(at..).unwrap_or(&[]).iter().take_while(|b| b.is_ascii_digit()).count();
    if lex.slice() == "0" && matches!(rest.first(), Some(b'x' | b'X')) {
        let n = word(1);
        let hex = rest.get(1..=n).is_some_and(|d| n > 0 && d.iter().all(u8::is_ascii_hexdigit));
        lex.bump(1 + n);
        return if hex { Kind::Long } else { Kind::Word };
    }
    let mut at = 0;
    let mut real = false;
    // `1..5` is a range, and `1.x` is not a fraction
    if rest.first() == Some(&b'.') && rest.get(1) != Some(&b'.') {
        let n = digits(1);
        if n > 0 || !rest.get(1).is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_') {
            real = true;
            at = 1 + n;
        }
    }
    let n = word(at);
    let suffix = rest.get(at..at + n).unwrap_or(&[]);
    if n == 0 {
        // 1e+5 and 1e-5: the sign ends a word
        lex.bump(at);
        return if real { Kind::Real } else { Kind::Long };
    }
    if matches!(suffix.first(), Some(b'e' | b'E')) {
        let sign = usize::from(n == 1 && matches!(rest.get(at + 1), Some(b'+' | b'-')));
        let power = digits(at + 1 + sign);
        if power > 0 && (sign == 1 || power + 1 == n) {
            lex.bump(at + 1 + sign + power);
            return Kind::Real;
        }
    }
    if std::str::from_utf8(suffix).is_ok_and(|s| crate::time::unit(s).is_some()) {
        lex.bump(at + n);
        return Kind::Timespan;
    }
    if real {
        lex.bump(at);
        return Kind::Real;
    }
    lex.bump(n);
    Kind::Word
}

/// The rest of a string, to its quote or the end of the line.
fn string(lex: &mut Lexer<Kind>) -> Kind {
    let quote = lex.slice().as_bytes().last().copied().unwrap_or(b'"');
    let rest = lex.remainder().as_bytes();
    let mut at = 0;
    loop {
        match rest.get(at) {
            Some(b) if *b == quote => {
                lex.bump(at + 1);
                return Kind::String;
            }
            Some(b'\\') if !matches!(rest.get(at + 1), None | Some(b'\r' | b'\n')) => at += 2,
            Some(b'\\') => at += 1,
            None | Some(b'\r' | b'\n') => break,
            Some(_) => at += 1,
        }
    }
    // an escaped character may have more bytes than one
    let text = lex.remainder();
    let end = (at.min(text.len())..=text.len()).find(|end| text.is_char_boundary(*end)).unwrap_or(text.len());
    lex.bump(end);
    Kind::Unclosed
}

/// The rest of a string in which a backslash is an ordinary character and two quotes stand for one.
fn verbatim(lex: &mut Lexer<Kind>) -> Kind {
    let quote = lex.slice().as_bytes().last().copied().unwrap_or(b'"');
    let rest = lex.remainder().as_bytes();
    let mut at = 0;
    loop {
        match rest.get(at) {
            Some(b) if *b == quote && rest.get(at + 1) == Some(&quote) => at += 2,
            Some(b) if *b == quote => {
                lex.bump(at + 1);
                return Kind::Verbatim;
            }
            None | Some(b'\r' | b'\n') => break,
            Some(_) => at += 1,
        }
    }
    lex.bump(at);
    Kind::Unclosed
}

fn to_end_of_line(lex: &mut Lexer<Kind>) {
    let rest = lex.remainder();
    let length = rest.bytes().position(|b| b == b'\n').unwrap_or(rest.len());
    lex.bump(length);
}

fn fenced(lex: &mut Lexer<Kind>, fence: &str) -> bool {
    match lex.remainder().find(fence) {
        Some(at) => {
            lex.bump(at + fence.len());
            true
        }
        None => false,
    }
}

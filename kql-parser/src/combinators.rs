//! Combinators for tokens that nom does not have: an expected token or word, and KQL's lists. All others are nom's.

use crate::Span;
use crate::input::{Expected, Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, not, opt, peek};
use nom::error::{ErrorKind, ParseError};
use nom::multi::{separated_list0, separated_list1};
use nom::sequence::{delimited, preceded, terminated};

/// A parser of tokens.
pub trait Reads<'a, T>: Parser<Tokens<'a>, Output = T, Error = Expected> {}

impl<'a, T, P: Parser<Tokens<'a>, Output = T, Error = Expected>> Reads<'a, T> for P {}

/// A token of this kind.
pub fn token<'a>(kind: Kind, want: Want) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |i| if i.kind() == kind { Ok((i.skip(1), i.span())) } else { i.expected(want) }
}

/// A word with this spelling.
pub fn word<'a>(text: &'static str, want: Want) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |i| if i.is_word(text) { Ok((i.skip(1), i.span())) } else { i.expected(want) }
}

/// A token of this kind. If it is missing, messages do not list it as expected.
pub fn quiet<'a>(kind: Kind) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |i| if i.kind() == kind { Ok((i.skip(1), i.span())) } else { missing(i) }
}

/// A word with this spelling. If it is missing, messages do not list it as expected.
pub fn quiet_word<'a>(text: &'static str) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |i| if i.is_word(text) { Ok((i.skip(1), i.span())) } else { missing(i) }
}

fn missing<'a, T>(i: Tokens<'a>) -> Parsed<'a, T> {
    Err(nom::Err::Error(Expected::from_error_kind(i, ErrorKind::Tag)))
}

/// Fails, and records that `want` was expected here.
pub fn expected<'a, T>(want: Want) -> impl Fn(Tokens<'a>) -> Parsed<'a, T> {
    move |i| i.expected(want)
}

/// Tokens of these kinds with nothing between them: `-->`.
pub fn touching<'a>(kinds: &'static [Kind]) -> impl Fn(Tokens<'a>) -> Parsed<'a, ()> {
    move |i| {
        let all = kinds.iter().enumerate().all(|(n, kind)| i.ahead(n).kind == *kind && (n == 0 || i.touches(n)));
        if all { Ok((i.skip(kinds.len()), ())) } else { missing(i) }
    }
}

/// The result of a parser, and its position in the text.
pub fn spanned<'a, T>(mut parser: impl Reads<'a, T>) -> impl FnMut(Tokens<'a>) -> Parsed<'a, (T, Span)> {
    move |i| {
        let (rest, value) = parser.parse(i)?;
        Ok((rest, (value, rest.from(i.span()))))
    }
}

/// What follows a word, if the word is present: `by a, b`.
pub fn opt_after<'a, T>(text: &'static str, want: Want, parser: impl Reads<'a, T>) -> impl Reads<'a, Option<T>> {
    opt(preceded(word(text, want), cut(parser)))
}

/// Items separated by commas, at least one. After a comma an item is required: if it fails, the error is reported where it
/// failed, not at the comma.
pub fn comma_list<'a, T>(item: impl Reads<'a, T>) -> impl Reads<'a, Vec<T>> {
    separated_list1(token(Kind::Comma, Want::Comma), cut(item))
}

/// The opening and the closing bracket, and what messages call them.
pub type Brackets = ((Kind, Want), (Kind, Want));

/// `( )`
pub const PARENS: Brackets = ((Kind::OpenParen, Want::OpenParen), (Kind::CloseParen, Want::CloseParen));
/// `[ ]`
pub const BRACKETS: Brackets = ((Kind::OpenBracket, Want::OpenBracket), (Kind::CloseBracket, Want::CloseBracket));
/// `{ }`
pub const BRACES: Brackets = ((Kind::OpenBrace, Want::OpenBrace), (Kind::CloseBrace, Want::CloseBrace));

/// The content of brackets. After the opening bracket, parsing does not backtrack.
pub fn within<'a, T>(brackets: Brackets, inner: impl Reads<'a, T>) -> impl Reads<'a, T> {
    let (open, close) = brackets;
    delimited(token(open.0, open.1), cut(inner), cut(token(close.0, close.1)))
}

/// Items separated by commas in brackets, possibly none.
pub fn bracketed<'a, T>(brackets: Brackets, item: impl Reads<'a, T>) -> impl Reads<'a, Vec<T>> {
    let none = peek(quiet(brackets.1.0)).map(|_| Vec::new());
    within(brackets, alt((none, comma_list(item))))
}

/// Items separated by commas in brackets, possibly none; a comma is allowed before the first item and after the last.
pub fn loosely_bracketed<'a, T>(brackets: Brackets, item: impl Reads<'a, T>) -> impl Reads<'a, Vec<T>> {
    within(brackets, preceded(opt(quiet(Kind::Comma)), loose_list(brackets.1.0, item)))
}

/// Items up to a closing bracket, possibly none; a comma is allowed after the last.
pub fn loose_list<'a, T>(close: Kind, item: impl Reads<'a, T>) -> impl Reads<'a, Vec<T>> {
    let item = preceded(not(quiet(close)), cut(item));
    terminated(separated_list0(token(Kind::Comma, Want::Comma), item), opt(quiet(Kind::Comma)))
}

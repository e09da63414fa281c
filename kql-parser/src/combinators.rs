//! Small parsers that everything is made of.

use crate::Span;
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

/// A token of a kind.
pub fn token<'a>(kind: Kind, want: Want) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |i| {
        if i.kind() == kind {
            return Ok((i.skip(1), i.span()));
        }
        i.expected(want)
    }
}

/// A word spelled so.
pub fn word<'a>(text: &'static str, want: Want) -> impl Fn(Tokens<'a>) -> Parsed<'a, Span> {
    move |i| {
        if i.is_word(text) {
            return Ok((i.skip(1), i.span()));
        }
        i.expected(want)
    }
}

/// A word spelled so, where there is one; otherwise it is remembered as something that might have come.
pub fn opt_word<'a>(text: &'static str, want: Want, i: Tokens<'a>) -> (Tokens<'a>, Option<Span>) {
    match word(text, want)(i) {
        Ok((rest, span)) => (rest, Some(span)),
        Err(_) => (i, None),
    }
}

/// Items with commas between them, at least one. After a comma an item must come: its failure is reported where it
/// failed and not at the comma.
pub fn comma_list<'a, T>(item: impl Fn(Tokens<'a>) -> Parsed<'a, T>) -> impl Fn(Tokens<'a>) -> Parsed<'a, Vec<T>> {
    move |i| {
        let (mut rest, first) = item(i)?;
        let mut items = vec![first];
        loop {
            if rest.kind() != Kind::Comma {
                rest.note(Want::Comma);
                return Ok((rest, items));
            }
            let (next, value) = item(rest.skip(1)).map_err(fatal)?;
            items.push(value);
            rest = next;
        }
    }
}

/// Items with commas between brackets, possibly none; and the place of it all.
pub fn bracketed<'a, T>(
    open: (Kind, Want),
    close: (Kind, Want),
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> impl Fn(Tokens<'a>) -> Parsed<'a, (Vec<T>, Span)> {
    move |i| {
        let (mut rest, start) = token(open.0, open.1)(i)?;
        let mut items = Vec::new();
        if rest.kind() != close.0 {
            (rest, items) = comma_list(&item)(rest).map_err(fatal)?;
        }
        let (rest, end) = token(close.0, close.1)(rest).map_err(fatal)?;
        Ok((rest, (items, start.to(end))))
    }
}

/// The same where a comma may stand before the first item and behind the last.
pub fn loosely_bracketed<'a, T>(
    open: (Kind, Want),
    close: (Kind, Want),
    item: impl Fn(Tokens<'a>) -> Parsed<'a, T>,
) -> impl Fn(Tokens<'a>) -> Parsed<'a, (Vec<T>, Span)> {
    move |i| {
        let (mut rest, start) = token(open.0, open.1)(i)?;
        let mut items = Vec::new();
        if rest.kind() == Kind::Comma {
            rest = rest.skip(1);
        }
        while rest.kind() != close.0 {
            let (next, value) = item(rest).map_err(fatal)?;
            items.push(value);
            rest = next;
            if rest.kind() != Kind::Comma {
                rest.note(Want::Comma);
                break;
            }
            rest = rest.skip(1);
        }
        let (rest, end) = token(close.0, close.1)(rest).map_err(fatal)?;
        Ok((rest, (items, start.to(end))))
    }
}

/// The opening and closing of `( )`.
pub const PARENS: ((Kind, Want), (Kind, Want)) =
    ((Kind::OpenParen, Want::OpenParen), (Kind::CloseParen, Want::CloseParen));

/// The opening and closing of `[ ]`.
pub const BRACKETS: ((Kind, Want), (Kind, Want)) =
    ((Kind::OpenBracket, Want::OpenBracket), (Kind::CloseBracket, Want::CloseBracket));

/// A failure from which no other way leads on.
pub fn fatal<E>(error: nom::Err<E>) -> nom::Err<E> {
    match error {
        nom::Err::Error(e) => nom::Err::Failure(e),
        other => other,
    }
}

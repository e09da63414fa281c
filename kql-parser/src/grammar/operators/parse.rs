//! `parse kind=regex flags=U x with * 'a=' a: long *`, and `parse-where`, which has the same syntax

use crate::ast::{OperatorKind, Parse, ParsePart, ParsePartKind};
use crate::combinators::{quiet, spanned, word};
use crate::grammar::{expression, literal, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{cut, value};
use nom::multi::many0;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    parts.map(OperatorKind::Parse).parse(i)
}

pub(super) fn parse_where(i: Tokens) -> Parsed<OperatorKind> {
    parts.map(OperatorKind::ParseWhere).parse(i)
}

fn parts(i: Tokens) -> Parsed<Parse> {
    let part = spanned(part).map(|(kind, span)| ParsePart { kind, span });
    (parameter::parameters(&["kind", "flags"]), expression::expression, preceded(word("with", Want::With), many0(part)))
        .map(|(parameters, value, pattern)| Parse { parameters, value, pattern })
        .parse(i)
}

/// `*`, `'a='`, `a: long`
fn part(i: Tokens) -> Parsed<ParsePartKind> {
    match i.kind() {
        Kind::Star => value(ParsePartKind::Star, quiet(Kind::Star)).parse(i),
        Kind::String | Kind::Verbatim | Kind::MultiLine => literal::string.map(ParsePartKind::Text).parse(i),
        Kind::Word | Kind::OpenBracket => {
            cut((name::declared, name::opt_type)).map(|(name, ty)| ParsePartKind::Column(name, ty)).parse(i)
        }
        _ => i.expected(Want::Pattern),
    }
}

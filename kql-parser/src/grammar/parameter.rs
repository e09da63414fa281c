//! `name = value` pairs of operators and of `with (...)`.

use crate::ast::{Expr, ExprKind, Name, Property};
use crate::combinators::{PARENS, Reads, bracketed, opt_after, quiet, token};
use crate::grammar::{expression, literal, name};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use crate::word::{Word, word};
use nom::Parser;
use nom::combinator::{cut, verify};
use nom::multi::many0;
use nom::sequence::{separated_pair, terminated};

/// The parameters of an operator, such as `kind=inner hint.strategy=shuffle`: those in `names`, and hints.
pub fn parameters<'a>(names: &'static [&'static str]) -> impl Reads<'a, Vec<Property>> {
    let known = |name: &Name| name.text.starts_with("hint.") || names.contains(&name.text.as_str());
    let name = verify(terminated(name::compound, quiet(Kind::Assign)), known);
    many0((name, cut(value)).map(|(name, value)| Property { name, value }))
}

/// Keywords that can be values.
const VALUES: &[&str] = &["simple", "relaxed", "nooptimization", "first", "last", "latest", "hotcache", "others"];

/// A word or a literal.
fn value(i: Tokens) -> Parsed<Expr> {
    if i.kind() == Kind::Word && !literal::starts(&i) {
        let text = i.text_ahead(0);
        if word(text) != Word::Name && !VALUES.contains(&text) {
            return i.expected(Want::Literal);
        }
        return name::compound.map(Expr::from).parse(i);
    }
    expression::operand(i)
}

/// `name = value`
pub fn property(i: Tokens) -> Parsed<Property> {
    let name = if i.kind() == Kind::Word { name::compound } else { name::name };
    separated_pair(name, token(Kind::Assign, Want::Assign), cut(value))
        .map(|(name, value)| Property { name, value })
        .parse(i)
}

/// `name = value`, where the value can be several names: `ycolumns = a, b`.
pub fn property_of_names(i: Tokens) -> Parsed<Property> {
    let (mut rest, mut property) = property(i)?;
    let start = property.value.span;
    let mut names = match &property.value.kind {
        ExprKind::Name(name) => vec![name.clone()],
        _ => return Ok((rest, property)),
    };
    while rest.kind() == Kind::Comma && matches!(rest.ahead(1).kind, Kind::Word | Kind::OpenBracket) {
        let length = if rest.ahead(1).kind == Kind::OpenBracket { 3 } else { 1 };
        if rest.ahead(1 + length).kind == Kind::Assign {
            break;
        }
        let (next, name) = cut(name::name).parse(rest.skip(1))?;
        names.push(name);
        rest = next;
    }
    if names.len() > 1 {
        property.value = Expr { kind: ExprKind::Names(names), span: rest.from(start) };
    }
    Ok((rest, property))
}

/// `with (a = 1, b = 2)`, if present.
pub fn opt_with(i: Tokens) -> Parsed<Vec<Property>> {
    opt_after("with", Want::With, bracketed(PARENS, property_of_names)).map(Option::unwrap_or_default).parse(i)
}

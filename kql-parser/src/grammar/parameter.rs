//! `name = value` pairs of operators and of `with (...)`.

use crate::ast::{Expr, ExprKind, Property};
use crate::combinators::{PARENS, bracketed, fatal, token};
use crate::grammar::{expression, literal, name};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use crate::word::{Word, word};

/// The parameters of an operator, such as `kind=inner hint.strategy=shuffle`: those of `names`, and hints.
pub fn parameters<'a>(mut i: Tokens<'a>, names: &[&str]) -> Parsed<'a, Vec<Property>> {
    let mut found = Vec::new();
    loop {
        let Ok((rest, name)) = name::compound(i) else { return Ok((i, found)) };
        let known = name.text.starts_with("hint.") || names.contains(&name.text.as_str());
        if !known || rest.kind() != Kind::Assign {
            return Ok((i, found));
        }
        let (rest, value) = value(rest.skip(1)).map_err(fatal)?;
        found.push(Property { name, value });
        i = rest;
    }
}

/// Keywords that are values too.
const VALUES: &[&str] = &["simple", "relaxed", "nooptimization", "first", "last", "latest", "hotcache", "others"];

/// A word or a literal.
fn value(i: Tokens) -> Parsed<Expr> {
    if i.kind() == Kind::Word && !literal::starts(&i) {
        let text = i.text_ahead(0);
        if word(text) != Word::Name && !VALUES.contains(&text) {
            return i.expected(Want::Literal);
        }
        let (rest, name) = name::compound(i)?;
        return Ok((rest, Expr { span: name.span, kind: ExprKind::Name(name) }));
    }
    expression::operand(i)
}

/// `name = value`
pub fn property(i: Tokens) -> Parsed<Property> {
    let (rest, name) = match i.kind() {
        Kind::Word => name::compound(i)?,
        _ => name::name(i)?,
    };
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest)?;
    let (rest, value) = value(rest).map_err(fatal)?;
    Ok((rest, Property { name, value }))
}

/// `name = value`, where the value may be several names: `ycolumns = a, b`.
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
        let (next, name) = name::name(rest.skip(1)).map_err(fatal)?;
        names.push(name);
        rest = next;
    }
    if names.len() > 1 {
        property.value = Expr { kind: ExprKind::Names(names), span: rest.from(start) };
    }
    Ok((rest, property))
}

/// `with (a = 1, b = 2)`, where it stands.
pub fn opt_with(i: Tokens) -> Parsed<Vec<Property>> {
    if !i.is_word("with") {
        i.note(Want::With);
        return Ok((i, Vec::new()));
    }
    let (rest, (properties, _)) = bracketed(PARENS.0, PARENS.1, property_of_names)(i.skip(1)).map_err(fatal)?;
    Ok((rest, properties))
}

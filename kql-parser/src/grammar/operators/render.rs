//! `render timechart with (title = "x")`, `render columnchart kind=stacked by a, b`

use crate::ast::{Expr, ExprKind, Name, OperatorKind, Property, Render};
use crate::combinators::{comma_list, fatal, token};
use crate::grammar::{literal, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    // kinds of charts are keywords, and any other word is one that Kusto does not know yet
    let (mut rest, span) = token(Kind::Word, Want::Name)(i).map_err(fatal)?;
    let kind = Name { text: i.text_ahead(0).to_owned(), span };
    let mut properties = Vec::new();
    // the old form has its properties bare
    while let Some(next) = old_property(rest) {
        let (after, property) = next?;
        properties.push(property);
        rest = after;
        if rest.kind() == Kind::Comma {
            rest = rest.skip(1);
        }
    }
    let (rest, mut with) = parameter::opt_with(rest)?;
    properties.append(&mut with);
    Ok((rest, OperatorKind::Render(Render { kind, properties })))
}

/// `kind=stacked`, `by a, b`, `with 'text'`
fn old_property(i: Tokens) -> Option<Parsed<Property>> {
    let next = i.ahead(1).kind;
    let name = || Name { text: i.text_ahead(0).to_owned(), span: i.span() };
    match i.kind() {
        Kind::Word if next == Kind::Assign => Some(parameter::property(i).map_err(fatal)),
        Kind::Word if i.is_word("by") => Some(by(i, name()).map_err(fatal)),
        Kind::Word if i.is_word("with") && next == Kind::String => {
            Some(literal::literal(i.skip(1)).map(|(rest, value)| (rest, Property { name: name(), value })))
        }
        _ => None,
    }
}

fn by(i: Tokens, name: Name) -> Parsed<Property> {
    let start = i.ahead(1).span;
    let (rest, names) = comma_list(name::name)(i.skip(1)).map_err(fatal)?;
    let value = Expr { kind: ExprKind::Names(names), span: rest.from(start) };
    Ok((rest, Property { name, value }))
}

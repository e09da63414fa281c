//! `render timechart with (title = "x")`, `render columnchart kind=stacked by a, b`

use crate::ast::{Expr, ExprKind, Name, OperatorKind, Property, Render};
use crate::combinators::{comma_list, quiet, quiet_word, spanned};
use crate::grammar::{literal, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt, peek};
use nom::multi::many0;
use nom::sequence::{preceded, terminated};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    // kinds of charts are keywords; any other word is a kind that Kusto does not know yet
    let kind = name::any_word(Want::Name);
    // the old syntax has properties without brackets
    let old = many0(terminated(old_property, opt(quiet(Kind::Comma))));
    (kind, old, parameter::opt_with)
        .map(|(kind, mut properties, mut with)| {
            properties.append(&mut with);
            OperatorKind::Render(Render { kind, properties })
        })
        .parse(i)
}

/// `kind=stacked`, `by a, b`, `with 'text'`
fn old_property(i: Tokens) -> Parsed<Property> {
    let keyword = |text| quiet_word(text).map(move |span| Name { text: String::from(text), span });
    let names = spanned(comma_list(name::name)).map(|(names, span)| Expr { kind: ExprKind::Names(names), span });
    alt((
        preceded(peek((quiet(Kind::Word), quiet(Kind::Assign))), cut(parameter::property)),
        (keyword("by"), names).map(|(name, value)| Property { name, value }),
        (terminated(keyword("with"), peek(quiet(Kind::String))), literal::literal)
            .map(|(name, value)| Property { name, value }),
    ))
    .parse(i)
}

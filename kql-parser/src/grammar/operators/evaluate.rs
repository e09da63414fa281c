//! `evaluate hint.distribution=single plugin(x, y) : (*, a: long)`

use crate::ast::{Call, Evaluate, EvaluateSchema, OperatorKind};
use crate::combinators::{PARENS, bracketed, loose_list, quiet, spanned, token, within};
use crate::grammar::{expression, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::{preceded, terminated};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let call = (name::name, bracketed(PARENS, expression::argument)).map(|(name, args)| Call { name, args });
    let schema = opt(preceded(token(Kind::Colon, Want::Colon), cut(schema)));
    (parameter::parameters(&[]), spanned(call), schema)
        .map(|(parameters, (call, call_span), schema)| {
            OperatorKind::Evaluate(Evaluate { parameters, call, call_span, schema })
        })
        .parse(i)
}

/// `(*, a: long)`
fn schema(i: Tokens) -> Parsed<EvaluateSchema> {
    let comma = || opt(quiet(Kind::Comma));
    let star = opt(terminated(quiet(Kind::Star), comma()));
    let columns = loose_list(Kind::CloseParen, name::column_declaration);
    spanned(within(PARENS, preceded(comma(), (star, columns))))
        .map(|((star, columns), span)| EvaluateSchema { star: star.is_some(), columns, span })
        .parse(i)
}

//! `evaluate hint.distribution=single plugin(x, y) : (*, a: long)`

use crate::ast::{Call, Evaluate, EvaluateSchema, OperatorKind};
use crate::combinators::{PARENS, bracketed, fatal, token};
use crate::grammar::{expression, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let start = rest.span();
    let (rest, name) = name::name(rest).map_err(fatal)?;
    let (rest, (args, _)) = bracketed(PARENS.0, PARENS.1, expression::argument)(rest).map_err(fatal)?;
    let call_span = rest.from(start);
    let call = Call { name, args };
    if rest.kind() != Kind::Colon {
        rest.note(Want::Colon);
        return Ok((rest, OperatorKind::Evaluate(Evaluate { parameters, call, call_span, schema: None })));
    }
    let (rest, schema) = schema(rest.skip(1)).map_err(fatal)?;
    Ok((rest, OperatorKind::Evaluate(Evaluate { parameters, call, call_span, schema: Some(schema) })))
}

/// `(*, a: long)`
fn schema(i: Tokens) -> Parsed<EvaluateSchema> {
    let start = i.span();
    let (mut rest, _) = token(Kind::OpenParen, Want::OpenParen)(i)?;
    if rest.kind() == Kind::Comma {
        rest = rest.skip(1);
    }
    let star = rest.kind() == Kind::Star;
    if star {
        rest = rest.skip(1);
        if rest.kind() == Kind::Comma {
            rest = rest.skip(1);
        }
    }
    let mut columns = Vec::new();
    while rest.kind() != Kind::CloseParen {
        let (next, column) = name::column_declaration(rest)?;
        columns.push(column);
        rest = next;
        if rest.kind() != Kind::Comma {
            rest.note(Want::Comma);
            break;
        }
        rest = rest.skip(1);
    }
    let (rest, end) = token(Kind::CloseParen, Want::CloseParen)(rest)?;
    Ok((rest, EvaluateSchema { star, columns, span: start.to(end) }))
}

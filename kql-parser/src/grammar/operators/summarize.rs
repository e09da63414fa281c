//! `summarize n = count(), ... by a, bin(b, 1h)`

use crate::ast::{Expr, OperatorKind, Summarize};
use crate::combinators::{comma_list, fatal, opt_word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(crate) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (mut rest, parameters) = parameter::parameters(i, &[])?;
    let mut aggregates = Vec::new();
    let empty = matches!(rest.kind(), Kind::Pipe | Kind::Semicolon | Kind::End | Kind::CloseParen | Kind::CloseBrace);
    if !rest.is_word("by") && !empty {
        (rest, aggregates) = comma_list(expression::named)(rest).map_err(fatal)?;
    }
    let (mut rest, by_span) = opt_word("by", Want::By, rest);
    let mut by = Vec::new();
    if by_span.is_some() {
        (rest, by) = comma_list(expression::named)(rest).map_err(fatal)?;
    }
    let (rest, bin) = opt_bin(rest)?;
    Ok((rest, OperatorKind::Summarize(Summarize { parameters, aggregates, by, by_span, bin })))
}

/// `bin=1h`, where it stands.
fn opt_bin(i: Tokens) -> Parsed<Option<Expr>> {
    if !i.is_word("bin") || i.ahead(1).kind != Kind::Assign {
        return Ok((i, None));
    }
    let (rest, value) = expression::expression(i.skip(2)).map_err(fatal)?;
    Ok((rest, Some(value)))
}

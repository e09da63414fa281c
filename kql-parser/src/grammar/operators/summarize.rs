//! `summarize n = count(), ... by a, bin(b, 1h)`

use crate::ast::{Expr, OperatorKind, Summarize};
use crate::combinators::{comma_list, quiet, quiet_word, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{cond, cut, opt};
use nom::sequence::preceded;

pub(crate) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    parts.map(OperatorKind::Summarize).parse(i)
}

/// What follows `summarize`.
pub(crate) fn parts(i: Tokens) -> Parsed<Summarize> {
    let (rest, parameters) = parameter::parameters(&[]).parse(i)?;
    let empty = matches!(rest.kind(), Kind::Pipe | Kind::Semicolon | Kind::End | Kind::CloseParen | Kind::CloseBrace);
    let aggregates = cond(!rest.is_word("by") && !empty, comma_list(expression::named));
    let by = opt((word("by", Want::By), comma_list(expression::named)));
    let (rest, (aggregates, by, bin)) = (aggregates, by, opt_bin).parse(rest)?;
    let (by_span, by) = by.unzip();
    let (aggregates, by) = (aggregates.unwrap_or_default(), by.unwrap_or_default());
    Ok((rest, Summarize { parameters, aggregates, by, by_span, bin }))
}

/// `bin=1h`, if present.
fn opt_bin(i: Tokens) -> Parsed<Option<Expr>> {
    opt(preceded((quiet_word("bin"), quiet(Kind::Assign)), cut(expression::expression))).parse(i)
}

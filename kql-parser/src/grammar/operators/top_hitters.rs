//! `top-hitters 5 of a by b`

use crate::ast::{OperatorKind, TopHitters};
use crate::combinators::{fatal, opt_word, word};
use crate::grammar::expression;
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, count) = expression::named(i).map_err(fatal)?;
    let (rest, _) = word("of", Want::Of)(rest).map_err(fatal)?;
    let (rest, of) = expression::named(rest).map_err(fatal)?;
    let (rest, by_span) = opt_word("by", Want::By, rest);
    if by_span.is_none() {
        return Ok((rest, OperatorKind::TopHitters(TopHitters { count, of, by: None })));
    }
    let (rest, by) = expression::named(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::TopHitters(TopHitters { count, of, by: Some(by) })))
}

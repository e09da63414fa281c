//! `facet by a, b with (take 5)`

use crate::Span;
use crate::ast::{Facet, OperatorKind, Pipeline, Subquery};
use crate::combinators::{comma_list, fatal, opt_word, word};
use crate::grammar::{expression, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, _) = word("by", Want::By)(i).map_err(fatal)?;
    let (rest, by) = comma_list(expression::path)(rest).map_err(fatal)?;
    let (rest, with) = opt_word("with", Want::With, rest);
    let Some(with) = with else { return Ok((rest, OperatorKind::Facet(Facet { by, with: None }))) };
    let (rest, with) =
        if rest.kind() == Kind::OpenParen { pipeline::subquery(rest).map_err(fatal)? } else { bare(rest, with) };
    Ok((rest, OperatorKind::Facet(Facet { by, with: Some(with) })))
}

/// One operator without parentheses.
fn bare(i: Tokens, before: Span) -> (Tokens, Subquery) {
    let (rest, operator) = pipeline::step(i, before);
    let span = operator.span;
    (rest, Subquery { pipeline: Pipeline { source: None, operators: vec![operator] }, span })
}

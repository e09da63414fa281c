//! `facet by a, b with (take 5)`

use crate::ast::{Facet, OperatorKind, Pipeline, Subquery};
use crate::combinators::{comma_list, opt_after, word};
use crate::grammar::{expression, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let by = preceded(word("by", Want::By), comma_list(expression::path));
    (by, opt_after("with", Want::With, subquery)).map(|(by, with)| OperatorKind::Facet(Facet { by, with })).parse(i)
}

/// Operators in parentheses, or one operator without.
fn subquery(i: Tokens) -> Parsed<Subquery> {
    if i.kind() == Kind::OpenParen {
        return pipeline::subquery(i);
    }
    let (rest, operator) = pipeline::step(i, i.before().span);
    let span = operator.span;
    Ok((rest, Subquery { pipeline: Pipeline { source: None, operators: vec![operator] }, span }))
}

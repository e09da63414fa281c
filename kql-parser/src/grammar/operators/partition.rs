//! `partition hint.strategy=native by x (top 1 by y)`, `partition by x { T | where z }`

use crate::ast::{OperatorKind, Partition, PartitionQuery};
use crate::combinators::{BRACES, quiet_word, spanned, within, word};
use crate::grammar::{expression, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (
        parameter::parameters(&[]),
        preceded(word("by", Want::By), expression::path),
        opt(preceded(quiet_word("in"), cut(expression::operand))),
        query,
    )
        .map(|(parameters, by, scope, query)| OperatorKind::Partition(Partition { parameters, by, scope, query }))
        .parse(i)
}

/// `{ T | where z }`, `(top 1 by y)`
fn query(i: Tokens) -> Parsed<PartitionQuery> {
    if i.kind() != Kind::OpenBrace {
        return pipeline::subquery.map(PartitionQuery::Subquery).parse(i);
    }
    spanned(within(BRACES, pipeline::expression_or_pipeline))
        .map(|(query, span)| PartitionQuery::Query(query, span))
        .parse(i)
}

//! `partition hint.strategy=native by x (top 1 by y)`, `partition by x { T | where z }`

use crate::ast::{OperatorKind, Partition, PartitionQuery};
use crate::combinators::{fatal, token, word};
use crate::grammar::{expression, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, _) = word("by", Want::By)(rest).map_err(fatal)?;
    let (rest, by) = expression::path(rest).map_err(fatal)?;
    let (rest, scope) = if rest.is_word("in") {
        let (rest, scope) = expression::operand(rest.skip(1)).map_err(fatal)?;
        (rest, Some(scope))
    } else {
        (rest, None)
    };
    let (rest, query) = if rest.kind() == Kind::OpenBrace {
        query(rest).map_err(fatal)?
    } else {
        let (rest, subquery) = pipeline::subquery(rest).map_err(fatal)?;
        (rest, PartitionQuery::Subquery(subquery))
    };
    Ok((rest, OperatorKind::Partition(Partition { parameters, by, scope, query })))
}

/// `{ T | where z }`
fn query(i: Tokens) -> Parsed<PartitionQuery> {
    let start = i.span();
    let (rest, e) = pipeline::expression_or_pipeline(i.skip(1)).map_err(fatal)?;
    let (rest, end) = token(Kind::CloseBrace, Want::CloseBrace)(rest).map_err(fatal)?;
    Ok((rest, PartitionQuery::Query(e, start.to(end))))
}

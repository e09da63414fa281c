//! `__partitionby x id 'v' (take 1)`

use crate::ast::{OperatorKind, PartitionBy};
use crate::combinators::fatal;
use crate::grammar::{expression, literal, parameter, pipeline};
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, by) = expression::path(rest).map_err(fatal)?;
    let (rest, id) = if rest.is_word("id") {
        let (rest, id) = literal::literal(rest.skip(1)).map_err(fatal)?;
        (rest, Some(id))
    } else {
        (rest, None)
    };
    let (rest, subquery) = pipeline::subquery(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::PartitionBy(PartitionBy { parameters, by, id, subquery })))
}

//! `fork (where a) n = (where b | count)`

use crate::ast::{ExprKind, ForkBranch, OperatorKind, Pipeline, Subquery};
use crate::combinators::{fatal, token};
use crate::grammar::{name, operators, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (mut rest, first) = branch(i).map_err(fatal)?;
    let mut branches = vec![first];
    while matches!(rest.kind(), Kind::Word | Kind::OpenParen | Kind::OpenBracket) {
        let (next, branch) = branch(rest).map_err(fatal)?;
        branches.push(branch);
        rest = next;
    }
    Ok((rest, OperatorKind::Fork(branches)))
}

fn branch(i: Tokens) -> Parsed<ForkBranch> {
    if i.kind() == Kind::OpenParen {
        let (rest, subquery) = subquery(i)?;
        return Ok((rest, ForkBranch { name: None, subquery }));
    }
    let (rest, name) = name::name(i)?;
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest).map_err(fatal)?;
    let (rest, subquery) = subquery(rest).map_err(fatal)?;
    Ok((rest, ForkBranch { name: Some(name), subquery }))
}

/// Operators, or a query of its own.
fn subquery(i: Tokens) -> Parsed<Subquery> {
    let (rest, open) = token(Kind::OpenParen, Want::OpenParen)(i)?;
    if operators::at(&rest).is_ok() || rest.kind() != Kind::Word {
        return pipeline::subquery(i);
    }
    let (rest, e) = pipeline::expression_or_pipeline(rest).map_err(fatal)?;
    let (rest, end) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
    let pipeline = match e.kind {
        ExprKind::Pipeline(pipeline) => *pipeline,
        _ => Pipeline { source: Some(e), operators: Vec::new() },
    };
    Ok((rest, Subquery { pipeline, span: open.to(end) }))
}

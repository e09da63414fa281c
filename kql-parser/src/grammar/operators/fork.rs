//! `fork (where a) n = (where b | count)`

use crate::ast::{ExprKind, ForkBranch, OperatorKind, Pipeline, Subquery};
use crate::combinators::{PARENS, spanned, token, within};
use crate::grammar::{name, operators, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::sequence::terminated;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (mut rest, first) = branch(i)?;
    let mut branches = vec![first];
    while matches!(rest.kind(), Kind::Word | Kind::OpenParen | Kind::OpenBracket) {
        let (next, branch) = branch(rest)?;
        branches.push(branch);
        rest = next;
    }
    Ok((rest, OperatorKind::Fork(branches)))
}

fn branch(i: Tokens) -> Parsed<ForkBranch> {
    if i.kind() == Kind::OpenParen {
        return subquery.map(|subquery| ForkBranch { name: None, subquery }).parse(i);
    }
    (terminated(name::name, token(Kind::Assign, Want::Assign)), subquery)
        .map(|(name, subquery)| ForkBranch { name: Some(name), subquery })
        .parse(i)
}

/// Operators, or a separate query.
fn subquery(i: Tokens) -> Parsed<Subquery> {
    let inner = i.skip(1);
    if i.kind() != Kind::OpenParen || operators::at(&inner).is_ok() || inner.kind() != Kind::Word {
        return pipeline::subquery(i);
    }
    spanned(within(PARENS, pipeline::expression_or_pipeline))
        .map(|(e, span)| match e.kind {
            ExprKind::Pipeline(pipeline) => Subquery { pipeline: *pipeline, span },
            _ => Subquery { pipeline: Pipeline { source: Some(e), operators: Vec::new() }, span },
        })
        .parse(i)
}

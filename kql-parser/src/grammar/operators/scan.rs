//! `scan with_match_id=m order by a partition by b declare (c: long) with (step s: x > 1 => c = 5;)`

use super::sort;
use crate::ast::{OperatorKind, Scan, ScanAssignment, ScanOutput, ScanStep};
use crate::combinators::{PARENS, bracketed, comma_list, fatal, token, word};
use crate::grammar::{expression, name, parameter, query};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (mut rest, parameters) = parameter::parameters(i, &["kind", "with_match_id"])?;
    let (mut order, mut partition, mut declare, mut steps) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    if rest.is_word("order") {
        let (after, _) = word("by", Want::By)(rest.skip(1)).map_err(fatal)?;
        (rest, order) = comma_list(sort::key)(after).map_err(fatal)?;
    }
    if rest.is_word("partition") {
        let (after, _) = word("by", Want::By)(rest.skip(1)).map_err(fatal)?;
        (rest, partition) = comma_list(expression::expression)(after).map_err(fatal)?;
    }
    if rest.is_word("declare") {
        (rest, (declare, _)) = bracketed(PARENS.0, PARENS.1, query::parameter)(rest.skip(1)).map_err(fatal)?;
    }
    (rest, _) = word("with", Want::With)(rest).map_err(fatal)?;
    (rest, _) = token(Kind::OpenParen, Want::OpenParen)(rest).map_err(fatal)?;
    while rest.is_word("step") {
        let (next, step) = step(rest).map_err(fatal)?;
        steps.push(step);
        rest = next;
    }
    rest.note(Want::Step);
    let (rest, _) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Scan(Scan { parameters, order, partition, declare, steps })))
}

/// `step name optional output=all: condition => a = 1, b = 2;`
fn step(i: Tokens) -> Parsed<ScanStep> {
    let start = i.span();
    let (mut rest, name) = name::declared(i.skip(1))?;
    let optional = rest.is_word("optional");
    if optional {
        rest = rest.skip(1);
    }
    let mut output = None;
    if rest.is_word("output") {
        let (after, _) = token(Kind::Assign, Want::Assign)(rest.skip(1))?;
        output = Some(match after.text_ahead(0) {
            "all" => ScanOutput::All,
            "last" => ScanOutput::Last,
            "none" => ScanOutput::None,
            _ => return after.expected(Want::ScanOutput),
        });
        rest = after.skip(1);
    }
    let (rest, _) = token(Kind::Colon, Want::Colon)(rest)?;
    let (rest, condition) = expression::expression(rest)?;
    let (rest, assignments) =
        if rest.kind() == Kind::Arrow { comma_list(assignment)(rest.skip(1))? } else { (rest, Vec::new()) };
    let (rest, end) = token(Kind::Semicolon, Want::Semicolon)(rest)?;
    Ok((rest, ScanStep { name, optional, output, condition, assignments, span: start.to(end) }))
}

fn assignment(i: Tokens) -> Parsed<ScanAssignment> {
    let (rest, name) = name::declared(i)?;
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest).map_err(fatal)?;
    let (rest, value) = expression::expression(rest).map_err(fatal)?;
    Ok((rest, ScanAssignment { name, value }))
}

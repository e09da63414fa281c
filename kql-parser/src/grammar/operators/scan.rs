//! `scan with_match_id=m order by a partition by b declare (c: long) with (step s: x > 1 => c = 5;)`

use super::sort;
use crate::ast::{OperatorKind, Scan, ScanAssignment, ScanOutput, ScanStep};
use crate::combinators::{PARENS, Reads, bracketed, comma_list, quiet, quiet_word, spanned, token, within, word};
use crate::grammar::{expression, name, parameter, query};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, opt, value};
use nom::multi::many0;
use nom::sequence::{preceded, separated_pair, terminated};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let declare = opt(preceded(quiet_word("declare"), cut(bracketed(PARENS, query::parameter))));
    let steps = within(PARENS, many0(step));
    (
        parameter::parameters(&["kind", "with_match_id"]),
        opt_by("order", sort::key),
        opt_by("partition", expression::expression),
        declare.map(Option::unwrap_or_default),
        preceded(word("with", Want::With), steps),
    )
        .map(|(parameters, order, partition, declare, steps)| {
            OperatorKind::Scan(Scan { parameters, order, partition, declare, steps })
        })
        .parse(i)
}

/// `order by a, b`, if present.
fn opt_by<'a, T>(text: &'static str, item: impl Reads<'a, T>) -> impl Reads<'a, Vec<T>> {
    opt(preceded((quiet_word(text), cut(word("by", Want::By))), comma_list(item))).map(Option::unwrap_or_default)
}

/// `step name optional output=all: condition => a = 1, b = 2;`
fn step(i: Tokens) -> Parsed<ScanStep> {
    let output = alt((
        value(ScanOutput::All, word("all", Want::ScanOutput)),
        value(ScanOutput::Last, word("last", Want::ScanOutput)),
        value(ScanOutput::None, word("none", Want::ScanOutput)),
    ));
    let assign = token(Kind::Assign, Want::Assign);
    let assignments = opt(preceded(quiet(Kind::Arrow), comma_list(assignment)));
    let parts = (
        name::declared,
        opt(quiet_word("optional")),
        opt(preceded((quiet_word("output"), cut(assign)), cut(output))),
        preceded(token(Kind::Colon, Want::Colon), expression::expression),
        terminated(assignments, token(Kind::Semicolon, Want::Semicolon)),
    );
    spanned(preceded(word("step", Want::Step), cut(parts)))
        .map(|((name, optional, output, condition, assignments), span)| {
            let (optional, assignments) = (optional.is_some(), assignments.unwrap_or_default());
            ScanStep { name, optional, output, condition, assignments, span }
        })
        .parse(i)
}

fn assignment(i: Tokens) -> Parsed<ScanAssignment> {
    separated_pair(name::declared, token(Kind::Assign, Want::Assign), expression::expression)
        .map(|(name, value)| ScanAssignment { name, value })
        .parse(i)
}

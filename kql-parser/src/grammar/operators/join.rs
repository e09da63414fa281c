//! `join kind=inner (T) on a, $left.b == $right.c`, and `lookup`, which has the same syntax

use crate::ast::{Join, OperatorKind};
use crate::combinators::{comma_list, quiet_word, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::cut;
use nom::sequence::preceded;

pub(super) fn join(i: Tokens) -> Parsed<OperatorKind> {
    parts.map(OperatorKind::Join).parse(i)
}

pub(super) fn lookup(i: Tokens) -> Parsed<OperatorKind> {
    parts.map(OperatorKind::Lookup).parse(i)
}

fn parts(i: Tokens) -> Parsed<Join> {
    let (rest, (parameters, right)) = (parameter::parameters(&["kind"]), expression::operand).parse(i)?;
    let on_span = Some(rest.span());
    let on_where = preceded(quiet_word("where"), cut(expression::expression)).map(|condition| (vec![condition], true));
    let on = preceded(word("on", Want::On), comma_list(expression::expression)).map(|on| (on, false));
    let (rest, (on, on_where)) = alt((on_where, on)).parse(rest)?;
    Ok((rest, Join { parameters, right, on, on_span, on_where }))
}

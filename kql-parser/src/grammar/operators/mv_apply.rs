//! `mv-apply a, b = c to typeof(long) limit 5 on (where a > 1)`, `mvapply ...`

use super::mv_expand;
use crate::ast::{MvApply, OperatorKind};
use crate::combinators::{comma_list, quiet_word, word};
use crate::grammar::{expression, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (
        parameter::parameters(&["with_itemindex"]),
        comma_list(mv_expand::column),
        mv_expand::opt_limit,
        opt(preceded(quiet_word("id"), cut(expression::expression))),
        preceded(word("on", Want::On), pipeline::subquery),
    )
        .map(|(parameters, columns, limit, id, subquery)| {
            OperatorKind::MvApply(MvApply { parameters, columns, limit, id, subquery })
        })
        .parse(i)
}

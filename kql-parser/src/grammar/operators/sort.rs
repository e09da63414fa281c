//! `sort by a asc nulls last, b`, `order by ...`

use crate::ast::{OperatorKind, Sort, SortKey};
use crate::combinators::{comma_list, opt_after, quiet_word, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{opt, value};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(&[]), preceded(word("by", Want::By), comma_list(key)))
        .map(|(parameters, keys)| OperatorKind::Sort(Sort { parameters, keys }))
        .parse(i)
}

/// `e asc nulls first`
pub(super) fn key(i: Tokens) -> Parsed<SortKey> {
    let ascending = alt((value(true, quiet_word("asc")), value(false, quiet_word("desc"))));
    let first = alt((value(true, word("first", Want::FirstLast)), value(false, word("last", Want::FirstLast))));
    (expression::named, opt(ascending), opt_after("nulls", Want::Nulls, first))
        .map(|(expr, ascending, nulls_first)| SortKey { expr, ascending, nulls_first })
        .parse(i)
}

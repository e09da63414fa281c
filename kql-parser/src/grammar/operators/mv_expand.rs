//! `mv-expand a, b = e to typeof(long) limit 5`, `mvexpand ...`

use crate::ast::{Expr, MvExpand, MvExpandColumn, OperatorKind};
use crate::combinators::{comma_list, opt_after, quiet_word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    expand.map(OperatorKind::MvExpand).parse(i)
}

pub(super) fn legacy(i: Tokens) -> Parsed<OperatorKind> {
    expand.map(|expand| OperatorKind::MvExpand(MvExpand { legacy: true, ..expand })).parse(i)
}

fn expand(i: Tokens) -> Parsed<MvExpand> {
    let parameters = parameter::parameters(&["kind", "bagexpansion", "with_itemindex"]);
    (parameters, comma_list(column), opt_limit)
        .map(|(parameters, columns, limit)| MvExpand { parameters, legacy: false, columns, limit })
        .parse(i)
}

/// `limit n`, if present.
pub(super) fn opt_limit(i: Tokens) -> Parsed<Option<Expr>> {
    opt(preceded(quiet_word("limit"), cut(expression::expression))).parse(i)
}

/// `a = e to typeof(long)`
pub(super) fn column(i: Tokens) -> Parsed<MvExpandColumn> {
    (expression::named, opt_after("to", Want::To, expression::type_argument))
        .map(|(expr, to)| MvExpandColumn { expr, to })
        .parse(i)
}

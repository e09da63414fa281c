//! `mv-expand a, b = e to typeof(long) limit 5`, `mvexpand ...`

use crate::ast::{Expr, ExprKind, MvExpand, MvExpandColumn, OperatorKind};
use crate::combinators::{comma_list, fatal, opt_word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    expand(i, false)
}

pub(super) fn legacy(i: Tokens) -> Parsed<OperatorKind> {
    expand(i, true)
}

fn expand(i: Tokens, legacy: bool) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &["kind", "bagexpansion", "with_itemindex"])?;
    let (rest, columns) = comma_list(column)(rest).map_err(fatal)?;
    let (rest, limit) = opt_limit(rest)?;
    Ok((rest, OperatorKind::MvExpand(MvExpand { parameters, legacy, columns, limit })))
}

/// `limit n`, where it stands.
pub(super) fn opt_limit(i: Tokens) -> Parsed<Option<Expr>> {
    if !i.is_word("limit") {
        return Ok((i, None));
    }
    let (rest, count) = expression::expression(i.skip(1)).map_err(fatal)?;
    Ok((rest, Some(count)))
}

/// `a = e to typeof(long)`
pub(super) fn column(i: Tokens) -> Parsed<MvExpandColumn> {
    let (rest, expr) = expression::named(i)?;
    let (rest, to) = opt_word("to", Want::To, rest);
    if to.is_none() {
        return Ok((rest, MvExpandColumn { expr, to: None }));
    }
    let (rest, ty) = expression::type_of(rest).map_err(fatal)?;
    let to = match ty.kind {
        ExprKind::TypeOf(ty) => Some(ty),
        _ => None,
    };
    Ok((rest, MvExpandColumn { expr, to }))
}

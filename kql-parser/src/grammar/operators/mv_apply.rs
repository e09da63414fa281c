//! `mv-apply a, b = c to typeof(long) limit 5 on (where a > 1)`, `mvapply ...`

use super::mv_expand;
use crate::ast::{MvApply, OperatorKind};
use crate::combinators::{comma_list, fatal, word};
use crate::grammar::{expression, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &["with_itemindex"])?;
    let (rest, columns) = comma_list(mv_expand::column)(rest).map_err(fatal)?;
    let (rest, limit) = mv_expand::opt_limit(rest)?;
    let (rest, id) = if rest.is_word("id") {
        let (rest, id) = expression::expression(rest.skip(1)).map_err(fatal)?;
        (rest, Some(id))
    } else {
        (rest, None)
    };
    let (rest, _) = word("on", Want::On)(rest).map_err(fatal)?;
    let (rest, subquery) = pipeline::subquery(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::MvApply(MvApply { parameters, columns, limit, id, subquery })))
}

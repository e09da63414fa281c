//! `sort by a asc nulls last, b`, `order by ...`

use crate::ast::{OperatorKind, Sort, SortKey};
use crate::combinators::{comma_list, fatal, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &[])?;
    let (rest, _) = word("by", Want::By)(rest).map_err(fatal)?;
    let (rest, keys) = comma_list(key)(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Sort(Sort { parameters, keys })))
}

/// `e asc nulls first`
pub(super) fn key(i: Tokens) -> Parsed<SortKey> {
    let (mut rest, expr) = expression::named(i)?;
    let mut ascending = None;
    if rest.is_word("asc") || rest.is_word("desc") {
        ascending = Some(rest.is_word("asc"));
        rest = rest.skip(1);
    }
    let mut nulls_first = None;
    if rest.is_word("nulls") {
        rest = rest.skip(1);
        if !rest.is_word("first") && !rest.is_word("last") {
            return rest.expected(Want::FirstLast).map_err(fatal);
        }
        nulls_first = Some(rest.is_word("first"));
        rest = rest.skip(1);
    } else {
        rest.note(Want::Nulls);
    }
    Ok((rest, SortKey { expr, ascending, nulls_first }))
}

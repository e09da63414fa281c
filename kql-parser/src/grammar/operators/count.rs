//! `count`, `count as Name`

use crate::ast::OperatorKind;
use crate::combinators::fatal;
use crate::grammar::name;
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    if !i.is_word("as") {
        return Ok((i, OperatorKind::Count(None)));
    }
    let (rest, name) = name::name(i.skip(1)).map_err(fatal)?;
    Ok((rest, OperatorKind::Count(Some(name))))
}

//! `getschema`, `getschema kind=csl`

use crate::ast::OperatorKind;
use crate::grammar::parameter;
use crate::input::{Parsed, Tokens};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    if !i.is_word("kind") || i.ahead(1).kind != Kind::Assign {
        return Ok((i, OperatorKind::GetSchema(None)));
    }
    let (rest, kind) = parameter::property(i)?;
    Ok((rest, OperatorKind::GetSchema(Some(kind))))
}

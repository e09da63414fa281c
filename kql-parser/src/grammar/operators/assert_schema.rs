//! `assert-schema (a: long, b: string)`

use crate::ast::OperatorKind;
use crate::combinators::fatal;
use crate::grammar::name;
use crate::input::{Parsed, Tokens};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, columns) = name::row_schema(i).map_err(fatal)?;
    Ok((rest, OperatorKind::AssertSchema(columns)))
}

//! `parse-kv x as (a: long, b: string) with (pair_delimiter=',')`

use crate::ast::{OperatorKind, ParseKv};
use crate::combinators::{fatal, word};
use crate::grammar::{expression, name, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, value) = expression::expression(i).map_err(fatal)?;
    let (rest, _) = word("as", Want::As)(rest).map_err(fatal)?;
    let (rest, columns) = name::row_schema(rest).map_err(fatal)?;
    let (rest, properties) = parameter::opt_with(rest)?;
    Ok((rest, OperatorKind::ParseKv(ParseKv { value, columns, properties })))
}

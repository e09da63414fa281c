//! `parse-kv x as (a: long, b: string) with (pair_delimiter=',')`

use crate::ast::{OperatorKind, ParseKv};
use crate::combinators::word;
use crate::grammar::{expression, name, parameter};
use crate::input::{Parsed, Tokens, Want};
use nom::Parser;
use nom::sequence::preceded;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (expression::expression, preceded(word("as", Want::As), name::row_schema), parameter::opt_with)
        .map(|(value, columns, properties)| OperatorKind::ParseKv(ParseKv { value, columns, properties }))
        .parse(i)
}

//! `as hint.materialized=true Name`

use crate::ast::{As, OperatorKind};
use crate::grammar::{name, parameter};
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(&[]), name::name)
        .map(|(parameters, name)| OperatorKind::As(As { parameters, name }))
        .parse(i)
}

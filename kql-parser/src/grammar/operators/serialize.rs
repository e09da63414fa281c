//! `serialize`, `serialize n = row_number()`

use crate::ast::{OperatorKind, Serialize};
use crate::grammar::{expression, parameter, pipeline};
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(&[]), pipeline::opt_list(expression::named))
        .map(|(parameters, columns)| OperatorKind::Serialize(Serialize { parameters, columns }))
        .parse(i)
}

//! `reduce kind=source by x with threshold=0.1, characters=' '`

use crate::ast::{OperatorKind, Reduce};
use crate::combinators::{comma_list, fatal, opt_word, word};
use crate::grammar::{expression, parameter};
use crate::input::{Parsed, Tokens, Want};

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, &["kind"])?;
    let (rest, _) = word("by", Want::By)(rest).map_err(fatal)?;
    let (rest, by) = expression::named(rest).map_err(fatal)?;
    let (rest, with) = opt_word("with", Want::With, rest);
    let (rest, properties) =
        if with.is_some() { comma_list(parameter::property)(rest).map_err(fatal)? } else { (rest, Vec::new()) };
    Ok((rest, OperatorKind::Reduce(Reduce { parameters, by, properties })))
}

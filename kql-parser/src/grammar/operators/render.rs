//! `render timechart with (title = "x")`, `render columnchart kind=stacked`

use crate::ast::{OperatorKind, Render};
use crate::combinators::fatal;
use crate::grammar::{name, parameter};
use crate::input::{Parsed, Tokens};
use crate::token::Kind;

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, kind) = name::name(i).map_err(fatal)?;
    let (mut rest, mut properties) = parameter::opt_with(rest)?;
    // the old form has its properties bare
    while rest.kind() == Kind::Word && rest.ahead(1).kind == Kind::Assign {
        let (after, property) = parameter::property(rest).map_err(fatal)?;
        properties.push(property);
        rest = after;
        if rest.kind() == Kind::Comma {
            rest = rest.skip(1);
        }
    }
    Ok((rest, OperatorKind::Render(Render { kind, properties })))
}

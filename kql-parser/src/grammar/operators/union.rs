//! `union kind=outer A, (B | take 1), C*`

use crate::ast::{Expr, OperatorKind, Union};
use crate::combinators::{comma_list, fatal};
use crate::grammar::{expression, name, parameter};
use crate::input::{Parsed, Tokens};

pub(super) const PARAMETERS: &[&str] = &["kind", "withsource", "with_source", "isfuzzy", "best_effort", "force_remote"];

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    let (rest, parameters) = parameter::parameters(i, PARAMETERS)?;
    let (rest, tables) = comma_list(table)(rest).map_err(fatal)?;
    Ok((rest, OperatorKind::Union(Union { parameters, tables })))
}

/// A table, or a wildcard for several.
pub(crate) fn table(i: Tokens) -> Parsed<Expr> {
    if name::is_pattern(&i) { name::pattern(i) } else { expression::entity(i) }
}

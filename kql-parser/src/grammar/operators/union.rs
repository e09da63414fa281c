//! `union kind=outer A, (B | take 1), C*`

use crate::ast::{Expr, OperatorKind, Union};
use crate::combinators::comma_list;
use crate::grammar::{expression, name, parameter};
use crate::input::{Parsed, Tokens};
use nom::Parser;

pub(super) const PARAMETERS: &[&str] = &["kind", "withsource", "with_source", "isfuzzy", "best_effort", "force_remote"];

pub(super) fn parse(i: Tokens) -> Parsed<OperatorKind> {
    (parameter::parameters(PARAMETERS), comma_list(table))
        .map(|(parameters, tables)| OperatorKind::Union(Union { parameters, tables }))
        .parse(i)
}

/// A table, or a wildcard for several.
pub(crate) fn table(i: Tokens) -> Parsed<Expr> {
    if name::is_pattern(&i) { name::pattern(i) } else { expression::entity(i) }
}

//! `assert-schema`: returns the rows unchanged if their columns are the declared ones.

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};

pub(super) fn bind(binder: &mut Binder, declared: &[ast::ColumnDeclaration], input: Relation, span: Span) -> Relation {
    let wanted: Vec<_> = declared.iter().map(|c| (c.name.text.as_str(), binder.scalar_type(&c.ty))).collect();
    let same = wanted.len() == input.columns.len()
        && wanted.iter().zip(&input.columns).all(|((name, ty), c)| *name == c.name && *ty == c.ty);
    if !same && !input.open {
        let found: Vec<String> = input.columns.iter().map(|c| format!("{}: {}", c.name, c.ty)).collect();
        let message = "The columns differ from the asserted schema.";
        binder.report(
            Diagnostic::error(codes::SCHEMA_ASSERTION_FAILED, span, message)
                .with_help(format!("the columns are {}", found.join(", "))),
        );
    }
    input
}

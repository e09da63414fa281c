//! `macro-expand`: a query over each database of a group, and the rows of all.
//!
//! All databases are one offline, so a group with one database runs; with several, each would return the same rows.
//! <https://learn.microsoft.com/kusto/query/macro-expand-operator>

use super::union::{Kind, Leg};
use crate::bind::{Binder, Symbol};
use crate::plan::Relation;
use kql_parser::ast;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};

pub(super) fn bind(binder: &mut Binder, expand: &ast::MacroExpand, span: Span) -> Relation {
    let kind = Kind::of(binder, &expand.parameters);
    let places = match &expand.group.kind {
        ast::ExprKind::EntityGroup(places) => places.len(),
        ast::ExprKind::Name(name) => match binder.scope.find(&name.text) {
            Some(Symbol::EntityGroup(places)) => *places,
            _ => {
                let message = format!("The name '{}' does not refer to any known entity group.", name.text);
                binder.error(codes::UNKNOWN_ENTITY_GROUP, name.span, message);
                return binder.empty_relation();
            }
        },
        _ => 1,
    };
    if places > 1 && binder.evaluates() {
        binder.report(
            Diagnostic::error(
                codes::SEVERAL_DATABASES,
                expand.group.span,
                "The entity group has several databases, but only one is available.",
            )
            .with_help("use an entity group with a single database"),
        );
        return binder.empty_relation();
    }
    let outer = binder.scope.clone();
    if let Some(name) = &expand.name {
        binder.scope = binder.scope.with(name.text.clone(), Symbol::Database);
    }
    let result = binder.block(&expand.body, span);
    binder.scope = outer;
    super::union::unite(binder, vec![Leg::with_rows(result)], kind, None)
}

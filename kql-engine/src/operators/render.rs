//! `render`: describes how to draw the result; its rows are unchanged.
//!
//! <https://learn.microsoft.com/kusto/query/render-operator>

use crate::plan::{Relation, Render};
use kql_parser::ast;

pub(super) fn bind(render: &ast::Render, input: Relation) -> Relation {
    let properties = render.properties.iter().map(|p| (p.name.text.clone(), text(&p.value.kind))).collect();
    Relation { render: Some(Render { kind: render.kind.text.clone(), properties }), ..input }
}

/// A property's value as text; several names are separated by commas.
fn text(value: &ast::ExprKind) -> String {
    match value {
        ast::ExprKind::Name(name) => name.text.clone(),
        ast::ExprKind::Names(names) => names.iter().map(|name| name.text.as_str()).collect::<Vec<_>>().join(", "),
        ast::ExprKind::Literal(ast::Literal::String(text)) => text.clone(),
        ast::ExprKind::Literal(ast::Literal::Long(Some(i))) => i.to_string(),
        ast::ExprKind::Literal(ast::Literal::Real(Some(r))) => r.to_string(),
        ast::ExprKind::Literal(ast::Literal::Bool(Some(b))) => b.to_string(),
        _ => String::new(),
    }
}

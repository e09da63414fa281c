//! `render`: says how the result is to be drawn; its rows stay as they are.
//!
//! <https://learn.microsoft.com/kusto/query/render-operator>

use crate::plan::{Relation, Render};
use kql_parser::ast;

pub(super) fn bind(render: &ast::Render, input: Relation) -> Relation {
    let properties = render
        .properties
        .iter()
        .map(|p| {
            let value = match &p.value.kind {
                ast::ExprKind::Name(name) => name.text.clone(),
                ast::ExprKind::Literal(ast::Literal::String(text)) => text.clone(),
                ast::ExprKind::Literal(ast::Literal::Long(Some(i))) => i.to_string(),
                ast::ExprKind::Literal(ast::Literal::Real(Some(r))) => r.to_string(),
                ast::ExprKind::Literal(ast::Literal::Bool(Some(b))) => b.to_string(),
                _ => String::new(),
            };
            (p.name.text.clone(), value)
        })
        .collect();
    Relation { render: Some(Render { kind: render.kind.text.clone(), properties }), ..input }
}

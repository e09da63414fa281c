//! `datatable`: a table written in the query.
//!
//! <https://learn.microsoft.com/kusto/query/datatable-operator>

use crate::bind::{Binder, Row};
use crate::plan::{Expr, ExprKind, Node, OrderKey, PlanColumn, Relation};
use crate::types::ScalarType;
use kql_parser::codes;
use kql_parser::{Diagnostic, ast};
use std::sync::Arc;

/// Binds a `datatable`.
pub fn bind(binder: &mut Binder, datatable: &ast::Datatable) -> Relation {
    let mut columns: Vec<PlanColumn> = Vec::new();
    for declaration in &datatable.columns {
        let ty = binder.scalar_type(&declaration.ty);
        if columns.iter().any(|c| c.name == declaration.name.text) {
            binder.already_declared(&declaration.name.text, declaration.name.span);
            continue;
        }
        columns.push(binder.new_column(declaration.name.text.clone(), ty));
    }
    let width = columns.len().max(1);
    let complete = datatable.columns.len() == columns.len();
    if complete && !datatable.values.len().is_multiple_of(width) {
        let message =
            format!("Incorrect number of data values. The values should appear in multiples of {}.", columns.len());
        let rest = datatable.values.len() % width;
        binder.report(
            Diagnostic::error(codes::VALUE_COUNT, datatable.values_span, message)
                .with_help(format!("the last row has {rest} of {width} values")),
        );
    }
    let mut rows = Vec::with_capacity(datatable.values.len() / width);
    for row in datatable.values.chunks_exact(width) {
        let values = row.iter().zip(&columns).map(|(e, column)| value(binder, e, column.ty)).collect();
        rows.push(values);
    }
    written(binder, columns, rows)
}

/// Rows that are written in the query, in their order.
pub(super) fn written(binder: &mut Binder, columns: Vec<PlanColumn>, rows: Vec<Vec<Expr>>) -> Relation {
    let row_number = PlanColumn { id: binder.new_id(), name: "row".to_owned(), ty: ScalarType::Long };
    let mut all = columns.clone();
    all.push(row_number.clone());
    Relation {
        node: Arc::new(Node::Values { columns: all, rows }),
        columns,
        order: vec![OrderKey { column: row_number.id, ascending: true, nulls_first: true }],
        serialized: false,
        ..Relation::default()
    }
}

/// A value: a literal, possibly with a sign.
fn value(binder: &mut Binder, e: &ast::Expr, ty: ScalarType) -> Expr {
    let literal = match &e.kind {
        ast::ExprKind::Unary(_, inner) => &inner.kind,
        kind => kind,
    };
    if !matches!(literal, ast::ExprKind::Literal(_) | ast::ExprKind::Error) {
        // the name of a let is not a literal either, but the service accepts it if its value is one
        let bound = binder.expr(e, Row::default());
        if bound.kind != ExprKind::Error && bound.as_constant().is_none() {
            binder.error(codes::LITERAL_EXPECTED, e.span, "Expected a literal.");
        }
        return bound.convert(ty);
    }
    binder.expr(e, Row::default()).convert(ty)
}

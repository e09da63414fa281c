//! `mv-expand`: a row for each element of arrays or property bags.
//!
//! A null returns one row with null, an empty array no row. Several columns are expanded together, the shorter ones
//! padded with null. <https://learn.microsoft.com/kusto/query/mv-expand-operator>

use crate::bind::{Binder, Row, plain_column};
use crate::plan::{ColumnId, Expanded, Expr, Node, OrderKey, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

/// The maximum number of elements per row with the old spelling.
const LEGACY_LIMIT: i64 = 128;

pub(super) fn bind(binder: &mut Binder, mv_expand: &ast::MvExpand, input: Relation) -> Relation {
    let as_array = matches!(super::parameter(&mv_expand.parameters, &["kind", "bagexpansion"]), Some(("array", _)));
    let mut columns = input.columns.clone();
    let mut expanded = Vec::new();
    let mut declared: Vec<String> = Vec::new();
    for item in &mv_expand.columns {
        let (name, value) = match &item.expr.kind {
            ast::ExprKind::Named(named) => match binder.single_name(named, item.expr.span) {
                Some(name) => (Some(name.text.clone()), &named.value),
                None => continue,
            },
            _ => (None, &item.expr),
        };
        let bound = binder.expr(value, Row::of(&input));
        if !matches!(bound.ty, ScalarType::Dynamic | ScalarType::Unknown) {
            binder.report(
                Diagnostic::error(codes::EXPRESSION_TYPE, value.span, "The expression must have the type dynamic.")
                    .with_help(format!(
                        "the type is {}; use parse_json() or split() to make an array from a string",
                        bound.ty
                    )),
            );
        }
        let bound = bound.convert_unknown(ScalarType::Dynamic);
        let ty = match &item.to {
            Some(ast::TypeOf::Scalar(name)) => binder.scalar_type(name),
            Some(ast::TypeOf::Tabular(..)) => {
                binder.error(codes::INVALID_TYPE_NAME, item.expr.span, "Expected a scalar type after 'to'.");
                ScalarType::Unknown
            }
            None => ScalarType::Dynamic,
        };
        let plain = plain_column(value, Row::of(&input)).is_some();
        if let Some(name) = name.clone().or_else(|| plain.then(|| binder.result_name(value, Row::of(&input))).flatten())
        {
            if declared.contains(&name) {
                binder.already_declared(&name, item.expr.span);
                continue;
            }
            declared.push(name);
        }
        let name = name.or_else(|| binder.result_name(value, Row::of(&input)));
        let name = name.unwrap_or_else(|| binder.unnamed(&input.columns));
        let column = binder.new_column(name, ty);
        expanded.push(Expanded { id: column.id, ty, value: bound, bag_as_array: as_array });
        match columns.iter_mut().find(|c| c.name == column.name) {
            Some(old) => *old = column,
            None => columns.push(column),
        }
    }
    let input = binder.with_windows(input);
    let index = binder.new_id();
    if let Some((name, _)) = super::parameter(&mv_expand.parameters, &["with_itemindex"]) {
        // a name that already exists gets a number
        let own = vec![PlanColumn { id: index, name: name.to_owned(), ty: ScalarType::Long }];
        columns = crate::plan::side_by_side(&columns, own);
    }
    let limit = match (&mv_expand.limit, mv_expand.legacy) {
        (Some(limit), _) => Some(super::whole_number(binder, limit)),
        (None, true) => Some(Expr::constant(Value::Long(LEGACY_LIMIT), ScalarType::Long, Span::default())),
        (None, false) => None,
    };
    let mut order = input.order.clone();
    if !order.is_empty() {
        // the elements of one row are in their order
        order.push(OrderKey { column: index, ascending: true, nulls_first: true });
    }
    let node = Arc::new(Node::MvExpand { input: input.node.clone(), columns: expanded, index, limit });
    // replaced columns are dropped, unless the row order needs them
    let pairs = columns.iter().map(|c| (c.id, Expr::column(c, Span::default()))).collect::<Vec<(ColumnId, Expr)>>();
    let relation = Relation { node, order, ..input };
    let node = crate::plan::project(&relation, pairs);
    Relation { node, columns, ..relation }
}

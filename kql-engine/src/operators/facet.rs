//! `facet`: for each column a table of its values and their counts; before these, the result of a subquery.
//!
//! <https://learn.microsoft.com/kusto/query/facet-operator>

use crate::bind::{Binder, Row, plain_column};
use crate::plan::{Aggregate, Expr, Relation, StageKind};
use crate::types::ScalarType;
use kql_parser::ast;
use kql_parser::codes;

pub(super) fn bind(binder: &mut Binder, facet: &ast::Facet, input: Relation) -> Relation {
    // the rows are computed once and used several times
    let rows = binder.staged(Relation { name: None, ..input }, StageKind::Table(None), None);
    let mut tables = Vec::with_capacity(facet.by.len() + 1);
    if let Some(with) = &facet.with {
        let first = with.pipeline.operators.first().map_or(with.span, |o| o.span);
        // a single operator without parentheses must be one that fork accepts
        if with.pipeline.operators.len() == 1 && first == with.span {
            super::fork::allowed(binder, &with.pipeline);
        }
        tables.push(binder.subquery(&with.pipeline, rows.clone()));
    }
    for by in &facet.by {
        let value = binder.expr(by, Row::of(&rows));
        super::not_dynamic(binder, &value);
        let Some(column) = plain_column(by, Row::of(&rows)) else {
            if value.ty != ScalarType::Unknown {
                binder.error(codes::COLUMN_EXPECTED, by.span, "Column name expected.");
            }
            continue;
        };
        let key = binder.new_column(column.name.clone(), column.ty);
        let count = binder.new_column(format!("count_{}", column.name), ScalarType::Long);
        let counted = Aggregate {
            function: &crate::aggregates::COUNT,
            args: Vec::new(),
            ty: ScalarType::Long,
            outputs: vec![(count.id, ScalarType::Long)],
            span: by.span,
        };
        let groups = vec![(key.id, Expr::column(column, by.span))];
        let node = crate::bind::grouped(&rows, groups, vec![counted]);
        tables.push(Relation { node, columns: vec![key, count], open: rows.open, ..Relation::default() });
    }
    Relation { tables, ..Relation::default() }
}

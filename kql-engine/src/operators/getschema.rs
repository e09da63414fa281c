//! `getschema`: the columns of a table, as a table.
//!
//! <https://learn.microsoft.com/kusto/query/getschema-operator>

use crate::bind::Binder;
use crate::plan::{Expr, Relation};
use crate::types::ScalarType::{Int, String as Text};
use crate::value::Value;
use kql_parser::Span;

pub(super) fn bind(binder: &mut Binder, input: Relation, span: Span) -> Relation {
    if input.partition.is_some() {
        super::not_in_parts(binder, span);
        return input;
    }
    let columns = [("ColumnName", Text), ("ColumnOrdinal", Int), ("DataType", Text), ("ColumnType", Text)];
    let columns: Vec<_> = columns.into_iter().map(|(name, ty)| binder.new_column(name, ty)).collect();
    let text = |text: &str| Expr::constant(Value::Text(text.to_owned()), Text, span);
    let rows = input
        .columns
        .iter()
        .enumerate()
        .map(|(i, c)| {
            vec![
                text(&c.name),
                Expr::constant(Value::Int(i as i32), Int, span),
                text(c.ty.runtime_name()),
                text(c.ty.name()),
            ]
        })
        .collect();
    Relation { open: input.open, ..super::datatable::written(binder, columns, rows) }
}

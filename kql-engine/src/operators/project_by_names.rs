//! `project-by-names`: columns whose names are values: strings, arrays of strings, patterns with `*`, `column_names_of(T)`.
//!
//! A name that no column has is ignored.
//! <https://learn.microsoft.com/kusto/query/project-by-names-operator>

use crate::bind::{Binder, Row};
use crate::dynamic::read;
use crate::plan::{PlanColumn, Relation};
use crate::value::Value;
use kql_parser::ast;
use kql_parser::codes;

pub(super) fn bind(binder: &mut Binder, names: &[ast::Expr], input: Relation) -> Relation {
    let mut columns: Vec<PlanColumn> = Vec::new();
    for e in names {
        let bound = binder.expr(e, Row::default());
        let patterns: Vec<String> = match bound.as_constant() {
            Some(Value::Text(json)) if bound.ty == crate::types::ScalarType::Dynamic => {
                read::elements(json).filter_map(|item| read::unquote(item).map(|t| t.into_owned())).collect()
            }
            Some(Value::Text(text)) => vec![text.clone()],
            _ if bound.ty == crate::types::ScalarType::Unknown => continue,
            _ => {
                binder.error(codes::LITERAL_EXPECTED, e.span, "Expected a string literal or an array of strings.");
                continue;
            }
        };
        for pattern in patterns {
            for column in input.columns.iter().filter(|c| super::matches_wildcard(&pattern, &c.name)) {
                if columns.iter().all(|c| c.id != column.id) {
                    columns.push(column.clone());
                }
            }
        }
    }
    Relation { hidden: Vec::new(), ..super::project::select(input, columns) }
}

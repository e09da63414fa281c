//! `project-keep`: only these columns, in the order of the input.
//!
//! <https://learn.microsoft.com/kusto/query/project-keep-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, list: &[ast::Expr], input: Relation) -> Relation {
    let keep = super::named_columns(binder, list, &input);
    let columns = input.nameable().filter(|c| keep.iter().any(|k| k.id == c.id)).cloned().collect();
    Relation { hidden: Vec::new(), ..super::project::select(input, columns) }
}

//! `project-away`: all columns but these.
//!
//! <https://learn.microsoft.com/kusto/query/project-away-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::ast;

pub(super) fn bind(binder: &mut Binder, list: &[ast::Expr], input: Relation) -> Relation {
    let away = super::named_columns(binder, list, &input);
    let columns = input.columns.iter().filter(|c| away.iter().all(|a| a.id != c.id)).cloned().collect();
    super::project::select(input, columns)
}

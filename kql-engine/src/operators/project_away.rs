//! `project-away`: all columns except these.
//!
//! <https://learn.microsoft.com/kusto/query/project-away-operator>

use crate::bind::Binder;
use crate::plan::{PlanColumn, Relation};
use kql_parser::codes;
use kql_parser::{Diagnostic, ast};

pub(super) fn bind(binder: &mut Binder, list: &[ast::Expr], input: Relation) -> Relation {
    let mut wanted = Vec::with_capacity(list.len());
    for e in list {
        match &e.kind {
            // parsers remove columns of the service that the catalogue does not list for their table
            ast::ExprKind::Name(name)
                if binder.in_saved_function()
                    && !input.open
                    && input.columns.iter().all(|c| c.name != name.text)
                    && binder.scope.find(&name.text).is_none() =>
            {
                let message = format!("There is no column '{}' to remove.", name.text);
                binder.report(Diagnostic::warning(codes::UNKNOWN_NAME, e.span, message));
            }
            _ => wanted.push(e.clone()),
        }
    }
    let away = super::named_columns(binder, &wanted, &input);
    let stays = |c: &PlanColumn| away.iter().all(|a| a.id != c.id);
    let columns = input.columns.iter().filter(|c| stays(c)).cloned().collect();
    let hidden = input.hidden.iter().filter(|c| stays(c)).cloned().collect();
    super::project::select(Relation { hidden, ..input }, columns)
}

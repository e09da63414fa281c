//! Where a column was dropped, for messages about its name.

use crate::plan::{Dropped, PlanColumn};
use kql_parser::Label;
use kql_parser::ast::{Expr, ExprKind, Operator, OperatorKind as K};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

/// The name of an operator that can drop columns.
pub fn operator(kind: &K) -> Option<&'static str> {
    Some(match kind {
        K::Project(_) => "project",
        K::ProjectAway(_) => "project-away",
        K::ProjectKeep(_) => "project-keep",
        K::ProjectByNames(_) => "project-by-names",
        K::ProjectRename(_) => "project-rename",
        K::Summarize(_) => "summarize",
        K::Distinct(_) => "distinct",
        K::Count(_) => "count",
        K::MakeSeries(_) => "make-series",
        K::SampleDistinct(_) => "sample-distinct",
        K::TopHitters(_) => "top-hitters",
        K::TopNested(_) => "top-nested",
        _ => return None,
    })
}

/// The columns that an operator drops, if there are any.
pub fn between(
    name: &'static str,
    operator: &Operator,
    before: &[PlanColumn],
    after: &[PlanColumn],
) -> Option<Arc<Dropped>> {
    let kept: HashSet<&str> = after.iter().map(|column| column.name.as_str()).collect();
    let written: &[Expr] = match &operator.kind {
        K::Project(columns) | K::ProjectRename(columns) => columns,
        K::Summarize(summarize) => &summarize.by,
        K::Distinct(distinct) => &distinct.columns,
        _ => &[],
    };
    let renamed: HashMap<&str, &str> = written.iter().filter_map(new_name).collect();
    let new = |column: &PlanColumn| renamed.get(column.name.as_str()).map(|&new| new.to_owned());
    let gone = before.iter().filter(|column| !kept.contains(column.name.as_str()));
    let names: Vec<_> = gone.map(|column| (column.name.clone(), new(column))).collect();
    (!names.is_empty()).then(|| Arc::new(Dropped { operator: name, at: operator.name_span, names }))
}

/// Adds the operators before another one to those that its result knows.
pub fn remember(known: &mut Arc<Vec<Arc<Dropped>>>, earlier: &Arc<Vec<Arc<Dropped>>>) {
    if known.is_empty() {
        known.clone_from(earlier);
    }
    if Arc::ptr_eq(known, earlier) {
        return;
    }
    let new = earlier.iter().filter(|step| !known.iter().any(|other| Arc::ptr_eq(other, step)));
    let new: Vec<Arc<Dropped>> = new.cloned().collect();
    if !new.is_empty() {
        Arc::make_mut(known).extend(new);
    }
}

/// The old and the new name in `new = old`.
fn new_name(e: &Expr) -> Option<(&str, &str)> {
    let ExprKind::Named(named) = &e.kind else { return None };
    match (named.names.as_slice(), &named.value.kind) {
        ([new], ExprKind::Name(old)) => Some((&old.text, &new.text)),
        _ => None,
    }
}

/// The last operator that dropped a column with this name, and what to do.
pub fn explain(steps: &[Arc<Dropped>], name: &str) -> Option<(Label, String)> {
    let (step, new) = steps.iter().rev().find_map(|step| Some((step, step.find(name)?)))?;
    let operator = step.operator;
    let (text, help) = match new {
        Some(new) => (format!("this '{operator}' renames '{name}' to '{new}'"), format!("did you mean '{new}'?")),
        None => {
            let help = match operator {
                "summarize" => "add it to 'by', or keep a value of it with take_any()".to_owned(),
                "project" | "project-away" | "project-keep" | "project-by-names" | "distinct" => {
                    format!("keep it in the '{operator}' that drops it")
                }
                _ => format!("use it before the '{operator}' that drops it"),
            };
            (format!("this '{operator}' drops '{name}'"), help)
        }
    };
    Some((Label { span: step.at, text }, help))
}

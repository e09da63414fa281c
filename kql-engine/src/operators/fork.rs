//! `fork`: several subqueries over the same rows, each with a separate result.
//!
//! <https://learn.microsoft.com/kusto/query/fork-operator>

use crate::bind::Binder;
use crate::plan::{Relation, StageKind};
use kql_parser::ast::{self, OperatorKind as K};
use kql_parser::codes;

pub(super) fn bind(binder: &mut Binder, branches: &[ast::ForkBranch], input: Relation) -> Relation {
    // the rows are computed once and used by all branches
    let rows = binder.staged(Relation { name: None, ..input }, StageKind::Table(None), None);
    let mut tables = Vec::with_capacity(branches.len());
    for branch in branches {
        let pipeline = &branch.subquery.pipeline;
        if let Some(source) = &pipeline.source {
            binder.error(
                codes::OPERATOR_EXPECTED,
                source.span,
                "A fork branch must start with an operator; its input is the rows before fork.",
            );
            continue;
        }
        allowed(binder, pipeline);
        let result = binder.subquery(pipeline, rows.clone());
        let title = branch.name.as_ref().map(|n| n.text.clone()).or_else(|| result.name.clone());
        tables.push(Relation { title, ..result });
    }
    Relation { tables, ..Relation::default() }
}

/// Reports the operators that are not allowed in a branch.
pub(super) fn allowed(binder: &mut Binder, pipeline: &ast::Pipeline) {
    for operator in &pipeline.operators {
        let fits = matches!(
            operator.kind,
            K::As(_)
                | K::Count(_)
                | K::Distinct(_)
                | K::ExecuteAndCache
                | K::Extend(_)
                | K::Where(_)
                | K::Invoke(_)
                | K::MvExpand(_)
                | K::Parse(_)
                | K::ParseWhere(_)
                | K::ParseKv(_)
                | K::Project(_)
                | K::ProjectAway(_)
                | K::ProjectByNames(_)
                | K::ProjectKeep(_)
                | K::ProjectRename(_)
                | K::ProjectReorder(_)
                | K::Reduce(_)
                | K::SampleDistinct(_)
                | K::Sample(_)
                | K::Sort(_)
                | K::Summarize(_)
                | K::Take(_)
                | K::TopHitters(_)
                | K::TopNested(_)
                | K::Top(_)
                | K::Error
        );
        if !fits {
            binder.error(codes::OPERATOR_NOT_ALLOWED, operator.name_span, "This operator is not allowed here.");
        }
    }
}

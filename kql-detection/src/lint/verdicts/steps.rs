//! What the operators of a pipeline do to what is known of the columns.

use super::Walk;
use super::domain::Knowledge;
use crate::lint::query::{name_of, named, parameter};
use kql_parser::ast::{Expr, ExprKind, Operator, OperatorKind, ParsePartKind, Pipeline};

/// Aggregates that count.
const COUNTS: [&str; 5] = ["count", "countif", "dcount", "dcountif", "count_distinct"];

impl Walk<'_, '_> {
    pub(super) fn pipeline(&mut self, pipeline: &Pipeline) {
        let mut known = Knowledge::default();
        for operator in &pipeline.operators {
            self.operator(operator, &mut known);
        }
    }

    fn operator(&mut self, operator: &Operator, known: &mut Knowledge) {
        use OperatorKind as K;
        match &operator.kind {
            K::Where(condition) => self.filter(condition, known),
            K::Extend(columns) => {
                columns.iter().for_each(|column| self.inside(column, known));
                for column in columns {
                    self.assign(column, known);
                }
            }
            K::Project(columns) | K::ProjectKeep(columns) => {
                columns.iter().for_each(|column| self.inside(column, known));
                known.keep(&kept(columns));
                if matches!(operator.kind, K::Project(_)) {
                    columns.iter().filter(|c| kept(std::slice::from_ref(*c)).is_empty()).for_each(|column| {
                        self.assign(column, known);
                    });
                }
            }
            K::ProjectRename(columns) => {
                for column in columns {
                    if let (Some(new), Some(old)) = (named(column).0, name_of(named(column).1)) {
                        known.forget(&new.text);
                        known.forget(old);
                    }
                }
            }
            K::Summarize(summarize) => {
                summarize.aggregates.iter().chain(&summarize.by).for_each(|e| self.inside(e, known));
                known.keep(&kept(&summarize.by));
                self.counts(&summarize.aggregates, known);
            }
            K::Distinct(distinct) => {
                if !matches!(distinct.columns.as_slice(), [Expr { kind: ExprKind::Star, .. }]) {
                    known.keep(&kept(&distinct.columns));
                }
            }
            K::Sort(_)
            | K::Take(_)
            | K::Top(_)
            | K::Serialize(_)
            | K::Sample(_)
            | K::As(_)
            | K::Render(_)
            | K::ProjectAway(_)
            | K::ProjectReorder(_)
            | K::Consume(_) => {}
            K::MvExpand(expand) => expand.columns.iter().for_each(|column| {
                let (name, value) = named(&column.expr);
                if let Some(name) = name.map(|name| name.text.as_str()).or(name_of(value)) {
                    known.forget(name);
                }
            }),
            K::Parse(parse) | K::ParseWhere(parse) => {
                for part in &parse.pattern {
                    if let ParsePartKind::Column(name, _) = &part.kind {
                        known.forget(&name.text);
                    }
                }
            }
            K::ParseKv(parse) => parse.columns.iter().for_each(|column| known.forget(&column.name.text)),
            K::Join(join) => match parameter(&join.parameters, "kind") {
                None
                | Some("innerunique" | "inner" | "leftouter" | "leftsemi" | "leftanti" | "anti" | "leftantisemi") => {}
                _ => known.clear(),
            },
            K::Lookup(_) => {}
            _ => known.clear(),
        }
    }

    /// Forgets the columns that an assignment sets, unless it sets a text.
    fn assign(&mut self, column: &Expr, known: &mut Knowledge) {
        let ExprKind::Named(assigned) = &column.kind else { return };
        for name in &assigned.names {
            known.forget(&name.text);
        }
        if let (Some(name), value) = named(column)
            && let Some(text) = self.query.text_of(value)
        {
            known.set_text(&name.text, text, column.span);
        }
    }

    fn counts(&self, aggregates: &[Expr], known: &mut Knowledge) {
        for aggregate in aggregates {
            let (name, value) = named(aggregate);
            let ExprKind::Call(call) = &value.kind else { continue };
            if !COUNTS.contains(&call.name.text.as_str()) {
                continue;
            }
            let argument = call.args.first().and_then(name_of).unwrap_or("");
            let own = format!("{}_{argument}", call.name.text);
            known.set_count(name.map_or(own.as_str(), |name| name.text.as_str()));
        }
    }
}

/// The new and the old names of columns that only keep their value.
fn kept(columns: &[Expr]) -> Vec<(String, String)> {
    let pair = |column: &Expr| {
        let (name, value) = named(column);
        let old = name_of(value)?;
        Some((name.map_or(old, |name| name.text.as_str()).to_owned(), old.to_owned()))
    };
    columns.iter().filter_map(pair).collect()
}

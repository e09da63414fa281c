//! What becomes of rows that are in no pipeline of a trace: those of the other side of a join, of `search`, and those that
//! other rows are only compared with.

use super::losses::{Loss, first_line, join_note, line};
use kql_engine::Trace;
use kql_parser::Span;
use kql_parser::ast::{Expr, ExprKind, Name, Operator, OperatorKind, Statement, Visit, visit};

/// How far a row of a table gets that no step of the trace has; `None` if the query does not name its table.
pub(crate) fn unfollowed(query: &str, trace: &Trace, table: &str, row: i64) -> Option<Loss> {
    let parse = kql_parser::parse(query);
    let mut finder = Finder { table, ..Finder::default() };
    visit(&mut finder, &parse.query);
    let loss = |at: Span, is_unknown: bool, note: Option<String>| Loss {
        row,
        step: at,
        line: line(query, at.start),
        text: first_line(at.text(query)),
        arms: Vec::new(),
        is_unknown,
        note,
    };
    let name = |at: Span| at.text(query).split_whitespace().next().unwrap_or_default().to_owned();
    for (operator, on) in &finder.joins {
        if let Some(note) = join_note(query, trace, on, row) {
            return Some(loss(*operator, false, Some(note)));
        }
    }
    let can_follow = |at: &Span| trace.steps.iter().any(|step| step.span == *at && step.ran && step.can_follow);
    let around = |at: &&Span, name: &Span| at.start <= name.start && name.end <= at.end;
    // without names they read every table
    let reads = |at: &&Span| finder.named.is_empty() || finder.named.iter().any(|name| around(at, name));
    if let Some(at) = finder.searches.iter().find(reads) {
        let note = (!can_follow(at)).then(|| format!("kql why does not follow rows through `{}`", name(*at)));
        return Some(loss(*at, note.is_some(), note));
    }
    if let Some((source, plugin)) = finder.plugins.first() {
        let note = format!("kql why does not follow rows through `{}`", first_line(plugin.text(query)));
        return Some(loss(*source, true, Some(note)));
    }
    let named = finder.named.first()?;
    let smallest =
        |spans: &[Span]| spans.iter().filter(|at| around(at, named)).min_by_key(|at| at.end - at.start).copied();
    let (at, what) = match smallest(&finder.operators) {
        Some(operator) => (operator, "rows that others are compared with"),
        None => (smallest(&finder.statements)?, "rows of which a single value or a list is made"),
    };
    Some(loss(at, true, Some(format!("kql why does not follow {what}"))))
}

/// Whether a query has the name of a table, whatever it means there.
pub(crate) fn has_name(query: &str, table: &str) -> bool {
    let mut finder = Finder { table, ..Finder::default() };
    visit(&mut finder, &kql_parser::parse(query).query);
    !finder.named.is_empty()
}

/// The places where a query names a table.
#[derive(Default)]
struct Finder<'t> {
    table: &'t str,
    named: Vec<Span>,
    statements: Vec<Span>,
    operators: Vec<Span>,
    joins: Vec<(Span, Vec<Expr>)>,
    /// `search` and `find`.
    searches: Vec<Span>,
    /// Pipelines that begin with the table: its place, and that of the plugin in them.
    plugins: Vec<(Span, Span)>,
}

impl Visit for Finder<'_> {
    fn enter_statement(&mut self, statement: &Statement) -> bool {
        self.statements.push(statement.span);
        true
    }

    fn enter_operator(&mut self, operator: &Operator) -> bool {
        self.operators.push(operator.span);
        match &operator.kind {
            OperatorKind::Join(join) | OperatorKind::Lookup(join) => {
                self.joins.push((operator.span, join.on.clone()));
            }
            OperatorKind::Search(_) | OperatorKind::Find(_) => self.searches.push(operator.span),
            _ => {}
        }
        true
    }

    fn enter_expr(&mut self, e: &Expr) -> bool {
        if let ExprKind::Pipeline(pipeline) = &e.kind
            && let Some(ExprKind::Name(name)) = pipeline.source.as_ref().map(|source| &source.kind)
            && name.text == self.table
            && let Some(plugin) = pipeline.operators.iter().find(|o| matches!(o.kind, OperatorKind::Evaluate(_)))
        {
            self.plugins.push((name.span, plugin.span));
        }
        true
    }

    fn name(&mut self, name: &Name) {
        if name.text == self.table {
            self.named.push(name.span);
        }
    }
}

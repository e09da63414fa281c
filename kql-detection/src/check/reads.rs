//! Which tables a query reads.

use crate::problem::{Placed, Problem, Source};
use kql_engine::Engine;
use kql_parser::ast::{Expr, ExprKind, LetValue, Statement, StatementKind, Visit, visit};
use std::collections::BTreeSet;

/// The tables that a query reads, as the engine knows it; if the query cannot be prepared, those at the start of its
/// pipelines.
pub(crate) fn tables_read(engine: &Engine, query: &str) -> Vec<String> {
    match engine.prepare(query) {
        Ok(prepared) => prepared.tables(),
        Err(_) => sources(query),
    }
}

/// Names at the start of pipelines that no `let` of the query defines.
fn sources(query: &str) -> Vec<String> {
    let parse = kql_parser::parse(query);
    let mut finder = Sources::default();
    visit(&mut finder, &parse.query);
    let mut names: Vec<String> = Vec::new();
    for name in finder.names {
        if !finder.own.contains(&name) && !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

#[derive(Default)]
struct Sources {
    names: Vec<String>,
    /// Names that the query defines itself.
    own: BTreeSet<String>,
}

impl Visit for Sources {
    fn enter_statement(&mut self, statement: &Statement) -> bool {
        if let StatementKind::Let(l) = &statement.kind {
            self.own.insert(l.name.text.clone());
            if let LetValue::Expr(Expr { kind: ExprKind::Name(name), .. }) = &l.value {
                self.names.push(name.text.clone());
            }
        }
        true
    }

    fn enter_expr(&mut self, e: &Expr) -> bool {
        if let ExprKind::Pipeline(pipeline) = &e.kind
            && let Some(ExprKind::Name(name)) = pipeline.source.as_ref().map(|source| &source.kind)
        {
            self.names.push(name.text.clone());
        }
        true
    }
}

/// Whether a text has a name, not as a part of another.
pub(super) fn has_word(text: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| {
        let before = text.get(..at).and_then(|before| before.chars().next_back());
        let after = text.get(at + name.len()..).and_then(|after| after.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

/// Tables that a test gives though the query does not read them: their names as written, and as the engine knows them.
pub(super) fn unread(
    source: &Source,
    engine: &Engine,
    query: &str,
    names: &[(&Placed<String>, String)],
) -> Vec<Problem> {
    // a query can read a table in ways that leave no trace in its plan, such as a filter that is never true
    let mut names = names.iter().filter(|(_, name)| !has_word(query, name)).peekable();
    if names.peek().is_none() {
        return Vec::new();
    }
    let read = tables_read(engine, query);
    names
        .filter(|(_, name)| !read.contains(name))
        .map(|(written, name)| {
            let help = match kql_parser::suggest(name, read.iter().map(String::as_str)) {
                Some(like) => Some(format!("did you mean '{like}'?")),
                None if read.is_empty() => None,
                None => Some(format!("it reads {}", read.join(", "))),
            };
            source.problem(written.place, format!("the query does not read a table '{}'", written.value), help)
        })
        .collect()
}

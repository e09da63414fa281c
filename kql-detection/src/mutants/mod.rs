//! Mutants of a query: the same text with one small fault, as a person makes it. A test that fails for a mutant is said to
//! kill it; a mutant that no test kills shows what the tests leave open.
//!
//! Faults are edits of the text, at places that the syntax tree names, so everything outside of an edit stays as it is
//! written. Two mutants never have the same text. Where it can be seen from the text that a fault changes nothing, as
//! `=~` for `==` with a text without letters, there is no mutant.

mod collect;
mod condition;
mod diff;
mod edit;
mod list;
mod operators;
mod time;

pub(crate) use operators::mirrored;

use kql_parser::{Severity, Span, parse};
use std::collections::HashSet;

/// A query with one fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mutant {
    /// The kind of the fault.
    pub kind: MutantKind,
    /// Ranges of the text and what replaces them, in the order of the text. They do not overlap.
    pub edits: Vec<(Span, String)>,
    /// What the fault changes: a predicate without `and` and `or`, an item of a list, an operator of a pipeline, or the value
    /// of a `let`.
    pub at: Span,
    /// The fault in a few words.
    pub describes: String,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum MutantKind {
    /// A `where`, or a join that only filters, is missing.
    DropFilter,
    /// An arm of `and` or `or` is missing.
    DropArm,
    /// A predicate is negated.
    Negate,
    /// Terms are compared as parts of a text, or parts as terms: `has` and `contains`.
    Term,
    /// Upper and lower case are the same, or are not: `in~` and `in`, `==` and `=~`.
    Case,
    /// A threshold is moved by one, or the threshold itself is in or out: `>` and `>=`.
    Threshold,
    /// An item of a list is missing.
    DropItem,
    /// One of a list is enough, or all are needed: `has_any` and `has_all`.
    AnyAll,
    /// A join is of another kind.
    JoinKind,
    /// A time span is twice as long.
    Widen,
}

impl MutantKind {
    /// All kinds.
    pub const ALL: [MutantKind; 10] = [
        MutantKind::DropFilter,
        MutantKind::DropArm,
        MutantKind::Negate,
        MutantKind::Term,
        MutantKind::Case,
        MutantKind::Threshold,
        MutantKind::DropItem,
        MutantKind::AnyAll,
        MutantKind::JoinKind,
        MutantKind::Widen,
    ];

    /// The word for reports and options.
    pub fn name(self) -> &'static str {
        match self {
            MutantKind::DropFilter => "drop-filter",
            MutantKind::DropArm => "drop-arm",
            MutantKind::Negate => "negate",
            MutantKind::Term => "term",
            MutantKind::Case => "case",
            MutantKind::Threshold => "threshold",
            MutantKind::DropItem => "drop-item",
            MutantKind::AnyAll => "any-all",
            MutantKind::JoinKind => "join-kind",
            MutantKind::Widen => "widen",
        }
    }
}

impl Mutant {
    /// The text with the fault. `text` is the one that the mutant was made from.
    pub fn apply(&self, text: &str) -> String {
        edit::apply(&self.edits, text)
    }

    /// The fault as a unified diff with two lines around it, without the header that names files.
    pub fn diff(&self, text: &str) -> String {
        diff::unified(&self.edits, text)
    }
}

/// The mutants of a query, in the order of the text. A query with errors has none.
pub fn mutants(text: &str) -> Vec<Mutant> {
    let parsed = parse(text);
    if has_errors(&parsed) {
        return Vec::new();
    }
    let (found, unchanged) = collect::collect(text, &parsed.query);
    let mut seen = HashSet::from([unchanged]);
    let mut kept = Vec::with_capacity(found.len());
    for candidate in found {
        if !seen.contains(&candidate.fingerprint) && (!candidate.unsure || parses(&candidate, text)) {
            seen.insert(candidate.fingerprint);
            kept.push(candidate.mutant);
        }
    }
    let place = |m: &Mutant| m.edits.first().map(|(span, _)| (span.start, span.end));
    kept.sort_by(|a, b| (place(a), a.kind, &a.edits).cmp(&(place(b), b.kind, &b.edits)));
    kept
}

/// The positions of the items of a list that is written as `dynamic([...])` in this part of the text.
pub(crate) fn list_items(text: &str, span: Span) -> Vec<Span> {
    list::items(&kql_parser::lex(text).tokens, span)
}

/// Only the statement is parsed: a long query has as many mutants as it is long.
fn parses(candidate: &collect::Candidate, text: &str) -> bool {
    let statement = candidate.statement;
    let shifted: Vec<(Span, String)> = candidate
        .mutant
        .edits
        .iter()
        .filter(|(span, _)| span.start >= statement.start && span.end <= statement.end)
        .map(|(span, new)| (Span::new(span.start - statement.start, span.end - statement.start), new.clone()))
        .collect();
    shifted.len() == candidate.mutant.edits.len() && !has_errors(&parse(&edit::apply(&shifted, statement.text(text))))
}

fn has_errors(parsed: &kql_parser::Parse) -> bool {
    parsed.diagnostics.iter().any(|d| d.severity == Severity::Error)
}

#[cfg(test)]
mod tests;

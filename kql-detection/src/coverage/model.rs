//! What the tests of a rule reach.

use crate::mutants::{Mutant, MutantKind};
use kql_parser::Span;
use std::path::PathBuf;

/// What the tests of a rule reach.
#[derive(Clone, Debug)]
pub struct Coverage {
    /// The file of the rule.
    pub file: PathBuf,
    /// The name of the rule.
    pub rule: String,
    /// The techniques of the rule.
    pub techniques: Vec<String>,
    /// The query.
    pub query: String,
    /// The line of the file, from 1, where the query starts.
    pub first_line: usize,
    /// How many tests ran, and how many passed.
    pub tests: (usize, usize),
    /// The parts of the query, in the order of the text.
    pub units: Vec<Unit>,
}

/// A part of a query that tests reach or do not.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    /// What it is.
    pub kind: UnitKind,
    /// Its position in the query.
    pub at: Span,
    /// For a condition, the rows for which it was true; for other parts, the rows that it returned or found.
    pub yes: u64,
    /// For a condition, the rows for which it was false or null.
    pub no: u64,
}

/// The kinds of parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitKind {
    /// A step of a pipeline.
    Step,
    /// A condition without `and` and `or`.
    Condition,
    /// An item of a list.
    Item,
    /// A leg of a union.
    Leg,
    /// A `let` of a table.
    Let,
}

/// The formats of a coverage report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoverageFormat {
    /// Text for people.
    Human,
    /// One JSON object.
    Json,
    /// A page without other files.
    Html,
    /// The format of lcov, which other tools read.
    Lcov,
    /// A layer for MITRE's ATT&CK Navigator: the techniques that are tested.
    Navigator,
}

impl UnitKind {
    /// Its name, such as `condition`.
    pub fn name(self) -> &'static str {
        match self {
            UnitKind::Step => "step",
            UnitKind::Condition => "condition",
            UnitKind::Item => "item",
            UnitKind::Leg => "leg",
            UnitKind::Let => "let",
        }
    }
}

impl Unit {
    /// How many of its halves were reached, and how many it has: a condition must be true and false.
    pub fn reached(&self) -> (usize, usize) {
        match self.kind {
            UnitKind::Condition => (usize::from(self.yes > 0) + usize::from(self.no > 0), 2),
            _ => (usize::from(self.yes > 0), 1),
        }
    }

    /// Why it is not reached, in a few words; `None` if it is.
    pub fn gap(&self) -> Option<&'static str> {
        Some(match (self.kind, self.yes > 0, self.no > 0) {
            (UnitKind::Condition, false, false) => "condition never computed",
            (UnitKind::Condition, false, true) => "condition never true",
            (UnitKind::Condition, true, false) => "condition never false",
            (UnitKind::Step, false, _) => "step returns no row",
            (UnitKind::Item, false, _) => "item finds no row",
            (UnitKind::Leg, false, _) => "leg has no row",
            (UnitKind::Let, false, _) => "let returns no row",
            _ => return None,
        })
    }
}

impl Coverage {
    /// How much is reached, and of how much.
    pub fn total(&self) -> (usize, usize) {
        let halves = self.units.iter().map(Unit::reached);
        halves.fold((0, 0), |(a, b), (reached, all)| (a + reached, b + all))
    }

    /// The same as a percentage, rounded down: 100 means everything.
    pub fn percent(&self) -> usize {
        let (reached, all) = self.total();
        (reached * 100).checked_div(all).unwrap_or(100)
    }

    /// The line of the rule's file where a part starts.
    pub fn line(&self, unit: &Unit) -> usize {
        crate::check::line(&self.query, unit.at.start) + self.first_line - 1
    }

    /// Whether a mutant can change what the tests find. An item that finds no row can be dropped, and a condition that no
    /// row reaches can be anything.
    pub(crate) fn reaches(&self, mutant: &Mutant) -> bool {
        if mutant.kind == MutantKind::DropItem {
            let edits = |unit: &&Unit| {
                unit.kind == UnitKind::Item
                    && mutant.edits.iter().any(|(edit, _)| edit.start <= unit.at.start && unit.at.end <= edit.end)
            };
            let mut items = self.units.iter().filter(edits).peekable();
            if items.peek().is_some() {
                return items.any(|unit| unit.yes > 0);
            }
        }
        let at = mutant.at;
        let around =
            |unit: &&Unit| unit.kind == UnitKind::Condition && unit.at.start <= at.start && at.end <= unit.at.end;
        let smallest = self.units.iter().filter(around).min_by_key(|unit| unit.at.end - unit.at.start);
        smallest.is_none_or(|unit| unit.yes + unit.no > 0)
    }
}

//! What a rule finds in a query or in the file around it.

use super::lint_rule::LintRule;
use crate::problem::Place;
use kql_parser::Span;

/// Where a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// A range of the query.
    Query(Span),
    /// A range of the file.
    File(Place),
    /// The query as a whole.
    Whole,
}

/// A finding before it is located in the file.
#[derive(Clone, Debug)]
pub struct RawFinding {
    /// The rule.
    pub rule: &'static LintRule,
    /// Where.
    pub at: At,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do, as a fragment that starts with a verb.
    pub help: Option<String>,
    /// Other places of the query that explain it.
    pub labels: Vec<(Span, String)>,
    /// Edits of the query that mend it: ranges and what replaces them. They do not overlap.
    pub fix: Option<Vec<(Span, String)>>,
}

impl RawFinding {
    /// Adds advice.
    pub fn help(&mut self, help: impl Into<String>) -> &mut Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a place that explains the finding.
    pub fn label(&mut self, span: Span, text: impl Into<String>) -> &mut Self {
        self.labels.push((span, text.into()));
        self
    }

    /// Adds edits that mend it.
    pub fn fix(&mut self, edits: Vec<(Span, String)>) -> &mut Self {
        self.fix = Some(edits);
        self
    }
}

/// What one rule finds.
#[derive(Debug)]
pub struct Findings {
    rule: &'static LintRule,
    found: Vec<RawFinding>,
}

impl Findings {
    /// Nothing is found yet.
    pub fn new(rule: &'static LintRule) -> Self {
        Findings { rule, found: Vec::new() }
    }

    /// Adds a finding about a range of the query.
    pub fn at(&mut self, span: Span, message: impl Into<String>) -> &mut RawFinding {
        self.add(At::Query(span), message.into())
    }

    /// Adds a finding about a range of the file.
    pub fn in_file(&mut self, place: Place, message: impl Into<String>) -> &mut RawFinding {
        self.add(At::File(place), message.into())
    }

    /// Adds a finding about the query as a whole.
    pub fn whole(&mut self, message: impl Into<String>) -> &mut RawFinding {
        self.add(At::Whole, message.into())
    }

    /// What was found.
    pub fn into_found(self) -> Vec<RawFinding> {
        self.found
    }

    fn add(&mut self, at: At, message: String) -> &mut RawFinding {
        let (labels, help, fix) = (Vec::new(), None, None);
        let finding = RawFinding { rule: self.rule, at, message, help, labels, fix };
        self.found.extend([finding]);
        let last = self.found.len() - 1;
        &mut self.found[last]
    }
}

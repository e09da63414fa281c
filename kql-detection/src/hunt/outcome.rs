//! What became of the rules of a hunt.

use crate::problem::Problem;
use crate::rule::Rule;
use kql_engine::{Column, HeldDescription};
use std::collections::BTreeMap;
use std::time::Duration;

/// The result of a hunt.
#[derive(Clone, Debug)]
pub struct HuntOutcome {
    /// What became of each rule, in the order of the rules.
    pub rules: Vec<RuleOutcome>,
    /// Files, and fields of rules, that cannot be read.
    pub problems: Vec<Problem>,
    /// The tables with data that the rules read.
    pub tables: Vec<HeldDescription>,
    /// What `now()` was, in ticks.
    pub now: i64,
    /// Notices about the hunt as a whole, and about the data, each once.
    pub notices: Vec<String>,
    /// The time it took.
    pub elapsed: Duration,
}

/// What became of a rule.
#[derive(Clone, Debug)]
pub struct RuleOutcome {
    /// The rule.
    pub rule: Rule,
    /// What became of it.
    pub status: Status,
    /// The tables that it reads.
    pub tables: Vec<String>,
    /// Those of them that have no data.
    pub without_data: Vec<String>,
    /// The time that it ran.
    pub elapsed: Duration,
}

/// What became of a rule.
#[derive(Clone, Debug)]
pub enum Status {
    /// It has rows.
    Hit(Box<Hit>),
    /// It has no rows.
    NoHit,
    /// It has no rows, and none of its tables has data.
    NoData,
    /// It could not run, or did not end.
    Refused(Refusal),
}

impl Status {
    /// The word for it in reports for programs.
    pub fn word(&self) -> &'static str {
        match self {
            Status::Hit(_) => "hit",
            Status::NoHit => "no_hit",
            Status::NoData => "no_data",
            Status::Refused(refusal) => match refusal.kind {
                RefusalKind::Query => "query_error",
                RefusalKind::Data => "data_error",
                RefusalKind::Timeout => "timeout",
                RefusalKind::Run | RefusalKind::Memory => "run_error",
            },
        }
    }
}

/// Why a rule has no result.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// What is at fault.
    pub kind: RefusalKind,
    /// One sentence for a person.
    pub reason: String,
    /// The line of the rule's file, from 1, if the query is at fault.
    pub line: Option<usize>,
}

/// What is at fault if a rule has no result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RefusalKind {
    /// The query cannot be understood, or uses what is not available.
    Query,
    /// The data cannot be read.
    Data,
    /// The time for each rule is over.
    Timeout,
    /// The run needs more memory than there is.
    Memory,
    /// The run failed.
    Run,
}

/// The rows of a rule.
#[derive(Clone, Debug, Default)]
pub struct Hit {
    /// How many there are, in all results of the query.
    pub rows: u64,
    /// The column whose times `first` and `last` are; `None` if the result has no time.
    pub time: Option<String>,
    /// The first time, in ticks.
    pub first: Option<i64>,
    /// The last time, in ticks.
    pub last: Option<i64>,
    /// Rows for each part of the time, by the tick at which it begins.
    pub times: BTreeMap<i64, u64>,
    /// The entities, those with the most rows first.
    pub entities: Vec<FoundEntity>,
    /// Whether there are more entities than these.
    pub more_entities: bool,
    /// The columns of the first result.
    pub columns: Vec<Column>,
    /// Its first rows: for each cell its text, `None` for null.
    pub sample: Vec<Vec<Option<String>>>,
}

/// An entity in the rows of a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundEntity {
    /// `Account`, `Host`, `IP` ...
    pub kind: String,
    /// Its identifiers and their values.
    pub fields: Vec<(String, String)>,
    /// How many rows have it.
    pub rows: u64,
}

impl HuntOutcome {
    /// The rules that hit, with their hits.
    pub fn hits(&self) -> impl Iterator<Item = (&RuleOutcome, &Hit)> {
        self.rules.iter().filter_map(|rule| match &rule.status {
            Status::Hit(hit) => Some((rule, hit.as_ref())),
            _ => None,
        })
    }

    /// How many rules have this status, by its word.
    pub fn count(&self, word: &str) -> usize {
        self.rules.iter().filter(|rule| rule.status.word() == word).count()
    }
}

/// The severities, the highest first, and what rules without one are counted as.
pub(super) const SEVERITIES: [&str; 5] = ["High", "Medium", "Low", "Informational", "none"];

/// The severity of a rule as one of [`SEVERITIES`].
pub(super) fn severity(rule: &Rule) -> &'static str {
    let written = rule.severity.as_ref().map_or("", |severity| severity.value.as_str());
    match written.to_lowercase().as_str() {
        "high" | "critical" => "High",
        "medium" => "Medium",
        "low" => "Low",
        "informational" | "info" => "Informational",
        _ => "none",
    }
}

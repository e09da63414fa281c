//! What became of the rules of a simulation.

use super::schedule::Schedule;
use crate::hunt::{FoundEntity, Refusal};
use crate::problem::Problem;
use crate::rule::Rule;

/// The result of a simulation.
#[derive(Clone, Debug)]
pub struct Simulation {
    /// What became of each rule, in the order of the rules.
    pub rules: Vec<SimulatedRule>,
    /// Files, and fields of rules, that cannot be read.
    pub problems: Vec<Problem>,
    /// When the runs begin and end, in ticks; `None` if neither an option nor the data says it.
    pub range: Option<(i64, i64)>,
    /// Notices about the simulation as a whole.
    pub notices: Vec<String>,
}

/// What became of a rule.
#[derive(Clone, Debug)]
pub struct SimulatedRule {
    /// The rule.
    pub rule: Rule,
    /// What became of it.
    pub outcome: Simulated,
}

/// What became of a rule.
#[derive(Clone, Debug)]
pub enum Simulated {
    /// It ran.
    Ran(Box<Ran>),
    /// It has no schedule, as a hunting query.
    NoSchedule,
    /// It cannot run, or a run failed.
    Refused(Refusal),
}

/// The runs of a rule.
#[derive(Clone, Debug)]
pub struct Ran {
    /// When it ran.
    pub schedule: Schedule,
    /// Runs that were left out, since an alert before had silenced the rule.
    pub suppressed: u64,
    /// Rows of all runs.
    pub rows: u64,
    /// Runs that made alerts, in the order of time.
    pub alerts: Vec<SimulatedAlert>,
    /// Different rows that alerts of several runs have.
    pub repeated_rows: u64,
    /// Alerts whose rows all were in alerts of earlier runs.
    pub repeated_alerts: u64,
    /// The first such rows.
    pub repeats: Vec<Repeat>,
    /// Rows of its tables that no run has seen.
    pub gaps: Vec<Gaps>,
}

impl Simulation {
    /// Whether any rule ran.
    pub fn has_run(&self) -> bool {
        self.rules.iter().any(|rule| matches!(rule.outcome, Simulated::Ran(_)))
    }
}

impl Ran {
    /// How many alerts there are.
    pub fn alert_count(&self) -> u64 {
        self.alerts.iter().map(|alert| alert.alerts).sum()
    }
}

/// A run that made alerts.
#[derive(Clone, Debug)]
pub struct SimulatedAlert {
    /// When it ran, in ticks.
    pub now: i64,
    /// Its rows.
    pub rows: u64,
    /// How many alerts they make.
    pub alerts: u64,
    /// The first time in the rows, in ticks.
    pub first: Option<i64>,
    /// The last time in the rows, in ticks.
    pub last: Option<i64>,
    /// The entities in the rows.
    pub entities: Vec<FoundEntity>,
    /// How many of its rows an alert of an earlier run had.
    pub repeated_rows: u64,
}

/// A row that several alerts have.
#[derive(Clone, Debug)]
pub struct Repeat {
    /// When the first run found it, in ticks.
    pub first: i64,
    /// When another one found it, in ticks.
    pub again: i64,
    /// Its cells as text, separated by commas.
    pub row: String,
}

/// The rows of a table that no run has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// The table.
    pub table: String,
    /// Rows that some run has seen.
    pub seen: u64,
    /// Rows that arrived when the last run that would have seen them was over.
    pub late: u64,
    /// Rows whose time is in no window: the rule runs less often than it looks back.
    pub between: u64,
    /// Rows that only runs would have seen that were suppressed.
    pub suppressed: u64,
    /// Rows before the window of the first run, at or after the last run, or that arrived after the last run, although their
    /// time is in its window.
    pub outside: u64,
    /// The times of the first late rows, and when they arrived, in ticks.
    pub examples: Vec<(i64, i64)>,
}

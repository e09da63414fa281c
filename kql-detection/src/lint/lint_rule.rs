//! What a rule is.

use super::finding::Findings;
use super::level::{Level, Topic};
use super::query::Query;
use std::fmt;

/// A rule.
pub struct LintRule {
    /// Its name, in kebab case: what suppressions and configuration files write.
    pub name: &'static str,
    /// How serious its findings are, unless the configuration says otherwise.
    pub level: Level,
    /// What it is about.
    pub topic: Topic,
    /// What it finds, in a sentence.
    pub summary: &'static str,
    /// Whether its findings can be mended automatically.
    pub is_fixable: bool,
    /// Its page: why, and an example of what it finds and of what it does not.
    pub page: &'static str,
    pub(super) check: fn(&Query<'_>, &mut Findings),
}

impl fmt::Debug for LintRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LintRule({})", self.name)
    }
}

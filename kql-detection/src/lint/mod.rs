//! Finds what is probably wrong, costs too much, or does not fit the rule around it, in queries that run.
//!
//! Each rule is a file in `rules/`, and a page in `lint-pages/`. Rules see the syntax tree, and what its parts stand for: the
//! query is parsed and bound once, and nothing runs.

mod attack;
mod baseline;
mod columns;
mod config;
mod enumerations;
mod finding;
mod fix;
mod level;
mod lines;
mod lint_rule;
mod linter;
mod lists;
mod made;
mod query;
mod report;
mod rules;
mod suppress;
mod times;
mod verdict;
mod verdicts;

pub use baseline::Baseline;
pub use config::{CONFIG_FILE, LintConfig};
pub use fix::fixed;
pub use level::{Level, Topic, UnknownLevel};
pub use lint_rule::LintRule;
pub use linter::{Finding, LintReport, Linter};
pub use report::{LintFormat, lint_report, rules_table};
pub use rules::{RULES, rule_named, unknown_rule};

//! The linter: each page of `lint-pages` against its rule, mended queries against the original ones, and the files around them.

mod files;
mod fixes;
mod pages;
mod reports;
mod values;

use kql_detection::lint::{Finding, Level, LintConfig, LintReport, LintRule, Linter, RULES, rule_named};
use kql_engine::Engine;
use std::path::Path;

/// A linter over the built-in tables, at a time at which all pages were written.
fn linter() -> Linter {
    Linter::new(engine().build().expect("an engine without tables can be built"))
}

fn engine() -> kql_engine::EngineBuilder {
    Engine::builder().now("2026-03-10T12:00:00Z").expect("a time")
}

fn rule(name: &str) -> &'static LintRule {
    rule_named(name).unwrap_or_else(|| panic!("there is no rule {name}"))
}

/// A configuration in which no rule is off.
fn all_on() -> LintConfig {
    let mut config = LintConfig::default();
    for rule in RULES.iter().filter(|rule| rule.level == Level::Off) {
        config.set(rule, Level::Note);
    }
    config
}

/// The findings in a text that is called `file`.
fn lint(file: &str, text: &str) -> LintReport {
    linter().lint(Path::new(file), text, &LintConfig::default())
}

/// The findings as lines: the line of the file, the rule, and the sentence.
fn lines(report: &LintReport) -> Vec<String> {
    let line = |f: &Finding| format!("{}: {}: {}", f.line, f.rule.name, f.message);
    report.findings.iter().map(line).collect()
}

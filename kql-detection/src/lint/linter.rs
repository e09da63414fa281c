//! Lints the queries of a file.

use super::config::LintConfig;
use super::finding::{At, Findings, RawFinding};
use super::level::{Level, Topic};
use super::lint_rule::LintRule;
use super::query::Query;
use super::rules::{RULES, rule_named};
use super::suppress;
use crate::problem::{Place, Problem};
use crate::rule::{QueryPlaces, Rule, RuleFile, read};
use kql_engine::Engine;
use kql_parser::Span;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A finding, with its place in the file.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The rule.
    pub rule: &'static LintRule,
    /// How serious it is, by the configuration.
    pub level: Level,
    /// What is wrong, in a sentence.
    pub message: String,
    /// What to do, as a fragment that starts with a verb.
    pub help: Option<String>,
    /// The range of [`Finding::source`].
    pub place: Place,
    /// Other ranges that explain it.
    pub labels: Vec<(Place, String)>,
    /// The text that the ranges refer to: that of the file, or that of the query if the file has it in another form.
    pub source: Arc<str>,
    /// Whether the ranges refer to the query and not to the file.
    pub in_query: bool,
    /// The line of the file, from 1.
    pub line: usize,
    /// The name of the detection rule that it is about.
    pub title: String,
    /// Edits of the file that mend it, in the order of the text.
    pub fix: Option<Vec<(Place, String)>>,
    /// The same for a finding that moved to another line; different for any two of a file.
    pub fingerprint: String,
}

/// The findings in a file.
#[derive(Clone, Debug)]
pub struct LintReport {
    /// The file.
    pub file: PathBuf,
    /// Its text.
    pub text: Arc<str>,
    /// How many queries it has.
    pub queries: usize,
    /// In the order of the file.
    pub findings: Vec<Finding>,
}

/// The size of the stack of a thread that lints. The memory is only reserved.
const STACK: usize = 64 << 20;

/// Lints files.
pub struct Linter {
    engine: Engine,
}

impl Linter {
    /// A linter for queries over the tables of an engine.
    pub fn new(engine: Engine) -> Self {
        Linter { engine }
    }

    /// Lints the queries of a file whose text is given.
    pub fn lint(&self, file: &Path, text: &str, config: &LintConfig) -> LintReport {
        // rules recurse with the depth of the brackets, of which a query can have hundreds
        std::thread::scope(|scope| {
            let deep = std::thread::Builder::new().stack_size(STACK);
            match deep.spawn_scoped(scope, || self.lint_here(file, text, config)) {
                Ok(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                Err(_) => self.lint_here(file, text, config),
            }
        })
    }

    fn lint_here(&self, file: &Path, text: &str, config: &LintConfig) -> LintReport {
        let rules = read(file, text);
        let text: Arc<str> = text.into();
        let mut findings = Vec::new();
        for rule in &rules.rules {
            findings.extend(self.rule(rule, &text));
        }
        findings.extend(of_file(&rules, &text));
        let mut findings =
            suppress::apply(findings, file, &text, rules.rules.first().map_or("", |rule| rule.name.as_str()));
        for finding in &mut findings {
            finding.level = config.level(finding.rule, finding.level);
        }
        findings.retain(|finding| finding.level > Level::Off);
        findings.sort_by(|a, b| (a.line, a.place, a.rule.name).cmp(&(b.line, b.place, b.rule.name)));
        identify(&mut findings);
        LintReport { file: file.to_owned(), text, queries: rules.rules.len(), findings }
    }

    fn rule(&self, rule: &Rule, text: &Arc<str>) -> Vec<Finding> {
        let meaning = self.engine.meaning(&rule.query.text);
        let query = Query::new(&rule.query.text, &meaning, rule);
        let refused = query.has_errors();
        let mut raw = Vec::new();
        for lint in RULES {
            // what is bound after an error can be misleading
            if refused && lint.topic != Topic::Deployment && lint.name != "query-error" {
                continue;
            }
            let mut found = Findings::new(lint);
            (lint.check)(&query, &mut found);
            raw.extend(found.into_found());
        }
        let places = rule.query.places();
        let own: Arc<str> = rule.query.text.as_str().into();
        raw.into_iter().map(|raw| located(raw, rule, &places, text, &own)).collect()
    }
}

/// A finding with its place in the file, or in the query if the file has that in another form.
fn located(raw: RawFinding, rule: &Rule, places: &QueryPlaces<'_>, text: &Arc<str>, own: &Arc<str>) -> Finding {
    let in_file = |span: Span| {
        let start = places.place(span.start as usize)?;
        let end = places.place(span.end as usize)?;
        Some(Place { start, end: end.max(start) })
    };
    let in_query = |span: Span| Place { start: span.start as usize, end: span.end as usize };
    let whole = || first_word(&rule.query.text);
    let (place, is_query) = match raw.at {
        At::File(place) => (place, false),
        At::Query(span) => in_file(span).map_or((in_query(span), true), |place| (place, false)),
        At::Whole => in_file(whole()).map_or((in_query(whole()), true), |place| (place, false)),
    };
    let moved = |span: Span| if is_query { Some(in_query(span)) } else { in_file(span) };
    let labels = raw.labels.into_iter().filter_map(|(span, label)| Some((moved(span)?, label))).collect();
    let fix = raw
        .fix
        .filter(|_| !is_query)
        .and_then(|edits| edits.into_iter().map(|(span, new)| Some((in_file(span)?, new))).collect::<Option<Vec<_>>>());
    let line = if is_query { rule.query.first_line } else { line(text, place.start) };
    Finding {
        rule: raw.rule,
        level: raw.rule.level,
        message: raw.message,
        help: raw.help,
        place,
        labels,
        source: if is_query { own.clone() } else { text.clone() },
        in_query: is_query,
        line,
        title: rule.name.clone(),
        fix,
        fingerprint: String::new(),
    }
}

/// The first word of the query, for findings about all of it.
fn first_word(text: &str) -> Span {
    kql_parser::lex(text).tokens.first().map_or(Span::default(), |token| token.span)
}

/// What is wrong with the file itself.
fn of_file(rules: &RuleFile, text: &Arc<str>) -> Vec<Finding> {
    let Some(rule) = rule_named("invalid-rule") else { return Vec::new() };
    let finding = |problem: &Problem, level: Level| Finding {
        rule,
        level,
        message: sentence(&problem.message),
        help: problem.help.clone(),
        place: problem.place.unwrap_or_default(),
        labels: Vec::new(),
        source: text.clone(),
        in_query: false,
        line: problem.line().unwrap_or(1),
        title: String::new(),
        fix: None,
        fingerprint: String::new(),
    };
    let errors = rules.problems.iter().map(|problem| finding(problem, rule.level));
    errors.chain(rules.warnings.iter().map(|problem| finding(problem, Level::Note))).collect()
}

/// A reason as a sentence.
fn sentence(reason: &str) -> String {
    let mut chars = reason.chars();
    let first = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    let end = if reason.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

/// The line of a byte, from 1.
pub fn line(text: &str, byte: usize) -> usize {
    text.bytes().take(byte).filter(|b| *b == b'\n').count() + 1
}

/// Gives each finding its fingerprint: the rule, what is marked, and which of several equal ones it is.
fn identify(findings: &mut [Finding]) {
    let mut seen: HashMap<u64, usize> = HashMap::new();
    for finding in findings {
        let marked = finding.source.get(finding.place.start..finding.place.end).unwrap_or("");
        let words: Vec<&str> = marked.split_whitespace().collect();
        let key = [finding.rule.name, &finding.title, &finding.message, &words.join(" ")].join("\0");
        let hash = twox_hash::XxHash64::oneshot(0, key.as_bytes());
        let number = seen.entry(hash).or_default();
        *number += 1;
        finding.fingerprint = format!("{hash:016x}-{number}");
    }
}

//! Comments that switch rules off: `// kql-lint: disable=NAME,NAME` for a line, `// kql-lint: disable-file=NAME` for a file.
//!
//! A comment behind something counts for its own line, one alone on its line for the next line that is not a comment. In
//! YAML, `#` begins a comment, in Markdown `<!--` does.

use super::lint_rule::LintRule;
use super::linter::{Finding, line};
use super::rules::{rule_named, unknown_rule};
use crate::problem::Place;
use std::path::Path;
use std::sync::Arc;

const MARK: &str = "kql-lint:";

/// What a comment switches off.
struct Suppression {
    rule: &'static LintRule,
    /// The line, from 1; `None` for the whole text.
    line: Option<usize>,
    place: Place,
    used: bool,
}

/// The findings that no comment hides, and those about the comments.
pub fn apply(findings: Vec<Finding>, file: &Path, text: &Arc<str>, title: &str) -> Vec<Finding> {
    // JSON has no comments: what looks like one is in a query
    let is_json = file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let mut sources: Vec<Arc<str>> = if is_json { Vec::new() } else { vec![text.clone()] };
    for finding in findings.iter().filter(|finding| finding.in_query) {
        if sources.iter().all(|source| *source != finding.source) {
            sources.push(finding.source.clone());
        }
    }
    if sources.iter().all(|source| !source.contains(MARK)) {
        return findings;
    }
    let mut kept = findings;
    for source in &sources {
        let is_file = Arc::ptr_eq(source, text);
        let (mut suppressions, wrong) = read(source);
        kept.retain(|finding| {
            if finding.source != *source || finding.in_query == is_file {
                return true;
            }
            let at = line(source, finding.place.start);
            let mut hidden = false;
            for suppression in &mut suppressions {
                if suppression.rule.name == finding.rule.name && suppression.line.is_none_or(|line| line == at) {
                    suppression.used = true;
                    hidden = true;
                }
            }
            !hidden
        });
        let about = |name: &str, place: Place, message: String, help: Option<String>| {
            rule_named(name).map(|rule| Finding {
                rule,
                level: rule.level,
                message,
                help,
                place,
                labels: Vec::new(),
                source: source.clone(),
                in_query: !is_file,
                line: line(source, place.start),
                title: title.to_owned(),
                fix: None,
                fingerprint: String::new(),
            })
        };
        // a comment of a query that the file has in another form is looked at in the query
        if is_file && sources.iter().skip(1).any(|source| source.contains(MARK)) {
            continue;
        }
        for (place, message, help) in wrong {
            kept.extend(about("invalid-suppression", place, message, help));
        }
        for suppression in suppressions.iter().filter(|suppression| !suppression.used) {
            let message = format!("'{}' finds nothing here, so this comment hides nothing.", suppression.rule.name);
            kept.extend(about("unused-suppression", suppression.place, message, Some("remove it".to_owned())));
        }
    }
    kept
}

/// What is wrong with a comment: where, a sentence, and advice.
type Wrong = (Place, String, Option<String>);

fn read(text: &str) -> (Vec<Suppression>, Vec<Wrong>) {
    let (mut found, mut wrong) = (Vec::new(), Vec::new());
    // comments that are alone on their lines, and wait for a line with something else
    let mut waiting: Vec<usize> = Vec::new();
    let mut start = 0;
    for (number, row) in text.split('\n').enumerate() {
        let trimmed = row.trim();
        let is_comment = ["//", "#", "<!--"].iter().any(|sign| trimmed.starts_with(sign));
        if !is_comment && !trimmed.is_empty() {
            for at in waiting.drain(..) {
                if let Some(suppression) = found.get_mut(at) {
                    let suppression: &mut Suppression = suppression;
                    suppression.line = Some(number + 1);
                }
            }
        }
        if let Some((at, words)) = marked(row) {
            let begin = start + at;
            let place = |from: usize, length: usize| Place { start: begin + from, end: begin + from + length };
            match words.split_once('=') {
                Some((kind @ ("disable" | "disable-file"), names)) => {
                    let mut offset = kind.len() + 1;
                    for name in names.split(',') {
                        let bare = name.trim();
                        let at = place(offset + name.find(bare).unwrap_or(0), bare.len());
                        offset += name.len() + 1;
                        match rule_named(bare) {
                            Some(rule) => {
                                if kind == "disable" && is_comment {
                                    waiting.push(found.len());
                                }
                                let line = (kind == "disable").then_some(number + 1);
                                found.push(Suppression { rule, line, place: at, used: false });
                            }
                            None => {
                                let (message, help) = unknown_rule(bare);
                                wrong.push((at, message, help));
                            }
                        }
                    }
                }
                _ => {
                    let message = "This comment does not say what it switches off.".to_owned();
                    let help = "write 'kql-lint: disable=NAME' or 'kql-lint: disable-file=NAME'".to_owned();
                    wrong.push((place(0, words.len()), message, Some(help)));
                }
            }
        }
        start += row.len() + 1;
    }
    (found, wrong)
}

/// What a comment says after the mark, and where in the line.
fn marked(row: &str) -> Option<(usize, &str)> {
    let mark = row.find(MARK)?;
    let before = row.get(..mark)?.trim_end();
    if !["//", "#", "<!--"].iter().any(|sign| before.ends_with(sign)) {
        return None;
    }
    let rest = row.get(mark + MARK.len()..)?;
    let words = rest.trim_start();
    let at = mark + MARK.len() + (rest.len() - words.len());
    let words = words.split("-->").next().unwrap_or(words);
    // what follows the names is an explanation
    let end = words.find(" --").unwrap_or(words.len());
    Some((at, words.get(..end).unwrap_or(words).trim_end()))
}

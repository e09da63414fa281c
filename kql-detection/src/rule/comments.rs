//! Queries with metadata in the comments above them.

use super::duration;
use super::fields::{Fields, OPERATORS};
use super::model::{QueryText, Rule, RuleFile, RuleKind, Trigger};
use super::sentinel::too_often;
use crate::problem::{Place, Placed, Source};

/// The rule of a query file: its whole text.
pub fn rule(source: &Source) -> RuleFile {
    let text: &str = &source.text;
    let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(byte, _)| byte + 1)).collect();
    let query = QueryText { text: text.to_owned(), lines, first_line: 1 };
    let mut rule = Rule::new(&source.file, RuleKind::Query, query);
    let mut fields = Fields::new(source);
    describe(&mut fields, &mut rule);
    RuleFile { rules: vec![rule], problems: Vec::new(), warnings: fields.problems }
}

/// Fills a rule from the comments that its query starts with. The problems of `fields` are warnings: a comment may be
/// meant for readers only.
pub fn describe(fields: &mut Fields<'_>, rule: &mut Rule) {
    let query = rule.query.clone();
    let places = query.places();
    let mut offset = 0;
    for line in query.text.split_inclusive('\n') {
        let start = offset;
        offset += line.len();
        let trimmed = line.trim_start_matches('\u{feff}').trim();
        if trimmed.is_empty() {
            continue;
        }
        let Some(comment) = trimmed.strip_prefix("//") else { return };
        let Some((key, value)) = comment.split_once(':') else { continue };
        let value = value.trim();
        let at = start + line.trim_end().len() - value.len();
        let Some(at) = places.place(at).filter(|_| !value.is_empty()) else { continue };
        let value = Placed { value: value.to_owned(), place: Place { start: at, end: at + value.len() } };
        let key = key.trim_start_matches('/').trim().to_lowercase();
        let problems = fields.problems.len();
        field(fields, rule, &key, value);
        if ["period", "queryperiod", "frequency", "queryfrequency", "trigger"].contains(&key.as_str()) {
            let unread = fields.problems.get(problems..).and_then(|new| new.first()).cloned();
            let problem = unread.or_else(|| too_often(fields, rule));
            rule.schedule_problem = rule.schedule_problem.take().or(problem);
        }
    }
}

fn field(fields: &mut Fields<'_>, rule: &mut Rule, key: &str, value: Placed<String>) {
    match key {
        "name" | "title" => rule.name = value.value,
        "id" => rule.id = Some(value),
        "description" => rule.description = Some(value),
        "severity" => rule.severity = fields.a_severity(&value, key),
        "tactic" | "tactics" => rule.tactics = items(&value),
        "technique" | "techniques" | "relevanttechniques" => rule.techniques = items(&value),
        "period" | "queryperiod" => rule.period = ticks(fields, &value),
        "frequency" | "queryfrequency" => rule.frequency = ticks(fields, &value),
        "trigger" => rule.trigger = trigger(fields, &value),
        _ => {}
    }
}

/// The items of a list with commas, in brackets or not, each with its place.
fn items(list: &Placed<String>) -> Vec<Placed<String>> {
    let mut items = Vec::new();
    let mut start = list.place.start;
    for part in list.value.split(',') {
        let text = part.trim_matches(|c: char| c.is_whitespace() || "[]'\"".contains(c));
        let at = start + part.find(text).unwrap_or(0);
        if !text.is_empty() {
            items.push(Placed { value: text.to_owned(), place: Place { start: at, end: at + text.len() } });
        }
        start += part.len() + 1;
    }
    items
}

fn ticks(fields: &mut Fields<'_>, value: &Placed<String>) -> Option<Placed<i64>> {
    match duration::ticks(&value.value) {
        Some(ticks) => Some(Placed { value: ticks, place: value.place }),
        None => {
            let message = format!("'{}' is not a duration", value.value);
            fields.problem(value.place, message, "write it as 1d, 5h, 30m or PT5M");
            None
        }
    }
}

/// `gt 0`
fn trigger(fields: &mut Fields<'_>, value: &Placed<String>) -> Option<Trigger> {
    let (operator, threshold) = value.value.split_once(char::is_whitespace).unwrap_or((&value.value, ""));
    let Ok(number) = threshold.trim().parse() else {
        let message = format!("'{}' is not a trigger", value.value);
        fields.problem(value.place, message, "write an operator and a number, such as 'gt 0'");
        return None;
    };
    let Place { start, end } = value.place;
    let operator = Placed { value: operator.to_owned(), place: Place { start, end: start + operator.len() } };
    let chosen = fields.choice(&operator, "trigger", &OPERATORS)?;
    Some(Trigger {
        operator: Placed { value: chosen, place: operator.place },
        threshold: Placed { value: number, place: Place { start: end - threshold.trim().len(), end } },
    })
}

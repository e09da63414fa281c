//! `activity_metrics`: ids, new ids, and how many stayed and left since the previous window.
//!
//! <https://learn.microsoft.com/kusto/query/activity-metrics-plugin>

use super::Plugin;
use super::error::ConstantsError;
use super::timeline::{self, Axis, Event, Line};
use crate::bind::Binder;
use crate::plan::Relation;
use crate::types::ScalarType::{Long, Real};
use kql_parser::ast;

pub static ACTIVITY_METRICS: Plugin = Plugin {
    name: "activity_metrics",
    signature: "(id, time, start, end, window, [dimension], ...)",
    summary: "Per window: distinct ids, new ids, and the rates of ids that were retained or lost since the \
              previous window.",
    page: "activity-metrics-plugin",
    bind,
};

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let axes = [("Start", Axis::Point), ("End", Axis::Point), ("Window", Axis::Length)];
    let added = [("dcount_values", Long), ("dcount_newvalues", Long), ("retention_rate", Real), ("churn_rate", Real)];
    timeline::bind(binder, evaluate, input, &axes, &added, Some((0, 2)), |numbers| {
        let &[start, end, step] = numbers else { return Err(ConstantsError::Count("three")) };
        Ok(Box::new(move |events| Ok(compare(events, start, end, step))))
    })
}

fn compare(mut events: Vec<Event>, start: i64, end: i64, step: i64) -> Vec<Line> {
    events.retain_mut(|e| {
        let inside = (start..=end).contains(&e.time);
        e.time = timeline::window(e.time, step, start).unwrap_or(e.time);
        inside
    });
    events.sort_unstable();
    events.dedup();
    let mut lines = Vec::new();
    for group in events.chunk_by(|a, b| a.group == b.group) {
        let mut before: &[Event] = &[];
        for window in group.chunk_by(|a, b| a.time == b.time) {
            let Some(first) = window.first() else { continue };
            if before.first().and_then(|b| b.time.checked_add(step)) != Some(first.time) {
                before = &[];
            }
            let known = |events: &[Event]| events.iter().filter(|e| e.id.is_some()).count();
            let (all, earlier, stayed) = (known(window), known(before), in_both(before, window));
            let retention = stayed as f64 / earlier as f64;
            let counts =
                [all as i64, (all - stayed) as i64, retention.to_bits() as i64, (1.0 - retention).to_bits() as i64];
            lines.push(Line { group: first.group, time: first.time, counts });
            before = window;
        }
    }
    lines
}

/// The number of ids that two windows have in common; both are sorted by id.
fn in_both(a: &[Event], b: &[Event]) -> usize {
    let mut rest = b.iter().filter_map(|e| e.id).peekable();
    let mut both = 0;
    for id in a.iter().filter_map(|e| e.id) {
        while rest.next_if(|other| *other < id).is_some() {}
        both += usize::from(rest.peek() == Some(&id));
    }
    both
}

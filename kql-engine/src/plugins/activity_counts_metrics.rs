//! `activity_counts_metrics`: rows, ids, new ids and all ids so far, window by window.
//!
//! <https://learn.microsoft.com/kusto/query/activity-counts-metrics-plugin>

use super::Plugin;
use super::error::ConstantsError;
use super::timeline::{self, Axis, Event, Line};
use crate::bind::Binder;
use crate::plan::Relation;
use crate::types::ScalarType::Long;
use kql_parser::ast;
use std::collections::HashSet;

pub static ACTIVITY_COUNTS_METRICS: Plugin = Plugin {
    name: "activity_counts_metrics",
    signature: "(id, time, start, end, window, [dimension], ...)",
    summary: "Per window: rows, distinct ids, new ids, and all distinct ids so far.",
    page: "activity-counts-metrics-plugin",
    bind,
};

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let axes = [("Start", Axis::Point), ("End", Axis::Point), ("Window", Axis::Length)];
    let added = [("count", Long), ("dcount", Long), ("new_dcount", Long), ("aggregated_dcount", Long)];
    timeline::bind(binder, evaluate, input, &axes, &added, Some((0, 2)), |numbers| {
        let &[start, end, step] = numbers else { return Err(ConstantsError::Count("three")) };
        Ok(Box::new(move |events| Ok(count(events, start, end, step))))
    })
}

fn count(mut events: Vec<Event>, start: i64, end: i64, step: i64) -> Vec<Line> {
    events.retain_mut(|e| {
        let inside = (start..=end).contains(&e.time);
        e.time = timeline::window(e.time, step, start).unwrap_or(e.time);
        inside
    });
    events.sort_unstable();
    let mut lines = Vec::new();
    let mut seen: HashSet<u32> = HashSet::new();
    for group in events.chunk_by(|a, b| a.group == b.group) {
        seen.clear();
        for window in group.chunk_by(|a, b| a.time == b.time) {
            let before = seen.len();
            let mut distinct = 0;
            for same in window.chunk_by(|a, b| a.id == b.id) {
                if let Some(id) = same.first().and_then(|e| e.id) {
                    distinct += 1;
                    seen.insert(id);
                }
            }
            let Some(first) = window.first() else { continue };
            let new = (seen.len() - before) as i64;
            let counts = [window.len() as i64, distinct, new, seen.len() as i64];
            lines.push(Line { group: first.group, time: first.time, counts });
        }
    }
    lines
}

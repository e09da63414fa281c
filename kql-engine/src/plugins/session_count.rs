//! `session_count`: the number of sessions that begin in each window.
//!
//! An id begins a session if it did not occur within the look-back before.
//! <https://learn.microsoft.com/kusto/query/session-count-plugin>

use super::Plugin;
use super::error::ConstantsError;
use super::timeline::{self, Axis, Event, Line};
use crate::bind::Binder;
use crate::plan::Relation;
use crate::types::ScalarType::Long;
use kql_parser::ast;
use std::collections::BTreeMap;

pub static SESSION_COUNT: Plugin = Plugin {
    name: "session_count",
    signature: "(id, time, start, end, bin, lookback, [dimension], ...)",
    summary: "The number of sessions that start in each window.",
    page: "session-count-plugin",
    bind,
};

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let axes = [("Start", Axis::Point), ("End", Axis::Point), ("Bin", Axis::Length), ("LookBackWindow", Axis::Length)];
    timeline::bind(binder, evaluate, input, &axes, &[("count_sessions", Long)], None, |numbers| {
        let &[start, end, step, back] = numbers else { return Err(ConstantsError::Count("four")) };
        Ok(Box::new(move |events| Ok(count(events, start, end, step, back))))
    })
}

fn count(mut events: Vec<Event>, start: i64, end: i64, step: i64, back: i64) -> Vec<Line> {
    events.retain(|e| e.id.is_some());
    events.sort_unstable_by_key(|e| (e.group, e.id, e.time));
    let mut sessions: BTreeMap<(u32, i64), i64> = BTreeMap::new();
    for one in events.chunk_by(|a, b| (a.group, a.id) == (b.group, b.id)) {
        let mut last: Option<i64> = None;
        for event in one {
            // measured on the real engine: after exactly the look-back, a session is new
            let new = last.is_none_or(|last| event.time.saturating_sub(last) >= back);
            last = Some(event.time);
            if (start..=end).contains(&event.time) {
                let window = timeline::window(event.time, step, 0).unwrap_or(event.time);
                *sessions.entry((event.group, window)).or_default() += i64::from(new);
            }
        }
    }
    sessions.into_iter().map(|((group, time), count)| Line { group, time, counts: [count, 0, 0, 0] }).collect()
}

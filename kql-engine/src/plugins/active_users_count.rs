//! `active_users_count`: the ids that occur in enough periods of the look-back, window by window.
//!
//! <https://learn.microsoft.com/kusto/query/active-users-count-plugin>

use super::Plugin;
use super::error::ConstantsError;
use super::timeline::{self, Axis, Event, Line};
use crate::bind::Binder;
use crate::plan::Relation;
use crate::types::ScalarType::Long;
use kql_parser::ast;
use std::collections::BTreeMap;

pub static ACTIVE_USERS_COUNT: Plugin = Plugin {
    name: "active_users_count",
    signature: "(id, time, start, end, lookback, period, active_periods: long, bin, [dimension], ...)",
    summary: "Per window, the number of ids that were active in a minimum number of periods of the look-back.",
    page: "active-users-count-plugin",
    bind,
};

struct Terms {
    start: i64,
    end: i64,
    back: i64,
    period: i64,
    least: i64,
    step: i64,
}

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let axes = [
        ("Start", Axis::Point),
        ("End", Axis::Point),
        ("LookbackWindow", Axis::Length),
        ("Period", Axis::Length),
        ("ActivePeriodsCount", Axis::Count),
        ("Bin", Axis::Length),
    ];
    timeline::bind(binder, evaluate, input, &axes, &[("dcount", Long)], Some((0, 3)), |numbers| {
        let &[start, end, back, period, least, step] = numbers else {
            return Err(ConstantsError::Count("six"));
        };
        let terms = Terms { start, end, back, period, least, step };
        Ok(Box::new(move |events| Ok(count(events, &terms))))
    })
}

fn count(mut events: Vec<Event>, terms: &Terms) -> Vec<Line> {
    events.retain(|e| e.id.is_some() && e.time <= terms.end);
    events.sort_unstable_by_key(|e| (e.group, e.id, e.time));
    let period = |e: &Event| timeline::window(e.time, terms.period, terms.start);
    let mut active: BTreeMap<(u32, i64), i64> = BTreeMap::new();
    for one in events.chunk_by(|a, b| (a.group, a.id) == (b.group, b.id)) {
        let (mut first, mut periods) = (0, 0);
        let mut counted = None;
        for (at, event) in one.iter().enumerate() {
            if at == 0 || one.get(at - 1).is_none_or(|e| period(e) != period(event)) {
                periods += 1;
            }
            // an event exactly one look-back length ago is outside of the look-back
            while let Some(old) = one.get(first).filter(|e| e.time <= event.time.saturating_sub(terms.back)) {
                if one.get(first + 1).is_none_or(|e| period(e) != period(old)) {
                    periods -= 1;
                }
                first += 1;
            }
            if event.time >= terms.start && periods >= terms.least {
                let window = timeline::window(event.time, terms.step, terms.start);
                if counted != window
                    && let Some(window) = window
                {
                    *active.entry((event.group, window)).or_default() += 1;
                    counted = Some(window);
                }
            }
        }
    }
    active.into_iter().map(|((group, time), count)| Line { group, time, counts: [count, 0, 0, 0] }).collect()
}

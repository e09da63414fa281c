//! `sliding_window_counts`: rows and ids in the look-back before the end of each window.
//!
//! <https://learn.microsoft.com/kusto/query/sliding-window-counts-plugin>

use super::Plugin;
use super::error::{ConstantsError, PluginError};
use super::timeline::{self, Axis, Event, Line};
use crate::bind::Binder;
use crate::plan::Relation;
use crate::types::ScalarType::Long;
use kql_parser::ast;
use std::collections::HashMap;

pub static SLIDING_WINDOW_COUNTS: Plugin = Plugin {
    name: "sliding_window_counts",
    signature: "(id, time, start, end, lookback, bin, [dimension], ...)",
    summary: "Rows and distinct ids in the look-back period that ends with each window.",
    page: "sliding-window-counts-plugin",
    bind,
};

/// The maximum number of rows of a result.
const MOST: usize = 10_000_000;

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let axes = [("Start", Axis::Point), ("End", Axis::Point), ("LookbackWindow", Axis::Length), ("Bin", Axis::Length)];
    timeline::bind(binder, evaluate, input, &axes, &[("Count", Long), ("Dcount", Long)], None, |numbers| {
        let &[start, end, back, step] = numbers else { return Err(ConstantsError::Count("four")) };
        if back < step {
            return Err(ConstantsError::Lookback);
        }
        // the look-back is rounded down to whole windows; the last of them is the window itself
        let reach = back - back % step - step;
        Ok(Box::new(move |events| count(events, start, end, reach, step)))
    })
}

fn count(mut events: Vec<Event>, start: i64, end: i64, reach: i64, step: i64) -> Result<Vec<Line>, PluginError> {
    let earliest = start.saturating_sub(reach);
    events.retain_mut(|e| {
        let window = timeline::window(e.time, step, start);
        let inside = e.time <= end && window.is_some_and(|w| w >= earliest);
        e.time = window.unwrap_or(e.time);
        inside
    });
    events.sort_unstable();
    let mut lines = Vec::new();
    let mut ids: HashMap<u32, usize> = HashMap::new();
    for group in events.chunk_by(|a, b| a.group == b.group) {
        ids.clear();
        let (mut first, mut next) = (0, 0);
        let Some(mut time) = group.first().map(|e| e.time.max(start)) else { continue };
        while time <= end {
            while let Some(event) = group.get(next).filter(|e| e.time <= time) {
                if let Some(id) = event.id {
                    *ids.entry(id).or_default() += 1;
                }
                next += 1;
            }
            while let Some(event) = group.get(first).filter(|e| first < next && e.time < time.saturating_sub(reach)) {
                if let Some(id) = event.id
                    && let Some(count) = ids.get_mut(&id)
                {
                    *count -= 1;
                    if *count == 0 {
                        ids.remove(&id);
                    }
                }
                first += 1;
            }
            if first < next {
                if lines.len() == MOST {
                    return Err(PluginError::TooManyWindows(MOST));
                }
                let counts = [(next - first) as i64, ids.len() as i64, 0, 0];
                let group = group.first().map_or(0, |e| e.group);
                lines.push(Line { group, time, counts });
            }
            // windows without rows are skipped at once
            let following = if first < next { time.checked_add(step) } else { group.get(next).map(|e| e.time) };
            match following {
                Some(following) => time = following,
                None => break,
            }
        }
    }
    Ok(lines)
}

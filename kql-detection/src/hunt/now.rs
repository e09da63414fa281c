//! The time of queries over evidence: the latest time in it, since `ago()` would find nothing in old evidence.

use super::text::iso;
use crate::check::depends_on_time;
use kql_engine::{Engine, Error, HeldDescription};
use kql_parser::time;

/// The engine with a fixed time, and that time: its own one, the latest time in these tables, or the clock.
pub(super) fn at_time(
    engine: &Engine,
    tables: &[HeldDescription],
    notices: &mut Vec<String>,
) -> Result<(i64, Engine), Error> {
    if let Some(now) = engine.fixed_time() {
        return Ok((now, engine.clone()));
    }
    let clock = kql_engine::time::of_system(std::time::SystemTime::now()).unwrap_or(kql_engine::time::EPOCH);
    let latest = tables.iter().filter_map(|table| table.time.as_ref()).map(|(_, _, last)| *last).max();
    let now = latest.map_or(clock, |latest| latest.min(clock));
    let text = time::datetime_text(now);
    if latest.is_some() {
        notices.push(format!("now() is {}, the latest time in the data; --now sets another one", iso(now)));
    } else if let Some((table, error)) = tables.iter().find_map(|table| Some((&table.name, table.error.as_ref()?))) {
        let now = iso(now);
        notices.push(format!(
            "now() is {now}, the clock: the times in {table} are not known. {error} --now sets another one"
        ));
    }
    Ok((now, engine.derive().now(&text)?.build()?))
}

/// The engine with the time that a hunt with these queries would have, and notices about it. If none of them depends on the
/// time, it is the engine as it is. Reads the times of their tables, and blocks.
///
/// # Errors
/// The run was stopped.
pub fn at_latest(engine: &Engine, queries: &[&str]) -> Result<(Engine, Vec<String>), Error> {
    if engine.has_fixed_time() || queries.iter().all(|query| depends_on_time(query).is_none()) {
        return Ok((engine.clone(), Vec::new()));
    }
    // that many queries read no table, so that none is held
    let held = engine.hold(queries, 0, usize::MAX)?;
    let mut notices = Vec::new();
    let (now, timed) = at_time(engine, &held.tables, &mut notices)?;
    if notices.is_empty() {
        notices.push(format!("now() is {}, the clock: the data has no times; --now sets another one", iso(now)));
    }
    Ok((timed, notices))
}

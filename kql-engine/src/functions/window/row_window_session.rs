//! `row_window_session()`

use crate::functions::kernel;
use crate::registry::{Call, Eval, ParameterType::Is, ResultName, Returns, ScalarFunction, optional, p, sig};
use crate::types::ScalarType::{Bool, Datetime, Timespan};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

pub static ROW_WINDOW_SESSION: ScalarFunction = ScalarFunction {
    name: "row_window_session",
    aliases: &[],
    signatures: &[sig(
        &[
            p("expr", Is(Datetime)),
            p("maxDistanceFromFirst", Is(Timespan)),
            p("maxDistanceBetweenNeighbors", Is(Timespan)),
            optional("restart", Is(Bool)),
        ],
        Returns::Parameter(0),
    )],
    result_name: ResultName::None,
    summary: "The start time of the row's session; a new session starts when its total time or the gap between \
              rows reaches its limit.",
    page: "row-window-session-function",
    eval: Eval::Window(|_| {
        let mut session = None;
        Ok(Box::new(move |call: &Call| starts(call, &mut session)))
    }),
};

/// The starts of the sessions of the next rows; `session` has the first and the last time of the session so far.
fn starts(call: &Call, session: &mut Option<(i64, i64)>) -> Result<ColumnarValue> {
    let times = call.longs(0)?;
    let from_first = call.longs(1)?;
    let between = call.longs(2)?;
    let restart = if call.args.len() > 3 { Some(call.bools(3)?) } else { None };
    kernel::longs(call.rows, |i| {
        let Some(time) = times.get(i) else {
            *session = None;
            return None;
        };
        let goes_on = session.filter(|(first, last)| {
            restart.as_ref().is_none_or(|r| r.get(i) != Some(true))
                && from_first.get(i).is_some_and(|max| time - first < max)
                && between.get(i).is_some_and(|max| time - last < max)
        });
        let first = goes_on.map_or(time, |(first, _)| first);
        *session = Some((first, time));
        Some(first)
    })
}

//! Why a row is not in the result, and which parts of a query the data reaches: `kql-detection` finds out.

use super::answer::{Answer, Ask, Failure, blocking};
use super::positions::Positions;
use super::run::request;
use crate::query_error::QueryError;
use crate::query_run::engine_for;
use crate::state::AppState;
use axum::extract::State;
use kql_detection::{FalseArm, Loss, WhyError, WhyRow};
use kql_parser::Span;
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

/// Rows that are followed unless the page asks for another number, and the most it can ask for.
const ROWS: usize = 20;
const MOST_ROWS: usize = 200;

/// Rows of a table, and the query that they are followed through.
#[derive(Deserialize)]
pub struct Missing {
    text: String,
    /// What selects the rows.
    condition: String,
    #[serde(default)]
    table: Option<String>,
    #[serde(default)]
    limit: Option<usize>,
    #[serde(default)]
    now: Option<String>,
}

/// A query.
#[derive(Deserialize)]
pub struct Query {
    text: String,
    #[serde(default)]
    now: Option<String>,
}

/// How far rows get in a query.
pub async fn why(State(state): State<Arc<AppState>>, Ask(asked): Ask<Missing>) -> Result<Answer<Value>, Failure> {
    let Missing { text, condition, table, limit, now } = asked;
    if condition.trim().is_empty() {
        return Err(Failure::wrong("Say which row: a condition on its columns, such as DeviceName == \"PC-1\"."));
    }
    let limit = limit.unwrap_or(ROWS).clamp(1, MOST_ROWS);
    traced(&state, text, now, move |engine, text, cancel| {
        let found = kql_detection::why(engine, text, table.as_deref(), &condition, limit, cancel);
        let found = found.map_err(|error| match error {
            WhyError::Query(error) => QueryError::of(error, text),
            WhyError::Condition(error, query) => {
                QueryError::Request(format!("The condition cannot be used: {}", QueryError::of(error, &query)))
            }
            WhyError::NoData => QueryError::Request("No table of the query has data.".to_owned()),
            WhyError::SeveralTables(tables) => {
                QueryError::Request(format!("The query reads several tables with data: {tables}. Choose one."))
            }
            WhyError::NoRow(table) => QueryError::NotFound(format!("No row of {table} fulfils the condition.")),
        })?;
        let positions = Positions::of(text);
        let rows: Vec<Value> = found.rows.iter().map(|row| row_object(row, &found.table, &positions)).collect();
        Ok(json!({"selected": found.selected, "rows": rows}))
    })
    .await
}

/// Which parts of a query the data reaches.
pub async fn coverage(
    State(state): State<Arc<AppState>>,
    Ask(Query { text, now }): Ask<Query>,
) -> Result<Answer<Value>, Failure> {
    traced(&state, text, now, move |engine, text, cancel| {
        let found = kql_detection::reached(engine, text, cancel).map_err(|error| QueryError::of(error, text))?;
        let positions = Positions::of(text);
        let units: Vec<Value> = found
            .units
            .iter()
            .map(|unit| {
                let (start, end) = positions.span(unit.at, 0);
                json!({
                    "kind": unit.kind.name(), "line": found.line(unit), "start": start, "end": end, "text": unit.at.text(text),
                    "yes": unit.yes, "no": unit.no, "gap": unit.gap(),
                })
            })
            .collect();
        let (reached, all) = found.total();
        Ok(json!({"reached": reached, "all": all, "percent": found.percent(), "units": units}))
    })
    .await
}

/// Work over a query that runs with records of its rows: it has a turn and a time limit as a query has, and stops when the
/// client goes away.
pub(crate) async fn traced(
    state: &Arc<AppState>,
    text: String,
    now: Option<String>,
    work: impl FnOnce(&kql_engine::Engine, &str, &kql_engine::CancellationToken) -> Result<Value, QueryError>
    + Send
    + 'static,
) -> Result<Answer<Value>, Failure> {
    let asked = request(text.clone(), None, now);
    let engine = engine_for(state, &asked).await?;
    let mut admission = state.queries.admit(&asked.text, &asked.label, state.settings.limits.timeout).await?;
    let cancel = admission.cancel().clone();
    let going = cancel.clone().drop_guard();
    let query = text.clone();
    let done = blocking(move || work(&engine, &query, &cancel)).await?;
    drop(going);
    let done = done.map_err(|error| if matches!(error, QueryError::Cancelled) { admission.stopped() } else { error });
    admission.ended(0, done.as_ref().err());
    done.map(Answer).map_err(|error| Failure::of(&error, &text))
}

fn row_object(row: &WhyRow, table: &str, positions: &Positions) -> Value {
    let losses: Vec<Value> = row.losses.iter().map(|loss| loss_object(loss, positions)).collect();
    json!({"table": table, "row": row.cells, "is_read": row.is_read, "in_result": row.in_result, "left_out_by": losses})
}

fn loss_object(loss: &Loss, positions: &Positions) -> Value {
    let arms: Vec<Value> = loss.arms.iter().map(|arm| arm_object(arm, positions)).collect();
    let mut object = place(loss.step, loss.line, &loss.text, positions);
    object["arms"] = arms.into();
    object["note"] = json!(loss.note);
    object["unknown"] = loss.is_unknown.into();
    object
}

fn arm_object(arm: &FalseArm, positions: &Positions) -> Value {
    let operands: serde_json::Map<String, Value> =
        arm.values.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    let mut object = place(arm.at, arm.line, &arm.text, positions);
    object["value"] = if arm.is_null { Value::Null } else { arm.negated.into() };
    object["operands"] = operands.into();
    object
}

fn place(span: Span, line: usize, text: &str, positions: &Positions) -> Value {
    let (start, end) = positions.span(span, 0);
    json!({"start": start, "end": end, "line": line, "text": text})
}

//! What the page asks first.

use super::answer::{Answer, Failure, blocking};
use super::rows::cell;
use crate::state::AppState;
use axum::extract::State;
use kql_engine::{Engine, Profile};
use kql_output::Format;
use serde_json::{Value, json};
use std::sync::Arc;

/// What the server is, and what it needs.
pub async fn session(State(state): State<Arc<AppState>>) -> Result<Answer<Value>, Failure> {
    let engine = state.catalog.base().clone();
    let profile = profile_name(engine.profile());
    let now = if engine.has_fixed_time() { blocking(move || fixed_time(&engine)).await? } else { None };
    let formats: Vec<Value> = Format::all()
        .filter(|format| !matches!(format, Format::Table))
        .map(|format| json!({"name": format.name(), "about": format.summary()}))
        .collect();
    Ok(Answer(json!({
        "version": env!("CARGO_PKG_VERSION"), "now": now, "profile": profile, "read_only": state.settings.read_only,
        "token_needed": state.settings.token.is_some(), "formats": formats,
    })))
}

/// The value that `now()` always has.
fn fixed_time(engine: &Engine) -> Option<String> {
    let answer = engine.query("print now()").ok()?;
    let table = answer.tables.first()?;
    let column = table.schema.columns.first()?;
    cell(table.batches.iter().find(|batch| batch.num_rows() > 0)?.columns().first()?, column.ty, 0)
}

fn profile_name(profile: Profile) -> &'static str {
    match profile {
        Profile::Bare => "none",
        Profile::Sentinel => "Sentinel",
        Profile::Defender => "Defender",
        Profile::Unified => "Sentinel and Defender",
    }
}

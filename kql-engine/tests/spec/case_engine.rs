//! The engine that a case runs on.

use crate::document::Case;
use kql_engine::{DataPath, Engine, EngineBuilder, Limits};
use tempfile::TempDir;

/// The time of a case whose page does not set one.
const NOW: &str = "2024-05-01T12:00:00Z";

/// An engine over the data of a case, and the folder in which the tables of its page lie.
pub fn engine(case: &Case, limits: Limits) -> Result<(Engine, TempDir), String> {
    let (builder, folder) = settings(case, limits)?;
    Ok((builder.build().map_err(|e| e.to_string())?, folder))
}

/// The settings of [`engine`].
pub fn settings(case: &Case, limits: Limits) -> Result<(EngineBuilder, TempDir), String> {
    let text = |error: &dyn std::fmt::Display| error.to_string();
    let folder = tempfile::tempdir().map_err(|e| text(&e))?;
    let now = case.settings.now.as_deref().unwrap_or(NOW);
    let mut builder = Engine::builder().limits(limits).now(now).map_err(|e| text(&e))?;
    for table in &case.tables {
        let path = folder.path().join(format!("{}.{}", table.name, table.extension));
        std::fs::write(&path, format!("{}\n", table.text)).map_err(|e| text(&e))?;
        builder = builder.data(DataPath::parse(&path.to_string_lossy()));
    }
    for path in &case.settings.data {
        builder = builder.data(DataPath::parse(&path.to_string_lossy()));
    }
    Ok((builder, folder))
}

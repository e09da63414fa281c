//! What the names of tables in a test file stand for.

use crate::test_file::Given;
use kql_engine::Engine;

/// What a key of `tables` stands for.
pub(super) enum Target {
    /// A table.
    Table(String),
    /// A saved function, and the table with its rows.
    Function(String, String),
    /// External data with this address.
    External(String),
}

impl Target {
    /// The name of the table with its rows.
    pub fn table(&self) -> &str {
        match self {
            Target::Table(name) | Target::Function(_, name) | Target::External(name) => name,
        }
    }
}

/// What the name of a table stands for.
pub(super) fn target(engine: &Engine, given: &Given) -> Target {
    let name = given.table.value.as_str();
    if name.contains("://") {
        return Target::External(name.to_owned());
    }
    let watchlist = name.strip_prefix("_GetWatchlist(").and_then(|rest| rest.strip_suffix(')'));
    if let Some(alias) = watchlist {
        return Target::Table(alias.trim().trim_matches(['\'', '"']).to_owned());
    }
    if let Some(function) = name.strip_suffix("()") {
        return Target::Function(function.to_owned(), format!("rows of {function}"));
    }
    if engine.has_function(name) {
        return Target::Function(name.to_owned(), format!("rows of {name}"));
    }
    Target::Table(name.to_owned())
}

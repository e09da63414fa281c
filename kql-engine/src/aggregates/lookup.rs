//! Finding the row of an aggregation function by its name.

use crate::registry::AggregateFunction;
use std::collections::HashMap;
use std::sync::LazyLock;

static AGGREGATES: LazyLock<HashMap<&'static str, &'static AggregateFunction>> = LazyLock::new(|| {
    super::all()
        .flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().map(|a| a.name)).map(move |name| (name, f)))
        .collect()
});

/// The aggregation function of that name.
pub fn aggregate(name: &str) -> Option<&'static AggregateFunction> {
    AGGREGATES.get(name).copied()
}

/// Whether a call is one of an aggregate whose name a scalar function has too: those take one argument, and these several.
pub fn is_aggregate_call(name: &str, arguments: usize) -> bool {
    arguments == 1 && AGGREGATES.contains_key(name)
}

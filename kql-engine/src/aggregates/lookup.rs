//! Finds an aggregation function by its name.

use crate::registry::AggregateFunction;
use std::collections::HashMap;
use std::sync::LazyLock;

static AGGREGATES: LazyLock<HashMap<&'static str, &'static AggregateFunction>> = LazyLock::new(|| {
    super::all()
        .flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().map(|a| a.name)).map(move |name| (name, f)))
        .collect()
});

/// The aggregation function with this name.
pub fn aggregate(name: &str) -> Option<&'static AggregateFunction> {
    AGGREGATES.get(name).copied()
}

/// Whether a call of a name that a scalar function has too is an aggregate: the aggregate takes one argument, the other
/// several.
pub fn is_aggregate_call(name: &str, arguments: usize) -> bool {
    arguments == 1 && AGGREGATES.contains_key(name)
}

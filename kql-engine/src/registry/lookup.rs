//! Finding a row by name, and names like a misspelt one.

use super::{AggregateFunction, ScalarFunction};
use std::collections::HashMap;
use std::sync::LazyLock;

static SCALARS: LazyLock<HashMap<&'static str, &'static ScalarFunction>> = LazyLock::new(|| {
    crate::functions::all()
        .flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()).map(move |name| (name, f)))
        .collect()
});

static AGGREGATES: LazyLock<HashMap<&'static str, &'static AggregateFunction>> = LazyLock::new(|| {
    crate::aggregates::all()
        .flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()).map(move |name| (name, f)))
        .collect()
});

/// The scalar function of that name.
pub fn scalar(name: &str) -> Option<&'static ScalarFunction> {
    SCALARS.get(name).copied().filter(|f| !f.is_operator())
}

/// The operator of expressions that is written so: `has_any`, `==`.
pub fn scalar_operator(name: &str) -> Option<&'static ScalarFunction> {
    SCALARS.get(name).copied().filter(|f| f.is_operator())
}

/// The aggregation function of that name.
pub fn aggregate(name: &str) -> Option<&'static AggregateFunction> {
    AGGREGATES.get(name).copied()
}

/// Whether a call is one of an aggregate whose name a scalar function has too: those take one argument, and these several.
pub fn is_aggregate_call(name: &str, arguments: usize) -> bool {
    arguments == 1 && AGGREGATES.contains_key(name)
}

/// All names of scalar functions.
pub fn scalar_names() -> impl Iterator<Item = &'static str> {
    SCALARS.iter().filter(|(_, f)| !f.is_operator()).map(|(name, _)| *name)
}

/// All names of aggregation functions.
pub fn aggregate_names() -> impl Iterator<Item = &'static str> {
    AGGREGATES.keys().copied()
}

/// The name among `names` that someone who wrote `wrong` most likely meant.
pub fn suggest<'a>(wrong: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let lower = wrong.to_lowercase();
    names
        .map(|name| (strsim::damerau_levenshtein(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance * 3 <= wrong.chars().count().max(name.chars().count()).max(3))
        .min()
        .map(|(_, name)| name)
}

/// All rows of aggregation functions.
pub fn aggregates() -> impl Iterator<Item = &'static AggregateFunction> {
    crate::aggregates::all()
}

//! Finds a scalar function or operator by its name.

use crate::registry::ScalarFunction;
use std::collections::HashMap;
use std::sync::LazyLock;

static SCALARS: LazyLock<HashMap<&'static str, &'static ScalarFunction>> = LazyLock::new(|| {
    super::all()
        .flat_map(|f| std::iter::once(f.name).chain(f.aliases.iter().copied()).map(move |name| (name, f)))
        .collect()
});

/// The scalar function with this name.
pub fn scalar(name: &str) -> Option<&'static ScalarFunction> {
    SCALARS.get(name).copied().filter(|f| !f.is_operator())
}

/// The operator with this spelling: `has_any`, `==`.
pub fn scalar_operator(name: &str) -> Option<&'static ScalarFunction> {
    SCALARS.get(name).copied().filter(|f| f.is_operator())
}

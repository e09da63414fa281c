//! Everything that a query can call by its name: the one list behind the reference, completion, `.help` and suggestions.

use super::special::{self, SpecialFunction};
use crate::plugins::{self, Plugin};
use crate::registry::{AggregateFunction, Alias, ScalarFunction};

/// A row of something that is called.
#[derive(Clone, Copy)]
pub enum Callable {
    /// A scalar function.
    Scalar(&'static ScalarFunction),
    /// A function that is bound by its form.
    Special(&'static SpecialFunction),
    /// An aggregation function.
    Aggregate(&'static AggregateFunction),
    /// What `evaluate` calls.
    Plugin(&'static Plugin),
}

/// Every row whose name a query can write.
pub fn all() -> impl Iterator<Item = Callable> {
    // the engine's own functions have names that no query can write
    let scalars = crate::functions::all().filter(|f| !f.is_operator() && !f.name.ends_with("()"));
    scalars
        .map(Callable::Scalar)
        .chain(special::ALL.iter().map(Callable::Special))
        .chain(crate::aggregates::all().map(Callable::Aggregate))
        .chain(plugins::ALL.iter().copied().map(Callable::Plugin))
}

/// The rows of that name: a scalar function and an aggregate share some.
pub fn named(name: &str) -> impl Iterator<Item = Callable> {
    all().filter(move |callable| callable.names().any(|n| n == name))
}

/// All names of functions, aggregates included.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    all().filter(|callable| !matches!(callable, Callable::Plugin(_))).flat_map(Callable::names)
}

impl Callable {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Callable::Scalar(f) => f.name,
            Callable::Special(f) => f.name,
            Callable::Aggregate(f) => f.name,
            Callable::Plugin(p) => p.name,
        }
    }

    /// Its name and the others.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        let (aliases, of_aggregate): (&'static [&'static str], &'static [Alias]) = match self {
            Callable::Scalar(f) => (f.aliases, &[]),
            Callable::Special(f) => (f.aliases, &[]),
            Callable::Aggregate(f) => (&[], f.aliases),
            Callable::Plugin(_) => (&[], &[]),
        };
        std::iter::once(self.name()).chain(aliases.iter().copied()).chain(of_aggregate.iter().map(|a| a.name))
    }

    /// The ways to call it, for people.
    pub fn signatures(self) -> Vec<String> {
        let rows = match self {
            Callable::Scalar(f) => f.signatures,
            Callable::Aggregate(f) => f.signatures,
            Callable::Special(f) => return f.signatures.iter().map(|s| format!("{}{s}", f.name)).collect(),
            Callable::Plugin(p) => return vec![format!("evaluate {}{}", p.name, p.signature)],
        };
        rows.iter().map(|s| s.text(self.name())).collect()
    }

    /// One sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Callable::Scalar(f) => f.summary,
            Callable::Special(f) => f.summary,
            Callable::Aggregate(f) => f.summary,
            Callable::Plugin(p) => p.summary,
        }
    }

    /// The page of the Kusto documentation it follows, without the host.
    pub fn page(self) -> &'static str {
        match self {
            Callable::Scalar(f) => f.page,
            Callable::Special(f) => f.page,
            Callable::Aggregate(f) => f.page,
            Callable::Plugin(p) => p.page,
        }
    }

    /// Whether a call of it is a table.
    pub fn is_tabular(self) -> bool {
        matches!(self, Callable::Special(SpecialFunction { bind: special::Bind::Table(_), .. }))
    }
}

//! Everything that a query can call by name: the list for the reference, completion, `.help` and suggestions.

use super::special::{self, SpecialFunction};
use crate::plugins::{self, Plugin};
use crate::registry::{AggregateFunction, Alias, ScalarFunction};

/// A function or plugin that can be called.
#[derive(Clone, Copy)]
pub enum Callable {
    /// A scalar function.
    Scalar(&'static ScalarFunction),
    /// A function that the binder handles by its syntax.
    Special(&'static SpecialFunction),
    /// An aggregation function.
    Aggregate(&'static AggregateFunction),
    /// A plugin of `evaluate`.
    Plugin(&'static Plugin),
}

/// Everything whose name a query can write.
pub fn all() -> impl Iterator<Item = Callable> {
    // the names of the engine's internal functions cannot be written in a query
    let scalars = crate::functions::all().filter(|f| !f.is_operator() && !f.name.ends_with("()"));
    scalars
        .map(Callable::Scalar)
        .chain(special::ALL.iter().map(Callable::Special))
        .chain(crate::aggregates::all().map(Callable::Aggregate))
        .chain(plugins::ALL.iter().copied().map(Callable::Plugin))
}

/// All callables with this name: some names belong to both a scalar function and an aggregate.
pub fn named(name: &str) -> impl Iterator<Item = Callable> {
    all().filter(move |callable| callable.names().any(|n| n == name))
}

/// All names of functions, aggregates included.
pub fn function_names() -> impl Iterator<Item = &'static str> {
    all().filter(|callable| !matches!(callable, Callable::Plugin(_))).flat_map(Callable::names)
}

/// The address of a page of the Kusto documentation.
pub fn link(page: &str) -> String {
    format!("https://learn.microsoft.com/kusto/query/{page}")
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

    /// Its name and its aliases.
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

    /// A description in one sentence.
    pub fn summary(self) -> &'static str {
        match self {
            Callable::Scalar(f) => f.summary,
            Callable::Special(f) => f.summary,
            Callable::Aggregate(f) => f.summary,
            Callable::Plugin(p) => p.summary,
        }
    }

    /// The page of the Kusto documentation that it follows, without the host.
    pub fn page(self) -> &'static str {
        match self {
            Callable::Scalar(f) => f.page,
            Callable::Special(f) => f.page,
            Callable::Aggregate(f) => f.page,
            Callable::Plugin(p) => p.page,
        }
    }

    /// What it is: `scalar`, `table`, `aggregate` or `plugin`.
    pub fn kind(self) -> &'static str {
        match self {
            Callable::Scalar(_) => "scalar",
            Callable::Special(_) => {
                if self.is_tabular() {
                    "table"
                } else {
                    "scalar"
                }
            }
            Callable::Aggregate(_) => "aggregate",
            Callable::Plugin(_) => "plugin",
        }
    }

    /// Whether it returns a table.
    pub fn is_tabular(self) -> bool {
        matches!(self, Callable::Special(SpecialFunction { bind: special::Bind::Table(_), .. }))
    }
}

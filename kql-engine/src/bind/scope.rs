//! Names that a query defines: `let`, function parameters, `as`.

use crate::plan::{Expr, Relation};
use kql_parser::ast;
use std::sync::Arc;

/// A chain of names, innermost first; a function can keep the chain of its definition cheaply.
#[derive(Clone, Default)]
pub struct Scope(Option<Arc<Link>>);

struct Link {
    name: String,
    symbol: Symbol,
    outer: Scope,
}

/// The meaning of a name.
#[derive(Clone)]
pub enum Symbol {
    /// A scalar expression without columns.
    Scalar(Expr),
    /// An argument that differs between rows, and the subquery depth of those rows.
    RowValue(Expr, u32),
    /// A table.
    Table(Relation),
    /// A function.
    Function(Arc<UserFunction>),
    /// A pattern of `declare pattern`.
    Pattern(Arc<UserPattern>),
    /// In `macro-expand`: the current database.
    Database,
    /// `entity_group [...]`, and its number of databases.
    EntityGroup(usize),
}

/// A pattern: tables for certain arguments.
pub struct UserPattern {
    /// Its name.
    pub name: String,
    /// Parameters and matches.
    pub declaration: ast::PatternDeclaration,
    /// The names that its bodies can use.
    pub scope: Scope,
}

/// A function defined in the query, or a saved one.
pub struct UserFunction {
    /// Its name.
    pub name: String,
    /// Parameters and body.
    pub function: ast::Function,
    /// The names that its body can use.
    pub scope: Scope,
    /// Whether its spans refer to another text.
    pub stored: bool,
}

impl Scope {
    /// The innermost symbol with this name.
    pub fn find(&self, name: &str) -> Option<&Symbol> {
        let mut scope = self;
        while let Some(link) = &scope.0 {
            if link.name == name {
                return Some(&link.symbol);
            }
            scope = &link.outer;
        }
        None
    }

    /// This scope with one more name inside.
    pub fn with(&self, name: impl Into<String>, symbol: Symbol) -> Scope {
        Scope(Some(Arc::new(Link { name: name.into(), symbol, outer: self.clone() })))
    }

    /// All names, innermost first.
    pub fn names(&self) -> impl Iterator<Item = (&str, &Symbol)> {
        std::iter::successors(self.0.as_deref(), |link| link.outer.0.as_deref()).map(|l| (l.name.as_str(), &l.symbol))
    }
}

impl Drop for Link {
    // a chain of many thousand lets must not be dropped recursively
    fn drop(&mut self) {
        let mut next = self.outer.0.take();
        while let Some(link) = next.and_then(|link| Arc::try_unwrap(link).ok()) {
            let mut link = link;
            next = link.outer.0.take();
        }
    }
}

//! The syntax tree. Each variant is documented by the KQL that produces it.
//!
//! Meaning (names, types, schemas) is the task of the engine's binder; the tree knows no tables.

mod expr;
mod graph;
mod literal;
mod operator;
mod rows;
mod source;
mod statement;
mod subquery;
mod text;
mod traverse;

pub use expr::*;
pub use graph::*;
pub use literal::*;
pub use operator::*;
pub use rows::*;
pub use source::*;
pub use statement::*;
pub use subquery::*;
pub use text::*;
pub use traverse::{Fold, Visit, fold, fold_expr, visit, visit_expr};

use crate::Span;

/// A name as a value: `x`, `['a b']`, `["a b"]`, `$left`, also a wildcard pattern such as `Device*`.
#[derive(Clone, PartialEq, Debug)]
pub struct Name {
    /// The name itself, without brackets and quotes.
    pub text: String,
    /// Its position in the text, brackets included.
    pub span: Span,
}

//! What was written, as data. Each variant is documented by the KQL that produces it.
//!
//! Meaning (names, types, schemas) is the business of the engine's binder; nothing here knows a table.

mod expr;
mod literal;
mod operator;
mod statement;

pub use expr::*;
pub use literal::*;
pub use operator::*;
pub use statement::*;

use crate::Span;

/// A name as a value: `x`, `['a b']`, `["a b"]`, `$left`, also a wildcard pattern such as `Device*`.
#[derive(Clone, PartialEq, Debug)]
pub struct Name {
    /// The name itself, without brackets and quotes.
    pub text: String,
    /// Where it stands, brackets included.
    pub span: Span,
}

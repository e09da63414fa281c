//! Text of the Kusto Query Language to tokens to AST, with spans and diagnostics.
//!
//! [`parse`] never fails: it returns a tree and a list of what is wrong with the text.

pub mod ast;
mod diagnostic;
mod span;

pub use diagnostic::{Code, Diagnostic, Label, Severity};
pub use span::Span;

/// What [`parse`] returns.
#[derive(Debug)]
pub struct Parse {
    /// The tree; where the text is wrong it has `Error` nodes.
    pub query: ast::Query,
    /// What is wrong, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

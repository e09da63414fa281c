//! Everything a user can read about a query, from the lexer to the binder, in one type.
//!
//! [`crate::codes`] lists the conditions.

use crate::{Code, Span};

/// The severity of a diagnostic.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Severity {
    /// The query is refused.
    Error,
    /// The query runs, but the user should know something about it.
    Warning,
}

/// A second position in the text that belongs to the message.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Label {
    /// The position.
    pub span: Span,
    /// What it shows.
    pub text: String,
}

/// One message about a query.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnostic {
    /// The condition: `KS…` if it is Microsoft's, else `KQ…`.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One sentence.
    pub message: String,
    /// The position in the text.
    pub span: Span,
    /// Further positions.
    pub labels: Vec<Label>,
    /// What to do about it, if known.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { code, severity: Severity::Error, message: message.into(), span, labels: Vec::new(), help: None }
    }

    /// A warning at `span`.
    pub fn warning(code: Code, span: Span, message: impl Into<String>) -> Self {
        Diagnostic { severity: Severity::Warning, ..Diagnostic::error(code, span, message) }
    }

    /// Adds advice.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Adds a second position.
    pub fn with_label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// Whether the query is refused.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

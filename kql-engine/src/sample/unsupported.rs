//! Why no rows can be made for a query.

use kql_parser::Span;

/// Why no rows can be made for a query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsupported {
    /// A part of the query never has rows.
    #[error(
        "a part of the query never has a row: its conditions exclude each other, or it reads what has no rows here"
    )]
    Empty,
    /// A function over whole tables.
    #[error("no row can be made through {0}")]
    Function(String),
    /// The conditions are too many.
    #[error("the conditions of the query are too many")]
    TooLarge,
    /// No value was found that a condition asks for; its position.
    #[error("no value was found for a condition")]
    At(Span),
    /// No value was found that a condition asks for; its text, and its position.
    #[error("no value was found for the condition {0}")]
    Condition(String, Span),
    /// No value was found that a condition in the body of a saved function asks for; its name, and the position of the call.
    #[error("no value was found for a condition in the function '{0}'")]
    InFunction(String, Span),
}

impl Unsupported {
    /// The reason with the text of its condition. A condition in the body of a saved function is at the call of the function.
    pub(super) fn named(self, text: &str, is_saved: impl Fn(&str) -> bool) -> Unsupported {
        let Unsupported::At(span) = self else { return self };
        let written = span.text(text);
        let called = written.split('(').next().unwrap_or_default().trim();
        if is_saved(called) {
            Unsupported::InFunction(called.to_owned(), span)
        } else if written.contains(char::is_alphanumeric) {
            Unsupported::Condition(written.split_whitespace().collect::<Vec<_>>().join(" "), span)
        } else {
            self
        }
    }

    /// The position in the query, if it is known.
    pub fn span(&self) -> Option<Span> {
        match self {
            Unsupported::Condition(_, span) | Unsupported::InFunction(_, span) => Some(*span),
            _ => None,
        }
    }
}

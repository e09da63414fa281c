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
    /// An operator whose conditions cannot be solved.
    #[error("no row can be made through the operator {0}")]
    Operator(&'static str),
    /// A function over whole tables.
    #[error("no row can be made through {0}")]
    Function(String),
    /// The conditions are too many.
    #[error("the conditions of the query are too many")]
    TooLarge,
    /// No value was found that a condition asks for; its position.
    #[error("no value was found for a condition")]
    At(Span),
    /// No value was found that a condition asks for; its text.
    #[error("no value was found for the condition {0}")]
    Condition(String),
}

impl Unsupported {
    /// The reason with the text of its condition.
    pub(super) fn named(self, text: &str) -> Unsupported {
        match self {
            // a condition in the body of a saved function is not in the text
            Unsupported::At(span) if span.text(text).contains(char::is_alphanumeric) => {
                Unsupported::Condition(span.text(text).to_owned())
            }
            other => other,
        }
    }
}

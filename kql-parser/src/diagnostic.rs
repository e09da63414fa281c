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

    /// The text that the help proposes, and what it takes the place of: a name, or the first token at the position. Editors
    /// can put it there.
    pub fn replacement(&self, source: &str) -> Option<(Span, &str)> {
        let wrong = self.span.text(source);
        let help = self.help.as_deref()?;
        let first = crate::lex(wrong).tokens.first().map(|token| token.span)?;
        let first = Span::new(self.span.start + first.start, self.span.start + first.end);
        let is_name = !wrong.contains(|c: char| c.is_whitespace() || matches!(c, '(' | ')' | ',' | ';'));
        let name = if is_name { self.span } else { first };
        let (at, new) = if let Some(rest) = help.strip_prefix("did you mean '") {
            (self.span, rest.strip_suffix("'?").filter(|_| is_name)?)
        } else if let Some(rest) = help.strip_prefix("operators are lower case: ") {
            (name, rest)
        } else {
            (first, help.strip_prefix("use '")?.split_once('\'')?.0)
        };
        (!at.is_empty() && at.text(source) != new).then_some((at, new))
    }

    /// Whether the query is refused.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

#[cfg(test)]
mod tests {
    use crate::parse;

    #[test]
    fn what_can_be_put_instead() {
        let fixed = |text: &str| {
            let found = parse(text).diagnostics;
            found.iter().find_map(|d| d.replacement(text).map(|(at, new)| (at.text(text).to_owned(), new.to_owned())))
        };
        let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
        assert_eq!(fixed("T | wher a == 1"), pair("wher", "where"));
        assert_eq!(fixed("T | WHERE a == 1"), pair("WHERE", "where"));
        assert_eq!(fixed("T | where a = 1"), pair("=", "=="));
        assert_eq!(fixed("T | where a =1"), pair("=", "=="));
        assert_eq!(fixed("T | where a & b"), pair("&", "and"));
        assert_eq!(fixed("T | where a == 1"), None);
    }
}

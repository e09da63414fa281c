//! Findings with the source line and the position marked.

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use kql_parser::{Diagnostic, Label, Severity, Span};
use std::fmt::Write;

/// The number of findings that are shown. A text that is not KQL at all has thousands, each drawn with its line.
const SHOWN: usize = 50;

/// How serious a finding is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Weight {
    /// It must be mended.
    Error,
    /// It is probably wrong.
    Warning,
    /// It can be better.
    Note,
}

impl From<Severity> for Weight {
    fn from(severity: Severity) -> Weight {
        match severity {
            Severity::Error => Weight::Error,
            Severity::Warning => Weight::Warning,
        }
    }
}

/// A finding about a place of a text.
#[derive(Clone, Debug)]
pub struct Finding<'t> {
    /// How serious it is.
    pub weight: Weight,
    /// Its stable code, if it has one.
    pub code: Option<&'t str>,
    /// What is wrong, in a sentence.
    pub message: &'t str,
    /// The place.
    pub span: Span,
    /// Other places that explain it.
    pub labels: &'t [Label],
    /// What to do.
    pub help: Option<&'t str>,
}

impl<'t> From<&'t Diagnostic> for Finding<'t> {
    fn from(d: &'t Diagnostic) -> Finding<'t> {
        Finding {
            weight: d.severity.into(),
            code: Some(d.code.as_str()),
            message: &d.message,
            span: d.span,
            labels: &d.labels,
            help: d.help.as_deref(),
        }
    }
}

impl Finding<'_> {
    /// The finding as text, with its line of the text that is called `path`; coloured for a terminal.
    pub fn render(&self, text: &str, path: &str, colours: bool) -> String {
        let renderer = if colours { Renderer::styled() } else { Renderer::plain() };
        let level = match self.weight {
            Weight::Error => Level::ERROR,
            Weight::Warning => Level::WARNING,
            Weight::Note => Level::NOTE,
        };
        let mut snippet =
            Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(range(text, self.span)));
        for label in self.labels {
            snippet =
                snippet.annotation(AnnotationKind::Context.span(range(text, label.span)).label(label.text.as_str()));
        }
        let mut title = level.primary_title(self.message);
        if let Some(code) = self.code {
            title = title.id(code);
        }
        let mut group = title.element(snippet);
        if let Some(help) = self.help {
            group = group.element(Level::HELP.message(help));
        }
        renderer.render(&[group]) + "\n"
    }
}

/// The findings in a text that is called `path`: the first 50, and the number of the others.
pub fn render(text: &str, path: &str, diagnostics: &[Diagnostic], colours: bool) -> String {
    let mut out = String::new();
    for d in diagnostics.iter().take(SHOWN) {
        out.push_str(&Finding::from(d).render(text, path, colours));
    }
    if let Some(more) = diagnostics.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(out, "note: {more} more findings are not shown");
    }
    out
}

/// The range of a span, moved to character boundaries.
fn range(text: &str, span: Span) -> std::ops::Range<usize> {
    let floor = |at: u32| {
        let mut at = (at as usize).min(text.len());
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        at
    };
    let (start, end) = (floor(span.start), floor(span.end));
    start..end.max(start)
}

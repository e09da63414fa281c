//! Findings with the source line and the position marked.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use kql_detection::Problem;
use kql_parser::{Diagnostic, Severity, Span};
use std::fmt::Write;
use std::io::IsTerminal;

/// The number of findings that are shown. A text that is not KQL at all has thousands, each drawn with its line.
const SHOWN: usize = 50;

/// The findings in a text, for standard error: the first [`SHOWN`], and the number of the others.
pub fn render(text: &str, path: &str, diagnostics: &[Diagnostic]) -> String {
    let renderer = renderer();
    let mut out = String::new();
    for d in diagnostics.iter().take(SHOWN) {
        let level = match d.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let mut snippet =
            Snippet::source(text).path(path).annotation(AnnotationKind::Primary.span(range(text, d.span)));
        for label in &d.labels {
            snippet =
                snippet.annotation(AnnotationKind::Context.span(range(text, label.span)).label(label.text.as_str()));
        }
        let mut group = level.primary_title(d.message.as_str()).id(d.code.as_str()).element(snippet);
        if let Some(help) = &d.help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push('\n');
    }
    if let Some(more) = diagnostics.len().checked_sub(SHOWN).filter(|more| *more > 0) {
        let _ = writeln!(out, "note: {more} more findings are not shown");
    }
    out
}

fn renderer() -> Renderer {
    if std::io::stderr().is_terminal() { Renderer::styled() } else { Renderer::plain() }
}

/// What is wrong with a rule file, for standard error.
pub fn problem(problem: &Problem, severity: Severity) -> String {
    let level = match severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let path = problem.file.to_string_lossy();
    let Some(place) = problem.place else {
        return format!("{}: {problem}\n", if severity == Severity::Error { "error" } else { "warning" });
    };
    let span = Span { start: position(place.start), end: position(place.end) };
    let snippet = Snippet::source(&*problem.text)
        .path(&*path)
        .annotation(AnnotationKind::Primary.span(range(&problem.text, span)));
    let mut group: Group<'_> = level.primary_title(problem.message.as_str()).element(snippet);
    if let Some(help) = &problem.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    renderer().render(&[group]) + "\n"
}

/// A byte of a text as spans count them.
pub fn position(byte: usize) -> u32 {
    u32::try_from(byte).unwrap_or(u32::MAX)
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

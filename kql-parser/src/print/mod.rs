//! The tree as text, in one canonical layout.
//!
//! [`format()`] keeps comments and the spelling of literals and names; [`print()`] has only a tree, and uses canonical
//! spellings.

mod expr;
mod layout;
mod literal;
mod operator;
mod rows;
mod statement;

pub use literal::bracketed_name;

use crate::ast::{Name, Query};
use crate::word::{Word, word};
use crate::{Diagnostic, Span};
use layout::Piece;
use std::borrow::Cow;

/// A query in the canonical layout: one operator per line, comments kept. A text with errors is not formatted.
///
/// ```
/// let text = kql_parser::format("T|where a==1 // one\n|project a , b");
/// assert_eq!(text.unwrap(), "T\n| where a == 1 // one\n| project a, b\n");
/// ```
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parse = crate::parse(text);
    if parse.diagnostics.iter().any(Diagnostic::is_error) {
        return Err(parse.diagnostics);
    }
    let comments = crate::lex(text).comments;
    Ok(on_a_large_stack(|| Printer::new(Some(text), &comments).query(&parse.query)))
}

/// A tree as text; parsing it returns the same tree.
///
/// ```
/// let parse = kql_parser::parse("T | where a==1 | take 0x10");
/// assert_eq!(kql_parser::print(&parse.query), "T\n| where a == 1\n| take 16\n");
/// ```
pub fn print(query: &Query) -> String {
    on_a_large_stack(|| Printer::new(None, &[]).query(query))
}

/// Uses a large stack: brackets can be nested deeper than the caller's stack allows.
fn on_a_large_stack(work: impl Fn() -> String + Sync) -> String {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(crate::DEEP_STACK);
        match thread.spawn_scoped(scope, &work).map(|thread| thread.join()) {
            Ok(Ok(text)) => text,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            // without threads, the caller's stack is used
            Err(_) => work(),
        }
    })
}

/// Converts a tree to a stream of pieces.
struct Printer<'a> {
    source: Option<&'a str>,
    comments: &'a [Span],
    pieces: Vec<Piece<'a>>,
}

impl<'a> Printer<'a> {
    fn new(source: Option<&'a str>, comments: &'a [Span]) -> Self {
        Printer { source, comments, pieces: Vec::new() }
    }

    fn query(mut self, query: &Query) -> String {
        self.statements(&query.statements);
        self.comments_before(u32::MAX);
        layout::lines(&self.pieces)
    }

    fn text(&mut self, text: impl Into<Cow<'a, str>>) {
        self.pieces.push(Piece::Text(text.into()));
    }

    fn line(&mut self) {
        self.pieces.push(Piece::Line);
    }

    /// A part that is printed on one line if it fits.
    fn group(&mut self, inner: impl FnOnce(&mut Self)) {
        self.pieces.push(Piece::Open);
        inner(self);
        self.pieces.push(Piece::Close);
    }

    /// A part that is indented.
    fn nest(&mut self, inner: impl FnOnce(&mut Self)) {
        self.pieces.push(Piece::In);
        inner(self);
        self.pieces.push(Piece::Out);
    }

    /// Items separated by commas.
    fn commas<T>(&mut self, items: &[T], mut item: impl FnMut(&mut Self, &T)) {
        for (n, e) in items.iter().enumerate() {
            if n > 0 {
                self.text(",");
                self.line();
            }
            item(self, e);
        }
    }

    /// `name item, item`; the items are below the name if they do not fit beside it.
    fn list<T>(&mut self, name: &'static str, items: &[T], item: impl FnMut(&mut Self, &T)) {
        self.text(name);
        if items.is_empty() {
            return;
        }
        self.group(|p| {
            p.nest(|p| {
                p.line();
                p.commas(items, item);
            });
        });
    }

    /// Items separated by commas between brackets; `end` is the position of the closing one.
    fn bracketed<T>(
        &mut self,
        brackets: [&'static str; 2],
        items: &[T],
        end: u32,
        mut item: impl FnMut(&mut Self, &T),
    ) {
        let [open, close] = brackets;
        self.text(open);
        self.group(|p| {
            p.nest(|p| {
                if !items.is_empty() {
                    p.pieces.push(Piece::Soft);
                }
                p.commas(items, &mut item);
                p.comments_before(end);
            });
            if !items.is_empty() {
                p.pieces.push(Piece::Soft);
            }
        });
        self.text(close);
    }

    /// The comments before a position of the source that are not written yet.
    fn comments_before(&mut self, place: u32) {
        let Some(source) = self.source else { return };
        while let Some((first, rest)) = self.comments.split_first() {
            if first.start >= place {
                return;
            }
            self.pieces.push(Piece::Comment(first.text(source).trim_end(), begins_line(source, *first)));
            self.comments = rest;
        }
    }

    /// A name as it is written in the source, else in brackets if it needs them.
    fn name(&mut self, name: &Name) {
        self.comments_before(name.span.start);
        match self.written(name.span) {
            Some(text) => self.text(text),
            None if is_plain(&name.text) => self.text(name.text.clone()),
            None => self.text(bracketed_name(&name.text)),
        }
    }

    /// A word that never has brackets: `hint.strategy`, the name of a function.
    fn word(&mut self, name: &Name) {
        self.comments_before(name.span.start);
        self.text(name.text.clone());
    }

    /// The source text of a span, if there is a source and the node is from it.
    fn written(&self, span: Span) -> Option<&'a str> {
        let text = span.text(self.source?);
        (!text.is_empty()).then_some(text)
    }
}

/// Whether a name needs no brackets.
fn is_plain(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_alphabetic() || matches!(c, '_' | '$'))
        && chars.all(|c| c.is_alphanumeric() || c == '_')
        && word(name) == Word::Name
}

/// Whether only blanks precede a span on its line.
fn begins_line(source: &str, span: Span) -> bool {
    let before = source.get(..span.start as usize).unwrap_or("");
    let line = before.rsplit('\n').next().unwrap_or("");
    line.trim().is_empty()
}

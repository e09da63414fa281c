//! Where the operators of a query are through which no rows can be made.

use kql_parser::Span;
use kql_parser::ast::{Operator, OperatorKind, Visit, visit};

/// The first operator that makes rows of several others, whose conditions are not solved.
pub fn unsolved(query: &str) -> Option<(&'static str, Span)> {
    let parse = kql_parser::parse(query);
    let mut finder = Finder(None);
    visit(&mut finder, &parse.query);
    finder.0
}

struct Finder(Option<(&'static str, Span)>);

impl Visit for Finder {
    fn enter_operator(&mut self, operator: &Operator) -> bool {
        if matches!(operator.kind, OperatorKind::MakeSeries(_)) {
            self.0.get_or_insert(("make-series", operator.name_span));
        }
        self.0.is_none()
    }
}

/// Where an operator or a plugin is named.
pub fn named(query: &str, name: &str) -> Option<Span> {
    let tokens = kql_parser::lex(query).tokens.into_iter();
    tokens.map(|token| token.span).find(|span| span.text(query) == name).or_else(|| {
        // the name of an operator can be several tokens
        let start = query.find(name)?;
        Some(Span { start: u32::try_from(start).ok()?, end: u32::try_from(start + name.len()).ok()? })
    })
}

//! `declare pattern`: tables for certain arguments, and calls of them.

use super::statements::Called;
use super::{Binder, Row, Symbol, UserPattern};
use crate::plan::Relation;
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};
use std::sync::Arc;

impl Binder<'_> {
    /// Declares a pattern; a pattern without matches is only announced.
    pub(super) fn declare_pattern(&mut self, pattern: &ast::Pattern) {
        let Some(declaration) = &pattern.declaration else { return };
        let symbol = UserPattern {
            name: pattern.name.text.clone(),
            declaration: declaration.clone(),
            scope: self.scope.clone(),
        };
        self.scope = self.scope.with(pattern.name.text.clone(), Symbol::Pattern(Arc::new(symbol)));
    }

    /// The table that a pattern returns for the arguments and the path.
    pub(super) fn pattern_table(
        &mut self,
        pattern: &Arc<UserPattern>,
        call: &ast::Call,
        path: Option<&str>,
        span: Span,
    ) -> Relation {
        let mut given = Vec::with_capacity(call.args.len());
        for arg in &call.args {
            given.push(self.constant_text(arg));
        }
        let matches = &pattern.declaration.matches;
        let found = matches.iter().find(|m| {
            let same = m.arguments.len() == given.len()
                && m.arguments.iter().zip(&given).all(|(want, have)| literal(want) == *have && have.is_some());
            same && m.path.as_ref().and_then(literal).as_deref() == path
        });
        let Some(found) = found else {
            let message = format!("The pattern '{}' does not match these arguments.", pattern.name);
            self.report(
                Diagnostic::error(codes::NO_PATTERN_MATCH, span, message)
                    .with_help(format!("it has {} matches, each for fixed literals", matches.len())),
            );
            return self.empty_relation();
        };
        let mut scope = pattern.scope.clone();
        for (parameter, value) in pattern.declaration.parameters.iter().zip(&call.args) {
            let bound = self.expr(value, Row::default());
            scope = scope.with(parameter.name.text.clone(), Symbol::Scalar(bound));
        }
        let saved = std::mem::replace(&mut self.scope, scope);
        let called = self.deeper(&pattern.name, span, |binder| binder.function_body(&found.body));
        self.scope = saved;
        match called {
            Some(Called::Table(relation)) => relation,
            Some(Called::Scalar(_)) => {
                self.error(codes::TABLE_EXPECTED, span, "The result of a pattern match must be a table.");
                self.empty_relation()
            }
            None => self.empty_relation(),
        }
    }

    fn constant_text(&mut self, e: &ast::Expr) -> Option<String> {
        let bound = self.expr(e, Row::default());
        let value = bound.as_constant().and_then(Value::as_text).map(str::to_owned);
        if value.is_none() {
            self.error(codes::LITERAL_EXPECTED, e.span, "Expected a string literal.");
        }
        value
    }
}

fn literal(e: &ast::Expr) -> Option<String> {
    match &e.kind {
        ast::ExprKind::Literal(ast::Literal::String(text)) => Some(text.clone()),
        ast::ExprKind::Parens(inner) => literal(inner),
        _ => None,
    }
}

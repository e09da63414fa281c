//! Statements.

use super::Printer;
use super::layout::Piece;
use crate::Span;
use crate::ast::{
    Expr, ExprKind, Function, LetValue, Parameter, ParameterType, Pattern, Restrict, Statement, StatementKind,
};

impl<'a> Printer<'a> {
    /// Statements separated by semicolons, each on separate lines.
    pub(super) fn statements(&mut self, statements: &[Statement]) {
        let mut end = 0;
        for (n, statement) in statements.iter().enumerate() {
            if n > 0 {
                self.text(";");
            }
            self.gap(end, statement.span.start, n > 0);
            self.statement(statement);
            end = statement.span.end;
        }
    }

    /// Comments and empty lines between two statements.
    fn gap(&mut self, mut from: u32, to: u32, mut broken: bool) {
        let Some(source) = self.source else {
            if broken {
                self.pieces.push(Piece::Hard);
            }
            return;
        };
        let empty_line =
            |from: u32, to: u32| Span::new(from, to.max(from)).text(source).bytes().filter(|b| *b == b'\n').count() > 1;
        while let Some(comment) = self.comments.first().copied().filter(|c| c.start < to) {
            if super::begins_line(source, comment) && broken {
                self.pieces.push(if empty_line(from, comment.start) { Piece::Blank } else { Piece::Hard });
            }
            self.comments_before(comment.end);
            broken = true;
            from = comment.end;
        }
        if broken {
            self.pieces.push(if empty_line(from, to) { Piece::Blank } else { Piece::Hard });
        }
    }

    fn statement(&mut self, statement: &Statement) {
        match &statement.kind {
            StatementKind::Let(l) => {
                self.text("let ");
                self.name(&l.name);
                self.text(" =");
                match &l.value {
                    LetValue::Expr(e) => self.let_value(e),
                    LetValue::Function(function) => {
                        self.text(" ");
                        self.function(function);
                    }
                }
            }
            StatementKind::Set(name, value) => {
                self.text("set ");
                self.name(name);
                if let Some(value) = value {
                    self.text(" = ");
                    self.expr(value);
                }
            }
            StatementKind::DeclareQueryParameters(parameters) => {
                self.text("declare query_parameters");
                self.bracketed(["(", ")"], parameters, 0, |p, parameter| p.parameter(parameter));
            }
            StatementKind::DeclarePattern(pattern) => self.pattern(pattern),
            StatementKind::Alias(name, e) => {
                self.text("alias database ");
                self.name(name);
                self.text(" = ");
                self.expr(e);
            }
            StatementKind::Restrict(restrict) => self.restrict(restrict),
            StatementKind::Expr(e) => self.result(e),
            StatementKind::Error => {}
        }
    }

    /// The result of a query: one operator per line, if there are several.
    fn result(&mut self, e: &Expr) {
        if steps(e) > 1 {
            self.expr(e);
        } else {
            self.group(|p| p.expr(e));
        }
    }

    /// A pipeline of several steps is indented below the name.
    fn let_value(&mut self, e: &Expr) {
        if steps(e) > 1 {
            self.nest(|p| {
                p.pieces.push(Piece::Hard);
                p.expr(e);
            });
            return;
        }
        if matches!(e.kind, ExprKind::Pipeline(_)) {
            self.group(|p| {
                p.nest(|p| {
                    p.line();
                    p.expr(e);
                });
            });
            return;
        }
        self.text(" ");
        self.expr(e);
    }

    fn function(&mut self, function: &Function) {
        if function.view {
            self.text("view ");
        }
        self.bracketed(["(", ")"], &function.parameters, 0, |p, parameter| p.parameter(parameter));
        self.text(" {");
        self.body(&function.body, function.span.end.saturating_sub(1));
        self.text("}");
    }

    /// The content of braces.
    pub(super) fn body(&mut self, body: &[Statement], end: u32) {
        let long = body.len() > 1 || body.iter().any(|s| matches!(&s.kind, StatementKind::Expr(e) if steps(e) > 1));
        self.group(|p| {
            p.nest(|p| {
                p.pieces.push(if long { Piece::Hard } else { Piece::Line });
                p.statements(body);
                p.comments_before(end);
            });
            p.pieces.push(if long { Piece::Hard } else { Piece::Line });
        });
    }

    pub(super) fn parameter(&mut self, parameter: &Parameter) {
        self.declared(&parameter.name);
        self.text(": ");
        match &parameter.ty {
            ParameterType::Scalar(ty) => self.text(ty.text.clone()),
            ParameterType::Tabular(columns, star) => {
                self.text("(");
                self.columns_and_star(columns, *star);
                self.text(")");
            }
        }
        if let Some(default) = &parameter.default {
            self.text(" = ");
            self.expr(default);
        }
    }

    fn pattern(&mut self, pattern: &Pattern) {
        self.text("declare pattern ");
        self.name(&pattern.name);
        let Some(declaration) = &pattern.declaration else { return };
        self.text(" = ");
        self.schema(&declaration.parameters);
        if let Some(path) = &declaration.path {
            self.text("[");
            self.column(path);
            self.text("]");
        }
        self.text(" {");
        self.nest(|p| {
            for found in &declaration.matches {
                p.pieces.push(Piece::Hard);
                p.comments_before(found.span.start);
                p.bracketed(["(", ")"], &found.arguments, 0, |p, e| p.expr(e));
                if let Some(path) = &found.path {
                    p.text(".[");
                    p.expr(path);
                    p.text("]");
                }
                p.text(" = {");
                p.body(&found.body, 0);
                p.text("};");
            }
        });
        self.pieces.push(Piece::Hard);
        self.text("}");
    }

    fn restrict(&mut self, restrict: &Restrict) {
        self.text("restrict access to ");
        self.bracketed(["(", ")"], &restrict.entities, 0, |p, e| p.table(e));
        self.with(&restrict.properties);
    }
}

/// The number of operators after a pipeline's source.
pub(super) fn steps(e: &Expr) -> usize {
    match &e.kind {
        ExprKind::Pipeline(pipeline) => {
            (pipeline.operators.len() + usize::from(pipeline.source.is_some())).saturating_sub(1)
        }
        _ => 0,
    }
}

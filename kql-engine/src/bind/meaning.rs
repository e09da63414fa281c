//! Records what the parts of a query stand for, if a tool asks for it.

use super::Binder;
use crate::meaning::{ColumnMeaning, ExprMeaning, OperatorMeaning, Parts, TableUse};
use crate::plan::{Expr, ExprKind, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::{Span, ast};
use std::collections::hash_map::Entry;
use std::sync::Arc;

/// Functions whose value differs from row to row although they have no column.
const RANDOM: [&str; 2] = ["rand", "new_guid"];

/// Functions whose value depends on the columns of their table, which other data can have.
const OF_SCHEMA: [&str; 2] = ["column_ifexists", "columnifexists"];

/// The parts recorded so far.
#[derive(Debug, Default)]
pub struct Recorder {
    pub parts: Parts,
    /// The last list of columns: what an operator returns is what the next one gets.
    last: Arc<Vec<ColumnMeaning>>,
}

impl Recorder {
    fn columns(&mut self, columns: &[PlanColumn]) -> Arc<Vec<ColumnMeaning>> {
        let same = self.last.len() == columns.len()
            && self.last.iter().zip(columns).all(|(a, b)| a.id == b.id && a.ty == b.ty && a.name == b.name);
        if !same {
            let meaning = |c: &PlanColumn| ColumnMeaning { id: c.id, name: c.name.clone(), ty: c.ty };
            self.last = Arc::new(columns.iter().map(meaning).collect());
        }
        self.last.clone()
    }
}

impl Binder<'_> {
    /// Records what an expression stands for.
    pub(super) fn record_expr(&mut self, e: &ast::Expr, bound: &Expr) {
        if self.recorder.is_none() || self.in_saved_function() {
            return;
        }
        let constant = self.constant_value(e, bound);
        let column = match bound.kind {
            ExprKind::Column(id) if matches!(e.kind, ast::ExprKind::Name(_) | ast::ExprKind::Path(..)) => Some(id),
            _ => None,
        };
        let Some(recorder) = &mut self.recorder else { return };
        match recorder.parts.expressions.entry(e.span) {
            Entry::Vacant(entry) => {
                entry.insert(ExprMeaning { ty: bound.ty, constant, column });
            }
            // the body of a function is bound once for each call
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                if known.ty != bound.ty {
                    known.ty = ScalarType::Unknown;
                }
                if known.constant != constant {
                    known.constant = None;
                }
                if known.column != column {
                    known.column = None;
                }
            }
        }
    }

    fn constant_value(&self, e: &ast::Expr, bound: &Expr) -> Option<Value> {
        // a column of an unknown table is bound as a constant, too
        if bound.ty == ScalarType::Unknown || !self.is_written_constant(e) {
            return None;
        }
        if let Some(value) = bound.as_constant() {
            return Some(value.clone());
        }
        let mut alone = true;
        bound.walk(&mut |part| match &part.kind {
            ExprKind::Column(_) | ExprKind::Stage(_) | ExprKind::Error => alone = false,
            ExprKind::Call(function, _) => alone &= !RANDOM.contains(&function.name),
            ExprKind::Constant(_) | ExprKind::Convert(_) => {}
        });
        if alone { self.environment.constant(bound) } else { None }
    }

    /// Whether an expression consists of literals and of names and calls that are constants.
    fn is_written_constant(&self, e: &ast::Expr) -> bool {
        let all = |parts: &[&ast::Expr]| parts.iter().all(|part| self.is_known_constant(part.span));
        match &e.kind {
            ast::ExprKind::Literal(_) => true,
            ast::ExprKind::Name(name) => {
                matches!(self.scope.find(&name.text), Some(super::Symbol::Scalar(_) | super::Symbol::Function(_)))
            }
            ast::ExprKind::Parens(inner) | ast::ExprKind::Unary(_, inner) => all(&[inner]),
            ast::ExprKind::Binary(b) if matches!(b.op, ast::BinaryOp::And | ast::BinaryOp::Or) => false,
            ast::ExprKind::Binary(b) => all(&[&b.left, &b.right]),
            ast::ExprKind::In(i) => all(&[&i.left]) && i.items.iter().all(|item| self.is_known_constant(item.span)),
            ast::ExprKind::Between(b) => all(&[&b.value, &b.low, &b.high]),
            ast::ExprKind::Call(call) if OF_SCHEMA.contains(&call.name.text.as_str()) => false,
            ast::ExprKind::Call(call) => call.args.iter().all(|arg| match &arg.kind {
                ast::ExprKind::Named(named) => self.is_known_constant(named.value.span),
                _ => self.is_known_constant(arg.span),
            }),
            _ => false,
        }
    }

    fn is_known_constant(&self, span: Span) -> bool {
        let parts = self.recorder.as_ref().map(|recorder| &recorder.parts);
        parts.and_then(|parts| parts.expressions.get(&span)).is_some_and(|e| e.constant.is_some())
    }

    /// Records what an operator does with the columns.
    pub fn record_operator(&mut self, operator: &ast::Operator, input: &[PlanColumn], output: &Relation) {
        if self.in_saved_function() {
            return;
        }
        let Some(recorder) = &mut self.recorder else { return };
        let input = recorder.columns(input);
        let meaning = OperatorMeaning { input, output: recorder.columns(&output.columns), is_open: output.open };
        recorder.parts.operators.insert(operator.span, meaning);
    }

    /// Whether the parts of the query are recorded.
    pub fn records(&self) -> bool {
        self.recorder.is_some()
    }

    /// Records that the query reads a table.
    pub(super) fn record_table(&mut self, name: &str, span: Span, columns: &[PlanColumn]) {
        if self.in_saved_function() {
            return;
        }
        let Some(recorder) = &mut self.recorder else { return };
        let table = recorder.parts.tables.len();
        recorder.parts.tables.push(TableUse { name: name.to_owned(), span });
        recorder.parts.origins.extend(columns.iter().map(|column| (column.id, table)));
    }
}

//! Expressions.

use super::Printer;
use super::layout::Piece;
use crate::ast::{
    BinaryOp, Call, ColumnDeclaration, DataScope, Datatable, Expr, ExprKind, Externaldata, InlineExternalTable,
    Literal, MaterializedViewCombine, PathPart, Pipeline, Property, TypeOf, UnaryOp,
};
use crate::grammar::expression::{EQUALITY, STRING, power};
use crate::time;

const PARENS: [&str; 2] = ["(", ")"];
const BRACKETS: [&str; 2] = ["[", "]"];

impl<'a> Printer<'a> {
    /// An expression.
    pub(super) fn expr(&mut self, e: &Expr) {
        self.comments_before(e.span.start);
        let end = e.span.end.saturating_sub(1);
        match &e.kind {
            ExprKind::Literal(literal) => self.literal(literal, e.span),
            ExprKind::Name(name) => self.name(name),
            ExprKind::Wildcard(name) => match self.written(name.span) {
                Some(text) => self.text(text),
                None => self.text(format!("[{}]", name.text)),
            },
            ExprKind::Star => self.text("*"),
            ExprKind::Path(base, name) => {
                self.expr(base);
                self.text(".");
                self.name(name);
            }
            ExprKind::Method(base, call) => {
                self.expr(base);
                self.text(".");
                self.call(call, end);
            }
            ExprKind::Element(base, index) => {
                self.expr(base);
                self.text("[");
                self.expr(index);
                self.text("]");
            }
            ExprKind::Call(call) => self.call(call, end),
            ExprKind::CallOfKind(parts) => {
                let (call, kind) = &**parts;
                self.word(&call.name);
                self.text(" ");
                self.property(kind);
                self.text(" ");
                self.bracketed(PARENS, &call.args, end, |p, arg| p.expr(arg));
            }
            ExprKind::Unary(op, operand) => self.unary(*op, operand),
            ExprKind::Binary(_) => self.chain(e),
            ExprKind::Match(left, right) => {
                self.operand(left, STRING + 1);
                self.text(": ");
                self.operand(right, STRING + 1);
            }
            ExprKind::In(list) => {
                self.operand(&list.left, EQUALITY + 1);
                self.comments_before(list.op_span.start);
                self.text(format!(" {} ", list.op.text()));
                self.filled(PARENS, &list.items, list.items_span.end.saturating_sub(1));
            }
            ExprKind::Between(between) => {
                self.operand(&between.value, EQUALITY + 1);
                self.comments_before(between.op_span.start);
                self.text(if between.negated { " !between (" } else { " between (" });
                self.expr(&between.low);
                self.text(" .. ");
                self.expr(&between.high);
                self.text(")");
            }
            ExprKind::Named(named) => {
                if named.tuple {
                    self.bracketed(PARENS, &named.names, 0, |p, name| p.declared(name));
                } else {
                    named.names.iter().for_each(|name| self.declared(name));
                }
                self.text(" = ");
                self.expr(&named.value);
            }
            ExprKind::Parens(inner) => {
                self.text("(");
                self.group(|p| {
                    p.nest(|p| {
                        p.pieces.push(Piece::Soft);
                        p.expr(inner);
                        p.comments_before(end);
                    });
                    p.pieces.push(Piece::Soft);
                });
                self.text(")");
            }
            ExprKind::Pipeline(pipeline) => self.pipeline(pipeline),
            ExprKind::Datatable(table) => self.datatable(table),
            ExprKind::Externaldata(data) => self.externaldata(data),
            ExprKind::TypeOf(ty) => self.type_of(ty),
            ExprKind::Names(names) => self.commas(names, |p, name| p.name(name)),
            ExprKind::Placeholder(name) => self.text(format!("{{{}}}", name.text)),
            ExprKind::DataScope(parts) => {
                let (table, scope) = &**parts;
                self.expr(table);
                self.text(" ");
                self.scope(scope);
            }
            ExprKind::EntityGroup(entities) => {
                self.text("entity_group ");
                self.bracketed(BRACKETS, entities, end, |p, e| p.expr(e));
            }
            ExprKind::InlineExternalTable(table) => self.inline_external_table(table),
            ExprKind::ContextualDatatable(table) => {
                self.text("__contextual_datatable ");
                self.expr(&table.id);
                self.text(" ");
                self.schema(&table.columns);
            }
            ExprKind::MaterializedViewCombine(combine) => self.view_combine(combine),
            ExprKind::Error => {}
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr) {
        self.text(match op {
            UnaryOp::Minus => "-",
            UnaryOp::Plus => "+",
        });
        match &operand.kind {
            // without the sign it does not fit a long
            ExprKind::Literal(Literal::Long(Some(i64::MIN))) if op == UnaryOp::Minus => {
                self.text("9223372036854775808");
            }
            // a datatable accepts -1h as a literal, but not -time(01:00:00)
            ExprKind::Literal(Literal::Timespan(Some(ticks))) if *ticks >= 0 => self.text(time::units(*ticks)),
            ExprKind::Unary(..) => self.in_parens(operand),
            _ => self.operand(operand, u8::MAX),
        }
    }

    fn in_parens(&mut self, e: &Expr) {
        self.text("(");
        self.expr(e);
        self.text(")");
    }

    /// An operand, in parentheses if it binds looser than `least`.
    fn operand(&mut self, e: &Expr, least: u8) {
        let power = match &e.kind {
            ExprKind::Binary(binary) => power(binary.op),
            ExprKind::In(_) | ExprKind::Between(_) => EQUALITY,
            ExprKind::Match(..) => STRING,
            ExprKind::Named(_) | ExprKind::Pipeline(_) => 0,
            _ => u8::MAX,
        };
        if power < least { self.in_parens(e) } else { self.expr(e) }
    }

    /// `a op b op c`, all of one power: a group of its operands, without recursion.
    fn chain(&mut self, e: &Expr) {
        let mut links = Vec::new();
        let mut first = e;
        let mut level = None;
        while let ExprKind::Binary(binary) = &first.kind {
            let power = power(binary.op);
            if *level.get_or_insert(power) != power || (!associates(power) && !links.is_empty()) {
                break;
            }
            links.push(binary);
            first = &binary.left;
        }
        let level = level.unwrap_or(0);
        self.group(|p| {
            p.operand(first, if associates(level) { level } else { level + 1 });
            p.nest(|p| {
                for binary in links.iter().rev() {
                    p.comments_before(binary.op_span.start);
                    if associates(level) {
                        p.line();
                    } else {
                        p.text(" ");
                    }
                    p.text(binary.op.text());
                    p.text(" ");
                    p.operand(&binary.right, level + 1);
                }
            });
        });
    }

    pub(super) fn call(&mut self, call: &Call, end: u32) {
        self.word(&call.name);
        match call.args.as_slice() {
            // a pipeline of several steps is indented below the name
            [only] if matches!(only.kind, ExprKind::Pipeline(_)) => {
                self.bracketed(PARENS, std::slice::from_ref(only), end, |p, arg| p.expr(arg));
            }
            args => self.bracketed(PARENS, args, end, |p, arg| p.expr(arg)),
        }
    }

    /// Items between brackets, as many per line as fit.
    pub(super) fn filled(&mut self, brackets: [&'static str; 2], items: &[Expr], end: u32) {
        let [open, close] = brackets;
        self.text(open);
        self.group(|p| {
            p.nest(|p| {
                for (n, e) in items.iter().enumerate() {
                    if n > 0 {
                        p.text(",");
                    }
                    p.pieces.push(if n == 0 { Piece::Soft } else { Piece::Fill });
                    p.expr(e);
                }
                p.comments_before(end);
            });
            p.pieces.push(Piece::Soft);
        });
        self.text(close);
    }

    /// `source | operator | operator`, one operator per line if it does not fit one line.
    pub(super) fn pipeline(&mut self, pipeline: &Pipeline) {
        if let Some(source) = &pipeline.source {
            self.expr(source);
        }
        for (n, operator) in pipeline.operators.iter().enumerate() {
            self.comments_before(operator.span.start);
            if n > 0 || pipeline.source.is_some() {
                self.line();
                self.text("| ");
            }
            self.operator(operator);
        }
    }

    pub(super) fn property(&mut self, property: &Property) {
        self.word(&property.name);
        self.text("=");
        self.value(property);
    }

    /// The value of a property; a word has no brackets.
    fn value(&mut self, property: &Property) {
        match &property.value.kind {
            ExprKind::Name(name) if self.source.is_none() && !name.text.contains([' ', '\'', '"']) => self.word(name),
            _ => self.expr(&property.value),
        }
    }

    pub(super) fn parameters(&mut self, parameters: &[Property]) {
        for parameter in parameters {
            self.text(" ");
            self.property(parameter);
        }
    }

    /// ` with (a = 1, b = 2)`
    pub(super) fn with(&mut self, properties: &[Property]) {
        if properties.is_empty() {
            return;
        }
        self.text(" with ");
        self.bracketed(PARENS, properties, 0, |p, property| p.spaced_property(property));
    }

    /// `a = 1`
    pub(super) fn spaced_property(&mut self, property: &Property) {
        self.word(&property.name);
        self.text(" = ");
        self.value(property);
    }

    pub(super) fn column(&mut self, column: &ColumnDeclaration) {
        self.declared(&column.name);
        self.text(": ");
        self.text(column.ty.text.clone());
    }

    pub(super) fn schema(&mut self, columns: &[ColumnDeclaration]) {
        self.bracketed(PARENS, columns, 0, |p, column| p.column(column));
    }

    fn type_of(&mut self, ty: &TypeOf) {
        self.text("typeof(");
        match ty {
            TypeOf::Scalar(ty) => self.text(ty.text.clone()),
            TypeOf::Tabular(columns, star) => self.columns_and_star(columns, *star),
        }
        self.text(")");
    }

    pub(super) fn columns_and_star(&mut self, columns: &[ColumnDeclaration], star: bool) {
        self.commas(columns, |p, column| p.column(column));
        if star {
            self.text(if columns.is_empty() { "*" } else { ", *" });
        }
    }

    pub(super) fn type_after_to(&mut self, ty: &TypeOf) {
        self.text(" to ");
        self.type_of(ty);
    }

    /// One row per line, if there are several.
    fn datatable(&mut self, table: &Datatable) {
        self.text("datatable");
        self.parameters(&table.parameters);
        self.text(" ");
        self.schema(&table.columns);
        self.text(" [");
        let width = table.columns.len().max(1);
        self.group(|p| {
            p.nest(|p| {
                for (n, value) in table.values.iter().enumerate() {
                    if n > 0 {
                        p.text(",");
                    }
                    if n == 0 {
                        p.pieces.push(Piece::Soft);
                    } else if n % width == 0 {
                        p.line();
                    } else {
                        p.text(" ");
                    }
                    p.expr(value);
                }
                p.comments_before(table.values_span.end.saturating_sub(1));
            });
            p.pieces.push(Piece::Soft);
        });
        self.text("]");
    }

    fn externaldata(&mut self, data: &Externaldata) {
        self.text("externaldata");
        self.parameters(&data.parameters);
        self.text(" ");
        self.schema(&data.columns);
        self.text(" ");
        self.bracketed(BRACKETS, &data.uris, 0, |p, uri| p.expr(uri));
        self.with(&data.properties);
    }

    pub(super) fn scope(&mut self, scope: &DataScope) {
        self.text("datascope=");
        self.word(&scope.value);
    }

    fn inline_external_table(&mut self, table: &InlineExternalTable) {
        self.text("inline_external_table ");
        if !table.columns.is_empty() {
            self.schema(&table.columns);
            self.text(" ");
        }
        self.text("kind=");
        self.word(&table.kind);
        if !table.partitions.is_empty() {
            self.text(" partition by ");
            self.bracketed(PARENS, &table.partitions, 0, |p, partition| {
                p.column(&partition.column);
                if let Some(value) = &partition.value {
                    p.text(" = ");
                    p.expr(value);
                }
            });
        }
        if !table.path.is_empty() {
            self.text(" pathformat=(");
            for (n, part) in table.path.iter().enumerate() {
                if n > 0 {
                    self.text(" ");
                }
                match part {
                    PathPart::Text(text) => self.text(super::literal::quoted(text, '"')),
                    PathPart::Column(name) => self.name(name),
                    PathPart::Datetime(pattern, name) => {
                        self.text(format!("datetime_pattern({}, ", super::literal::quoted(pattern, '"')));
                        self.name(name);
                        self.text(")");
                    }
                }
            }
            self.text(")");
        }
        if let Some(format) = &table.format {
            self.text(" dataformat=");
            self.word(format);
        }
        self.text(" ");
        self.bracketed(PARENS, &table.uris, 0, |p, uri| p.expr(uri));
        self.with(&table.properties);
    }

    fn view_combine(&mut self, combine: &MaterializedViewCombine) {
        self.text("materialized-view-combine ");
        self.in_parens(&combine.name);
        self.text(" base ");
        self.in_parens(&combine.base);
        self.text(" delta ");
        self.in_parens(&combine.delta);
        self.text(" aggregations (");
        self.summarize(&combine.aggregations);
        self.text(")");
    }

    /// A name before `=` or `:`.
    pub(super) fn declared(&mut self, name: &crate::ast::Name) {
        self.name(name);
    }
}

/// Whether operators of this power can follow each other.
fn associates(level: u8) -> bool {
    matches!(level, 1 | 2 | 5 | 6)
}

const _: () = {
    // what `associates` assumes about the powers
    assert!(power(BinaryOp::Or) == 1 && power(BinaryOp::And) == 2);
    assert!(power(BinaryOp::Add) == 5 && power(BinaryOp::Multiply) == 6);
};

//! Functions whose meaning needs more than their arguments' values: the scope, or a table.

use super::{Binder, Row};
use crate::plan::{Expr, ExprKind, StageKind};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};

/// Their names, for suggestions.
pub const NAMES: &[&str] = &[
    "toscalar",
    "materialize",
    "column_ifexists",
    "iscolumnexists",
    "table",
    "pack_all",
    "bag_pack_columns",
    "ingestion_time",
    "bin_auto",
    "column_names_of",
];

impl Binder<'_> {
    /// Binds a call of one of these; none where the function is not one of them.
    pub fn special(&mut self, call: &ast::Call, span: Span, row: Row) -> Option<Expr> {
        if self.pattern.is_some()
            && let Some(found) = self.pattern_call(call, span, row)
        {
            return Some(found);
        }
        Some(match call.name.text.as_str() {
            "toscalar" => self.toscalar(call, span),
            "column_ifexists" | "columnifexists" => self.column_ifexists(call, span, row),
            "iscolumnexists" => self.iscolumnexists(call, span, row),
            "pack_all" => self.pack_all(call, span, row),
            "bag_pack_columns" | "pack_columns" => self.bag_pack_columns(call, span, row),
            "column_names_of" => self.column_names_of(call, span),
            "bin_auto" => self.bin_auto(call, span, row),
            "ingestion_time" => self.ingestion_time(call, span, row),
            _ => return None,
        })
    }

    fn expects(&mut self, call: &ast::Call, count: usize) -> bool {
        if call.args.len() == count {
            return true;
        }
        let arguments = if count == 1 { "argument" } else { "arguments" };
        self.error(
            codes::ARGUMENT_COUNT,
            call.name.span,
            format!("The function '{}' expects {count} {arguments}.", call.name.text),
        );
        false
    }

    /// A bin whose size, and a place where one starts, were set before the query.
    fn bin_auto(&mut self, call: &ast::Call, span: Span, row: Row) -> Expr {
        if !self.expects(call, 1) {
            return Expr::error(span);
        }
        let Some(size) = self.options.get("query_bin_auto_size").cloned() else {
            self.report(
                Diagnostic::error(
                    codes::INVALID_OPTION,
                    call.name.span,
                    "bin_auto() needs the option query_bin_auto_size.",
                )
                .with_help("add set query_bin_auto_size = 1h; before the query"),
            );
            return Expr::error(span);
        };
        let start = self.options.get("query_bin_auto_at").cloned();
        let name = if start.is_some() { "bin_at" } else { "bin" };
        let name = ast::Name { text: name.to_owned(), ..call.name.clone() };
        let args = call.args.iter().cloned().chain([size]).chain(start).collect();
        self.call(&ast::Call { name, args }, span, row)
    }

    fn toscalar(&mut self, call: &ast::Call, span: Span) -> Expr {
        if !self.expects(call, 1) {
            return Expr::error(span);
        }
        let Some(arg) = call.args.first() else { return Expr::error(span) };
        if !self.is_tabular(arg) {
            // toscalar() of a scalar is that scalar; it sees no columns, so that a variable of a column's name is meant
            return self.expr(arg, Row::default());
        }
        let outer = self.aggregates.take();
        let mut relation = self.tabular(arg);
        self.aggregates = outer;
        let Some(first) = relation.columns.first().cloned() else { return Expr::error(span) };
        relation.columns.truncate(1);
        let stage = self.add_stage(relation, StageKind::Scalar);
        Expr { kind: ExprKind::Stage(stage), ty: first.ty, span }
    }

    fn column_ifexists(&mut self, call: &ast::Call, span: Span, row: Row) -> Expr {
        if !self.expects(call, 2) {
            return Expr::error(span);
        }
        let [name, default] = call.args.as_slice() else { return Expr::error(span) };
        let name = self.expr(name, Row::default());
        let Some(column) = name.as_constant().and_then(Value::as_text) else {
            if name.ty != ScalarType::Unknown {
                self.error(codes::LITERAL_EXPECTED, name.span, "Expected a string literal.");
            }
            return Expr::error(span);
        };
        match row.find(column) {
            // whichever it is, the type is that of the default
            Some(column) => {
                let ty = self.expr(default, row).ty;
                Expr { span, ..Expr::column(column, span).convert(ty) }
            }
            None => Expr { span, ..self.expr(default, row) },
        }
    }

    /// Whether a column of that name is there.
    fn iscolumnexists(&mut self, call: &ast::Call, span: Span, row: Row) -> Expr {
        if !self.expects(call, 1) {
            return Expr::error(span);
        }
        let Some(name) = call.args.first() else { return Expr::error(span) };
        let name = self.expr(name, Row::default());
        match name.as_constant().and_then(Value::as_text) {
            Some(column) => Expr::constant(Value::Bool(row.find(column).is_some()), ScalarType::Bool, span),
            None => {
                if name.ty != ScalarType::Unknown {
                    self.error(codes::LITERAL_EXPECTED, name.span, "Expected a string literal.");
                }
                Expr::error(span)
            }
        }
    }

    /// A bag of columns under their own names.
    fn bag_pack_columns(&mut self, call: &ast::Call, span: Span, row: Row) -> Expr {
        let mut args = Vec::with_capacity(call.args.len() * 2);
        for arg in &call.args {
            let value = self.expr(arg, row);
            let Some(name) = self.result_name(arg, row) else {
                self.error(codes::COLUMN_EXPECTED, arg.span, "Column name expected.");
                return Expr::error(span);
            };
            if value.kind == ExprKind::Error {
                return value;
            }
            args.push(Expr::constant(Value::Text(name), ScalarType::String, span));
            args.push(value);
        }
        Expr::call(&crate::functions::dynamic::BAG_PACK, args, ScalarType::Dynamic, span)
    }

    /// The names of a table's columns, as an array.
    fn column_names_of(&mut self, call: &ast::Call, span: Span) -> Expr {
        if !self.expects(call, 1) {
            return Expr::error(span);
        }
        let Some(arg) = call.args.first() else { return Expr::error(span) };
        let outer = self.aggregates.take();
        let relation = self.tabular(arg);
        self.aggregates = outer;
        let mut names = "[".to_owned();
        for (i, column) in relation.columns.iter().enumerate() {
            if i > 0 {
                names.push(',');
            }
            crate::dynamic::write::string(&column.name, &mut names);
        }
        names.push(']');
        Expr::constant(Value::Text(names), ScalarType::Dynamic, span)
    }

    /// Local data were never ingested: the time of the row stands for it, and nothing where a table has none.
    fn ingestion_time(&mut self, call: &ast::Call, span: Span, row: Row) -> Expr {
        if !self.expects(call, 0) {
            return Expr::error(span);
        }
        let time = ["TimeGenerated", "Timestamp"].iter().find_map(|name| row.find(name));
        match time.filter(|c| c.ty == ScalarType::Datetime) {
            Some(column) => Expr::column(column, span),
            None => Expr::constant(Value::Null, ScalarType::Datetime, span),
        }
    }

    fn pack_all(&mut self, call: &ast::Call, span: Span, row: Row) -> Expr {
        if call.args.len() > 1 {
            self.report(Diagnostic::error(
                codes::ARGUMENT_RANGE,
                call.name.span,
                "The function 'pack_all' expects between 0 and 1 arguments.",
            ));
            return Expr::error(span);
        }
        let ignore = match call.args.first() {
            Some(arg) => match self.expr(arg, Row::default()).as_constant() {
                Some(Value::Bool(b)) => *b,
                _ => {
                    self.error(codes::TYPE_EXPECTED, arg.span, "A value of type bool expected.");
                    return Expr::error(span);
                }
            },
            None => false,
        };
        let mut args = Vec::with_capacity(row.columns.len() * 2);
        for column in row.columns {
            args.push(Expr::constant(Value::Text(column.name.clone()), ScalarType::String, span));
            args.push(Expr::column(column, span));
        }
        let function =
            if ignore { &crate::functions::dynamic::PACK_NOT_EMPTY } else { &crate::functions::dynamic::BAG_PACK };
        Expr::call(function, args, ScalarType::Dynamic, span)
    }
}

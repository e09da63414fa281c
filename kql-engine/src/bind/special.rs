//! Functions that need more than the values of their arguments: the scope, or a table. First their list, then their code.

use super::{Binder, Row};
use crate::dynamic::write;
use crate::plan::{Expr, ExprKind, Relation, StageKind};
use crate::registry::ResultName;
use crate::types::{ScalarType, TIME_COLUMNS};
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};

/// A function that the binder handles by its syntax.
pub struct SpecialFunction {
    /// Its name.
    pub name: &'static str,
    /// Older or other names of the same function.
    pub aliases: &'static [&'static str],
    /// The signature after the name, for people: `(value: scalar) -> long`.
    pub signatures: &'static [&'static str],
    /// The default name of its column.
    pub result_name: ResultName,
    /// A description in one sentence.
    pub summary: &'static str,
    /// The page of the Kusto documentation that it follows, without the host.
    pub page: &'static str,
    /// Binds a call.
    pub bind: Bind,
}

/// How a call is bound.
pub enum Bind {
    /// To a scalar, which can depend on the row.
    Scalar(fn(&mut Binder, &ast::Call, Span, Row) -> Expr),
    /// To a table.
    Table(fn(&mut Binder, &ast::Call, Span) -> Relation),
}

/// Defaults of the entries.
const BASE: SpecialFunction = SpecialFunction {
    name: "",
    aliases: &[],
    signatures: &[],
    result_name: ResultName::None,
    summary: "",
    page: "",
    bind: Bind::Scalar(|_, _, span, _| Expr::error(span)),
};

/// All special functions.
pub static ALL: &[SpecialFunction] = &[
    SpecialFunction {
        name: "toscalar",
        signatures: &["(expression: table or scalar) -> the type of the first column"],
        summary: "The first column of a table's first row, computed once, before the rest of the query.",
        page: "toscalar-function",
        bind: Bind::Scalar(|binder, call, span, _| binder.toscalar(call, span)),
        ..BASE
    },
    SpecialFunction {
        name: "column_ifexists",
        aliases: &["columnifexists"],
        signatures: &["(column: string, default: scalar) -> the type of argument 2"],
        result_name: ResultName::NamedColumn,
        summary: "The column of that name, or the default if no column has the name.",
        page: "column-ifexists-function",
        bind: Bind::Scalar(|binder, call, span, row| binder.column_ifexists(call, span, row)),
    },
    SpecialFunction {
        name: "iscolumnexists",
        signatures: &["(column: string) -> bool"],
        summary: "True if a column has that name.",
        page: "column-ifexists-function",
        bind: Bind::Scalar(|binder, call, span, row| binder.iscolumnexists(call, span, row)),
        ..BASE
    },
    SpecialFunction {
        name: "pack_all",
        signatures: &["([ignore_null_empty: bool]) -> dynamic"],
        summary: "A property bag of all columns of the row.",
        page: "pack-all-function",
        bind: Bind::Scalar(|binder, call, span, row| binder.pack_all(call, span, row)),
        ..BASE
    },
    SpecialFunction {
        name: "bag_pack_columns",
        aliases: &["pack_columns"],
        signatures: &["(column: scalar, ...) -> dynamic"],
        summary: "A property bag of columns under their own names.",
        page: "bag-pack-columns-function",
        bind: Bind::Scalar(|binder, call, span, row| binder.bag_pack_columns(call, span, row)),
        ..BASE
    },
    SpecialFunction {
        name: "column_names_of",
        signatures: &["(table) -> dynamic"],
        summary: "The names of a table's columns, as an array.",
        page: "column-names-of-function",
        bind: Bind::Scalar(|binder, call, span, _| binder.column_names_of(call, span)),
        ..BASE
    },
    SpecialFunction {
        name: "bin_auto",
        signatures: &["(value: number, datetime or timespan) -> the type of argument 1"],
        result_name: ResultName::FirstArgument,
        summary: "The start of the value's bin, whose size the option query_bin_auto_size sets.",
        page: "bin-auto-function",
        bind: Bind::Scalar(|binder, call, span, row| binder.bin_auto(call, span, row)),
        ..BASE
    },
    SpecialFunction {
        name: "ingestion_time",
        signatures: &["() -> datetime"],
        result_name: ResultName::PrefixOnly("$IngestionTime"),
        summary: "The time of the row in its column TimeGenerated or Timestamp; null if it has neither column.",
        page: "ingestion-time-function",
        bind: Bind::Scalar(|binder, call, span, row| binder.ingestion_time(call, span, row)),
        ..BASE
    },
    SpecialFunction {
        name: "materialize",
        signatures: &["(table) -> table"],
        summary: "A table whose rows are computed once, however often the query uses them.",
        page: "materialize-function",
        bind: Bind::Table(|binder, call, _| binder.materialize(call)),
        ..BASE
    },
    SpecialFunction {
        name: "view",
        signatures: &["(table) -> table"],
        summary: "The table as it is.",
        page: "let-statement",
        bind: Bind::Table(|binder, call, _| binder.view(call)),
        ..BASE
    },
    SpecialFunction {
        name: "table",
        signatures: &["(name: string) -> table"],
        summary: "The table of that name.",
        page: "table-function",
        bind: Bind::Table(|binder, call, span| binder.named_table(call, span)),
        ..BASE
    },
];

/// The special function with this name.
pub fn special(name: &str) -> Option<&'static SpecialFunction> {
    ALL.iter().find(|f| f.name == name || f.aliases.contains(&name))
}

impl Binder<'_> {
    /// Binds a call of a special function that is a scalar; `None` for any other function.
    pub fn special(&mut self, call: &ast::Call, span: Span, row: Row) -> Option<Expr> {
        if self.pattern.is_some()
            && let Some(found) = self.pattern_call(call, span, row)
        {
            return Some(found);
        }
        match special(&call.name.text)?.bind {
            Bind::Scalar(bind) => Some(bind(self, call, span, row)),
            Bind::Table(_) => None,
        }
    }

    /// Binds a call of a special function that is a table.
    pub fn special_table(&mut self, call: &ast::Call, span: Span) -> Option<Relation> {
        match special(&call.name.text)?.bind {
            Bind::Table(bind) => Some(bind(self, call, span)),
            Bind::Scalar(_) => None,
        }
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

    /// A bin whose size and offset were set before the query.
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
            // toscalar() of a scalar is that scalar; it sees no columns, so a column's name refers to a variable here
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
            // the type is that of the default in both cases
            Some(column) => {
                let ty = self.expr(default, row).ty;
                Expr { span, ..Expr::column(column, span).convert(ty) }
            }
            None => Expr { span, ..self.expr(default, row) },
        }
    }

    /// Whether there is a column with this name.
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
        let mut names = String::new();
        write::list(&relation.columns, &mut names, |column, out| write::string(&column.name, out));
        Expr::constant(Value::Text(names), ScalarType::Dynamic, span)
    }

    /// Local data were never ingested: the result is the time of the row, or null if the table has no time column.
    fn ingestion_time(&mut self, call: &ast::Call, span: Span, row: Row) -> Expr {
        if !self.expects(call, 0) {
            return Expr::error(span);
        }
        let time = TIME_COLUMNS.iter().find_map(|name| row.find(name));
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

    fn materialize(&mut self, call: &ast::Call) -> Relation {
        let (true, [arg]) = (self.expects(call, 1), call.args.as_slice()) else { return self.empty_relation() };
        let relation = self.tabular(arg);
        self.staged(relation, StageKind::Table(None), None)
    }

    fn view(&mut self, call: &ast::Call) -> Relation {
        let (true, [arg]) = (self.expects(call, 1), call.args.as_slice()) else { return self.empty_relation() };
        self.tabular(arg)
    }

    fn named_table(&mut self, call: &ast::Call, span: Span) -> Relation {
        let bound = call.args.first().map(|a| self.expr(a, Row::default()));
        match bound.as_ref().and_then(Expr::as_constant).and_then(Value::as_text) {
            Some(text) => self.stored_table(text, span),
            None => {
                self.error(codes::LITERAL_EXPECTED, span, "table() expects the name of a table as a string literal.");
                self.empty_relation()
            }
        }
    }
}

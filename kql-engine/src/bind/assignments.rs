//! Lists of columns to make: `x = e, f(y)` in project, extend, print, summarize and distinct, and how they are named.

use super::{Binder, Row};
use crate::plan::{Expr, PlanColumn};
use kql_parser::{Diagnostic, Span, ast};

/// A column to make.
pub struct Assigned {
    /// Its name and id.
    pub column: PlanColumn,
    /// What it holds.
    pub value: Expr,
}

/// The names of one operator's result, kept unique by Kusto's rules.
#[derive(Default)]
pub struct ColumnNames {
    names: Vec<(String, bool)>,
    unnamed: u32,
}

impl ColumnNames {
    /// Takes a name that the text gives. None where it is given twice; a name made up before does not count.
    pub fn declare(&mut self, name: &str) -> Option<String> {
        match self.names.iter().find(|(n, _)| n == name) {
            Some((_, true)) => None,
            Some((_, false)) => Some(self.free(name, true)),
            None => {
                self.names.push((name.to_owned(), true));
                Some(name.to_owned())
            }
        }
    }

    /// Makes up a name from `wanted`, else `Column1` and so on.
    pub fn invent(&mut self, wanted: Option<String>) -> String {
        let name = wanted.unwrap_or_else(|| self.next_unnamed());
        self.free(&name, false)
    }

    /// `Column1`, `Column2` ...
    pub fn next_unnamed(&mut self) -> String {
        self.unnamed += 1;
        format!("Column{}", self.unnamed)
    }

    fn free(&mut self, name: &str, declared: bool) -> String {
        let taken = |n: &str| self.names.iter().any(|(have, _)| have == n);
        let mut free = name.to_owned();
        let mut i = 0;
        while taken(&free) {
            i += 1;
            free = format!("{name}{i}");
        }
        self.names.push((free.clone(), declared));
        free
    }
}

impl Binder<'_> {
    /// Reports that a name is given twice.
    pub fn already_declared(&mut self, name: &str, span: Span) {
        self.error("KS171", span, format!("A column with the name '{name}' is already declared."));
    }

    /// Binds the columns of `project`, `print`, `distinct` or a `by` clause. `unnamed` says what a column without a
    /// name of its own is called at its place, where that is not `Column1` and so on.
    pub fn assignments(
        &mut self,
        columns: &[ast::Expr],
        row: Row,
        names: &mut ColumnNames,
        unnamed: Option<fn(usize) -> String>,
    ) -> Vec<Assigned> {
        let mut assigned = Vec::with_capacity(columns.len());
        for (i, column) in columns.iter().enumerate() {
            let (name, value) = match &column.kind {
                ast::ExprKind::Named(named) => {
                    let Some(name) = self.single_name(named, column.span) else { continue };
                    (Some(name), &named.value)
                }
                _ => (None, column),
            };
            let bound = self.expr(value, row);
            let text = match (name, unnamed) {
                (Some(name), _) => match names.declare(&name.text) {
                    Some(text) => text,
                    None => {
                        self.already_declared(&name.text, name.span);
                        continue;
                    }
                },
                (None, Some(unnamed)) => names.invent(Some(unnamed(i))),
                (None, None) => match plain_column(value, row) {
                    // a column that keeps its name counts as named
                    Some(column) => match names.declare(&column.name) {
                        Some(text) => text,
                        None => {
                            self.already_declared(&column.name, value.span);
                            continue;
                        }
                    },
                    None => names.invent(self.result_name(value)),
                },
            };
            let ty = bound.ty;
            assigned.push(Assigned { column: self.new_column(text, ty), value: bound });
        }
        assigned
    }

    /// The one name of `name = value`; reports where there are several.
    pub fn single_name<'n>(&mut self, named: &'n ast::Named, span: Span) -> Option<&'n ast::Name> {
        match named.names.as_slice() {
            [name] => Some(name),
            _ => {
                self.report(
                    Diagnostic::error("KQ105", span, "Several names are given to an expression that has one value.")
                        .with_help("several names are for functions that give several columns, such as arg_max()"),
                );
                None
            }
        }
    }
}

/// The column that an expression just names.
pub fn plain_column<'r>(e: &ast::Expr, row: Row<'r>) -> Option<&'r PlanColumn> {
    match &e.kind {
        ast::ExprKind::Name(name) => row.find(&name.text),
        ast::ExprKind::Parens(inner) => plain_column(inner, row),
        _ => None,
    }
}

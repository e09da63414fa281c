//! Lists of columns to create: `x = e, f(y)` in project, extend, print, summarize and distinct, and their names.

use super::{Binder, Row};
use crate::functions::operators::ELEMENT;
use crate::plan::{Expr, ExprKind, PlanColumn};
use crate::registry::Returns;
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};

/// A column to create.
pub struct Assigned {
    /// Its name and id.
    pub column: PlanColumn,
    /// Its value.
    pub value: Expr,
}

/// Where the name of a result column comes from.
#[derive(Clone, Copy)]
enum Origin {
    /// The query gives it.
    Declared,
    /// It is that of an input column, or made up.
    Invented,
}

/// The names of one operator's result columns, kept unique by Kusto's rules.
#[derive(Default)]
pub struct ColumnNames {
    names: Vec<(String, Origin)>,
}

impl ColumnNames {
    /// The names of an operator that adds columns to these.
    pub fn added_to(input: &[PlanColumn]) -> Self {
        ColumnNames { names: input.iter().map(|c| (c.name.clone(), Origin::Invented)).collect() }
    }

    /// Adds a name that the query gives. `None` if it is given twice; an invented name does not count.
    pub fn declare(&mut self, name: &str) -> Option<String> {
        match self.names.iter().find(|(n, _)| n == name) {
            Some((_, Origin::Declared)) => None,
            Some((_, Origin::Invented)) => Some(self.free(name, Origin::Declared)),
            None => {
                self.names.push((name.to_owned(), Origin::Declared));
                Some(name.to_owned())
            }
        }
    }

    /// Invents a name: the wanted name, with a number if it is taken.
    pub fn invent(&mut self, wanted: &str) -> String {
        self.free(wanted, Origin::Invented)
    }

    fn free(&mut self, name: &str, origin: Origin) -> String {
        let taken = |n: &str| self.names.iter().any(|(have, _)| have == n);
        let mut free = name.to_owned();
        let mut i = 0;
        while taken(&free) {
            i += 1;
            free = format!("{name}{i}");
        }
        self.names.push((free.clone(), origin));
        free
    }
}

impl Binder<'_> {
    /// A name for an unnamed column: `Column1`, `Column2` and so on through the whole query, skipping names that
    /// `columns` contains.
    pub fn unnamed(&mut self, columns: &[PlanColumn]) -> String {
        loop {
            self.unnamed += 1;
            let name = format!("Column{}", self.unnamed);
            if columns.iter().all(|c| c.name != name) {
                return name;
            }
        }
    }

    /// Reports that a name is given twice.
    pub fn already_declared(&mut self, name: &str, span: Span) {
        self.error(codes::DUPLICATE_COLUMN, span, format!("A column with the name '{name}' is already declared."));
    }

    /// Binds the columns of `project`, `print`, `distinct` or a `by` clause. `unnamed` returns the name of a column that has
    /// none, by its position; without it, the name is `Column1` and so on.
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
                ast::ExprKind::Named(named) if named.tuple && gives_several(&named.value) => {
                    (named.names.first(), &named.value)
                }
                ast::ExprKind::Named(named) => {
                    let Some(name) = self.single_name(named, column.span) else { continue };
                    (Some(name), &named.value)
                }
                _ => (None, column),
            };
            let bound = self.expr(value, row);
            let several = self.several(value, &bound, row);
            // print has a naming rule of its own if a call returns only one column
            if let Some(mut several) = several.filter(|all| all.len() > 1 || unnamed.is_none()) {
                let given = match &column.kind {
                    ast::ExprKind::Named(named) => named.names.as_slice(),
                    _ => &[],
                };
                if unnamed.is_some() && !given.is_empty() {
                    // print keeps only the columns that have a name
                    several.truncate(given.len());
                }
                self.assign_several(several, given, names, &mut assigned);
                continue;
            }
            let element = self.element_name(value, &bound, row);
            let text = match (name, unnamed) {
                (Some(name), _) => match names.declare(&name.text) {
                    Some(text) => text,
                    None => {
                        self.already_declared(&name.text, name.span);
                        continue;
                    }
                },
                (None, Some(unnamed)) if element.is_none() => names.invent(&unnamed(i)),
                (None, _) => match plain_column(value, row).filter(|_| unnamed.is_none()) {
                    // a column that keeps its name counts as named
                    Some(column) => match names.declare(&column.name) {
                        Some(text) => text,
                        None => {
                            self.already_declared(&column.name, value.span);
                            continue;
                        }
                    },
                    None => {
                        let own = element.or_else(|| self.result_name(value, row));
                        names.invent(&own.unwrap_or_else(|| self.unnamed(&[])))
                    }
                },
            };
            let ty = bound.ty;
            assigned.push(Assigned { column: self.new_column(text, ty), value: bound });
        }
        assigned
    }

    /// The columns of a call that returns several, each with its default name.
    pub fn several(&self, value: &ast::Expr, bound: &Expr, row: Row) -> Option<Vec<(String, Expr)>> {
        let ExprKind::Call(function, args) = &bound.kind else { return None };
        let columns = function.signatures.iter().find_map(|s| match s.returns {
            // a flag at the end is not a column
            Returns::Columns(columns) => Some(columns(args.iter().filter(|a| a.ty != ScalarType::Bool).count())),
            _ => None,
        })?;
        let call_args = match &without_parens(value).kind {
            ast::ExprKind::Call(call) => call.args.as_slice(),
            _ => &[],
        };
        let of = |n: usize| call_args.get(n).and_then(|a| self.result_name(a, row));
        let span = bound.span;
        let named = columns.iter().enumerate().map(|(i, column)| {
            let name = match column.argument {
                None => format!("{}_{}_{}", function.name, of(0).unwrap_or_default(), column.suffix),
                Some(n) => format!("{}{}", of(n).unwrap_or_else(|| format!("array{n}")), column.suffix),
            };
            if columns.len() == 1 {
                return (name, bound.clone());
            }
            let index = Expr::constant(Value::Long(i as i64), ScalarType::Long, span);
            let element = Expr::call(&ELEMENT, vec![bound.clone(), index], ScalarType::Dynamic, span);
            (name, element.convert(column.ty))
        });
        Some(named.collect())
    }

    /// The column that `f(x)[1]` selects of those that f returns, with its default name.
    pub fn output_column(&self, call: &ast::Expr, bound: &Expr, index: &ast::Expr, row: Row) -> Option<(String, Expr)> {
        let ast::ExprKind::Literal(ast::Literal::Long(Some(n))) = index.kind else { return None };
        self.several(call, bound, row).filter(|all| all.len() > 1)?.into_iter().nth(usize::try_from(n).ok()?)
    }

    /// The default name of such a column.
    pub fn element_name(&mut self, value: &ast::Expr, bound: &Expr, row: Row) -> Option<String> {
        let ast::ExprKind::Element(call, index) = &without_parens(value).kind else { return None };
        if !gives_several(call) || bound.ty == ScalarType::Unknown {
            return None;
        }
        let call_bound = self.expr(call, row);
        Some(self.output_column(call, &call_bound, index, row)?.0)
    }

    /// Several columns: the given names go to the first ones.
    fn assign_several(
        &mut self,
        several: Vec<(String, Expr)>,
        given: &[ast::Name],
        names: &mut ColumnNames,
        assigned: &mut Vec<Assigned>,
    ) {
        for name in given.get(several.len()..).unwrap_or_default() {
            self.error(codes::NAME_WITHOUT_VALUE, name.span, "The name does not have a corresponding expression.");
        }
        for (i, (own, value)) in several.into_iter().enumerate() {
            let name = match given.get(i) {
                Some(name) => match names.declare(&name.text) {
                    Some(text) => text,
                    None => {
                        self.already_declared(&name.text, name.span);
                        continue;
                    }
                },
                None => names.invent(&own),
            };
            let ty = value.ty;
            assigned.push(Assigned { column: self.new_column(name, ty), value });
        }
    }

    /// The name of `name = value`; reports if there are several names.
    pub fn single_name<'n>(&mut self, named: &'n ast::Named, span: Span) -> Option<&'n ast::Name> {
        match named.names.as_slice() {
            [name] => Some(name),
            _ => {
                self.report(
                    Diagnostic::error(
                        codes::SEVERAL_NAMES,
                        span,
                        "The expression returns one column, but several names are assigned to it.",
                    )
                    .with_help("only functions that return several columns, such as arg_max(), take several names"),
                );
                None
            }
        }
    }
}

/// An expression without the parentheses around it.
fn without_parens(e: &ast::Expr) -> &ast::Expr {
    match &e.kind {
        ast::ExprKind::Parens(inner) => without_parens(inner),
        _ => e,
    }
}

/// Whether an expression is a call of a function that returns several columns.
pub fn gives_several(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Call(call) => crate::functions::scalar(&call.name.text)
            .is_some_and(|f| f.signatures.iter().any(|s| matches!(s.returns, Returns::Columns(_)))),
        ast::ExprKind::Parens(inner) => gives_several(inner),
        _ => false,
    }
}

/// The column, if the expression is only its name.
pub fn plain_column<'r>(e: &ast::Expr, row: Row<'r>) -> Option<&'r PlanColumn> {
    match &e.kind {
        ast::ExprKind::Name(name) => row.find(&name.text),
        ast::ExprKind::Parens(inner) => plain_column(inner, row),
        _ => None,
    }
}

//! A comparison names a let or a parameter, but a column of the same name is what counts.

use crate::lint::finding::Findings;
use crate::lint::level::{Level, Topic};
use crate::lint::lint_rule::LintRule;
use crate::lint::query::{Query, name_of, plain};
use kql_parser::Span;
use kql_parser::ast::{BinaryOp, Expr, ExprKind, LetValue, Name, ParameterType, StatementKind};

/// The entry of the rule.
pub static RULE: LintRule = LintRule {
    name: "hidden-let",
    level: Level::Warning,
    topic: Topic::Correctness,
    summary: "A comparison names a let or a parameter, but a column of the same name is what counts.",
    is_fixable: false,
    page: include_str!("../../../lint-pages/hidden-let.md"),
    check,
};

/// A name with a constant value, which a column can hide.
pub struct Hideable<'a> {
    /// The name.
    pub name: &'a Name,
    /// The function that it is a parameter of; none for a let.
    function: Option<Span>,
}

impl Hideable<'_> {
    /// Whether the name is meant where it stands.
    pub fn is_meant(&self, name: &str, at: Span) -> bool {
        self.name.text == name && self.function.is_none_or(|f| f.start <= at.start && at.end <= f.end)
    }
}

/// The lets with a constant value, and the parameters of functions.
pub fn hideable<'a>(query: &Query<'a>) -> Vec<Hideable<'a>> {
    let mut names = Vec::new();
    for statement in query.statements() {
        let StatementKind::Let(l) = &statement.kind else { continue };
        match &l.value {
            LetValue::Expr(value) if query.constant(value).is_some() => {
                names.push(Hideable { name: &l.name, function: None });
            }
            LetValue::Expr(_) => {}
            LetValue::Function(function) => {
                let scalars = function.parameters.iter().filter(|p| matches!(p.ty, ParameterType::Scalar(_)));
                names.extend(scalars.map(|p| Hideable { name: &p.name, function: Some(function.span) }));
            }
        }
    }
    names
}

fn check(query: &Query<'_>, found: &mut Findings) {
    let names = hideable(query);
    let mut look = |e: &Expr| {
        let Some(name) = name_of(e) else { return };
        let is_column = query.expr(plain(e)).is_some_and(|meaning| meaning.column.is_some());
        // a column that a function makes from its parameter is meant to have the name
        let is_of_table = query.table_column(plain(e)).is_some();
        let Some(hidden) = names.iter().find(|hidden| is_column && hidden.is_meant(name, e.span)) else { return };
        if hidden.function.is_some() && !is_of_table {
            return;
        }
        let (what, this) = match hidden.function {
            Some(_) => ("parameter", "this parameter"),
            None => ("let", "this let"),
        };
        found
            .at(e.span, format!("This is the column '{name}', which hides the {what} of the same name."))
            .label(hidden.name.span, this)
            .help(format!("give the {what} another name"));
    };
    query.exprs(|e| match &e.kind {
        ExprKind::Binary(b) if !matches!(b.op, BinaryOp::And | BinaryOp::Or) => look(&b.right),
        ExprKind::In(membership) => membership.items.iter().for_each(&mut look),
        _ => {}
    });
}

//! A query as rules see it: its tree, what the parts stand for, and the rule around it.

use super::made::MadeColumns;
use super::verdict::Verdicts;
use crate::problem::Place;
use crate::rule::Rule;
use kql_engine::value::Value;
use kql_engine::{Column, ExprMeaning, Meaning, ScalarType};
use kql_parser::ast::{
    Call, Expr, ExprKind, Name, Operator, OperatorKind, Pipeline, Property, Statement, StatementKind, Visit, visit,
    visit_expr,
};
use kql_parser::{Kind, Span, Token, lex};
use std::cell::OnceCell;
use std::collections::HashSet;

/// A query that is linted.
pub struct Query<'a> {
    /// Its text.
    pub text: &'a str,
    /// Its tree, and what the parts stand for.
    pub meaning: &'a Meaning,
    /// The rule it belongs to.
    pub rule: &'a Rule,
    /// Its words and signs, without comments.
    pub tokens: Vec<Token>,
    /// What the walk through its filters finds, once it was done.
    pub(super) verdicts: OnceCell<Verdicts>,
    /// The columns whose values are known, once they were looked for.
    made: OnceCell<MadeColumns>,
}

impl<'a> Query<'a> {
    /// A query whose meaning is known.
    pub fn new(text: &'a str, meaning: &'a Meaning, rule: &'a Rule) -> Self {
        Query { text, meaning, rule, tokens: lex(text).tokens, verdicts: OnceCell::new(), made: OnceCell::new() }
    }

    /// The columns whose values are known.
    pub fn made(&self) -> &MadeColumns {
        self.made.get_or_init(|| MadeColumns::of(self))
    }

    /// The statements.
    pub fn statements(&self) -> &'a [Statement] {
        &self.meaning.query.statements
    }

    /// Whether the query is refused.
    pub fn has_errors(&self) -> bool {
        self.meaning.checked.diagnostics.iter().any(kql_parser::Diagnostic::is_error)
    }

    /// The columns of the result, if they are known.
    pub fn columns(&self) -> Option<&'a [Column]> {
        self.meaning.checked.columns.as_deref()
    }

    /// What an expression stands for.
    pub fn expr(&self, e: &Expr) -> Option<&'a ExprMeaning> {
        self.meaning.expr(e.span)
    }

    /// The type of an expression.
    pub fn ty(&self, e: &Expr) -> ScalarType {
        self.expr(e).map_or(ScalarType::Unknown, |meaning| meaning.ty)
    }

    /// The value of an expression, if it is the same for all rows.
    pub fn constant(&self, e: &Expr) -> Option<&'a Value> {
        self.expr(e)?.constant.as_ref()
    }

    /// The value of a constant string.
    pub fn text_of(&self, e: &Expr) -> Option<&'a str> {
        let meaning = self.expr(e)?;
        if meaning.ty == ScalarType::String { meaning.constant.as_ref()?.as_text() } else { None }
    }

    /// The pattern of a `matches regex`, if it is written out.
    pub fn regex_of(&self, b: &kql_parser::ast::Binary) -> Option<&'a str> {
        let is_written =
            b.op == kql_parser::ast::BinaryOp::MatchesRegex && matches!(plain(&b.right).kind, ExprKind::Literal(_));
        self.text_of(&b.right).filter(|_| is_written)
    }

    /// The texts of a constant: of a string one, of an array all, if all of its elements are strings.
    pub fn texts(&self, e: &Expr) -> Option<Vec<String>> {
        let meaning = self.expr(e)?;
        let text = meaning.constant.as_ref()?.as_text()?;
        match meaning.ty {
            ScalarType::String => Some(vec![text.to_owned()]),
            ScalarType::Dynamic => match serde_json::from_str(text).ok()? {
                serde_json::Value::Array(items) => {
                    items.into_iter().map(|item| item.as_str().map(str::to_owned)).collect()
                }
                serde_json::Value::String(text) => Some(vec![text]),
                _ => None,
            },
            _ => None,
        }
    }

    /// The texts of all items of a list, if all are constant strings.
    pub fn all_texts(&self, items: &[Expr]) -> Option<Vec<String>> {
        let mut texts = Vec::new();
        for item in items {
            texts.extend(self.texts(item)?);
        }
        Some(texts)
    }

    /// The column that an expression names, with its table, if it is read from one.
    pub fn table_column<'e>(&self, e: &'e Expr) -> Option<(&'a str, &'e str)> {
        let column = self.expr(e)?.column?;
        Some((self.meaning.table_of(column)?, name_of(e)?))
    }

    /// Calls `f` for each expression of the query.
    pub fn exprs(&self, f: impl FnMut(&Expr)) {
        visit(&mut Exprs(f), &self.meaning.query);
    }

    /// Calls `f` for each operator of the query.
    pub fn operators(&self, f: impl FnMut(&Operator)) {
        visit(&mut Operators(f), &self.meaning.query);
    }

    /// Calls `f` for each pipeline of the query: its source, and its operators.
    pub fn pipelines(&self, mut f: impl FnMut(&Pipeline)) {
        self.exprs(|e| {
            if let ExprKind::Pipeline(pipeline) = &e.kind {
                f(pipeline);
            }
        });
    }

    /// Calls `f` for each call of a function.
    pub fn calls(&self, mut f: impl FnMut(&Call, Span)) {
        self.exprs(|e| {
            if let ExprKind::Call(call) = &e.kind {
                f(call, e.span);
            }
        });
    }

    /// The pipeline of the last result, without brackets.
    pub fn result(&self) -> Option<&'a Pipeline> {
        self.statements().iter().rev().find_map(|statement| match &statement.kind {
            StatementKind::Expr(e) => match &plain(e).kind {
                ExprKind::Pipeline(pipeline) => Some(&**pipeline),
                _ => None,
            },
            _ => None,
        })
    }

    /// How often a word occurs in the query outside of comments and texts; names in brackets count as words.
    pub fn occurrences(&self, word: &str) -> usize {
        let quoted = |token: &Token| {
            let text = token.span.text(self.text);
            matches!(token.kind, Kind::String | Kind::Verbatim)
                && text.get(1..text.len().saturating_sub(1)) == Some(word)
        };
        self.tokens.iter().filter(|t| (t.kind == Kind::Word && t.span.text(self.text) == word) || quoted(t)).count()
    }

    /// Where the metadata of the rule is: its first field with a place.
    pub fn metadata_place(&self) -> Option<Place> {
        let rule = self.rule;
        let fields = [&rule.id, &rule.description, &rule.severity];
        let frequency = rule.frequency.as_ref().map(|f| f.place);
        fields.into_iter().flatten().map(|field| field.place).chain(frequency).min()
    }
}

/// An expression without brackets around it.
pub fn plain(e: &Expr) -> &Expr {
    let mut e = e;
    while let ExprKind::Parens(inner) = &e.kind {
        e = inner;
    }
    e
}

/// The name that an expression consists of.
pub fn name_of(e: &Expr) -> Option<&str> {
    match &plain(e).kind {
        ExprKind::Name(name) => Some(&name.text),
        _ => None,
    }
}

/// The call that an expression consists of, if the function has this name.
pub fn call_of<'e>(e: &'e Expr, function: &str) -> Option<&'e Call> {
    match &plain(e).kind {
        ExprKind::Call(call) if call.name.text == function => Some(call),
        _ => None,
    }
}

/// The name given to an expression, and the expression.
pub fn named(e: &Expr) -> (Option<&Name>, &Expr) {
    match &e.kind {
        ExprKind::Named(named) if !named.tuple => (named.names.first(), &named.value),
        _ => (None, e),
    }
}

/// The value of a parameter of an operator such as `kind=inner`, as it is written.
pub fn parameter<'p>(parameters: &'p [Property], name: &str) -> Option<&'p str> {
    let property = parameters.iter().find(|property| property.name.text == name)?;
    match &property.value.kind {
        ExprKind::Name(name) => Some(&name.text),
        ExprKind::Literal(kql_parser::ast::Literal::String(text)) => Some(text),
        _ => Some(""),
    }
}

/// The arms of a chain of one operator (`and`, `or`), in the order of the text; brackets are looked through.
pub fn arms(e: &Expr, op: kql_parser::ast::BinaryOp) -> Vec<&Expr> {
    let mut arms = Vec::new();
    let mut waiting = vec![e];
    while let Some(e) = waiting.pop() {
        match &plain(e).kind {
            ExprKind::Binary(binary) if binary.op == op => {
                waiting.push(&binary.right);
                waiting.push(&binary.left);
            }
            _ => arms.push(plain(e)),
        }
    }
    arms
}

/// The parts of a chain of one operator (`and`, `or`) without brackets, in the order of the text; the chains inside it are
/// added to `inner`.
pub fn chain<'e>(e: &'e Expr, op: kql_parser::ast::BinaryOp, inner: &mut HashSet<Span>) -> Vec<&'e Expr> {
    let (mut parts, mut node) = (Vec::new(), e);
    while let ExprKind::Binary(b) = &node.kind {
        if b.op != op {
            break;
        }
        inner.insert(node.span);
        parts.push(&b.right);
        node = &b.left;
    }
    parts.push(node);
    parts.reverse();
    parts
}

/// Calls `f` for each expression below one, itself included, but not for those of pipelines within.
pub fn scalars(e: &Expr, f: impl FnMut(&Expr)) {
    visit_expr(&mut Scalars(f), e);
}

/// The condition of a `where`.
pub fn condition(operator: &Operator) -> Option<&Expr> {
    match &operator.kind {
        OperatorKind::Where(condition) => Some(condition),
        _ => None,
    }
}

struct Exprs<F>(F);

impl<F: FnMut(&Expr)> Visit for Exprs<F> {
    fn enter_expr(&mut self, e: &Expr) -> bool {
        (self.0)(e);
        true
    }
}

struct Scalars<F>(F);

impl<F: FnMut(&Expr)> Visit for Scalars<F> {
    fn enter_expr(&mut self, e: &Expr) -> bool {
        if matches!(e.kind, ExprKind::Pipeline(_)) {
            return false;
        }
        (self.0)(e);
        true
    }
}

struct Operators<F>(F);

impl<F: FnMut(&Operator)> Visit for Operators<F> {
    fn enter_operator(&mut self, operator: &Operator) -> bool {
        (self.0)(operator);
        true
    }
}

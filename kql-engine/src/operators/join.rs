//! `join`: combines rows of two tables with equal keys.
//!
//! <https://learn.microsoft.com/kusto/query/join-operator>

use crate::bind::{Binder, Row, Side};
use crate::plan::{ColumnId, Expr, ExprKind, JoinKind, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use kql_parser::ast::{self, BinaryOp};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

/// The values of the parameter `kind`.
pub(crate) const KINDS: &[&str] = &[
    "inner",
    "fullouter",
    "innerunique",
    "leftanti",
    "leftantisemi",
    "anti",
    "leftouter",
    "leftsemi",
    "rightanti",
    "rightantisemi",
    "rightouter",
    "rightsemi",
];

/// A pair of key columns.
pub struct Key {
    pub left: Expr,
    pub right: Expr,
    /// The right column that the key is, if it is a column.
    pub right_column: Option<ColumnId>,
}

pub(super) fn bind(binder: &mut Binder, join: &ast::Join, mut input: Relation, span: Span) -> Relation {
    let kind = super::parameter(&join.parameters, &["kind"]);
    let keeps_left = matches!(
        kind,
        None | Some(("innerunique" | "inner" | "leftouter" | "leftsemi" | "leftanti" | "anti" | "leftantisemi", _))
    );
    if input.partition.is_some() && !keeps_left {
        // a row that exists only on the right side belongs to no part
        super::not_in_parts(binder, span);
        return input;
    }
    let right = binder.tabular(&join.right);
    let mut right = crate::plan::with_new_ids(&mut binder.ids, &right);
    open_keys(binder, &join.on, &mut input, &mut right);
    let keys = keys(binder, join, &input, &right, span);
    let kind_name = kind.map_or("innerunique", |(word, _)| word);
    let (unique, kind) = match kind_name {
        "innerunique" => (true, JoinKind::Inner),
        "inner" => (false, JoinKind::Inner),
        "leftouter" => (false, JoinKind::LeftOuter),
        "rightouter" => (false, JoinKind::RightOuter),
        "fullouter" => (false, JoinKind::FullOuter),
        "leftsemi" => (false, JoinKind::LeftSemi),
        "rightsemi" => (false, JoinKind::RightSemi),
        "leftanti" | "anti" | "leftantisemi" => (false, JoinKind::LeftAnti),
        "rightanti" | "rightantisemi" => (false, JoinKind::RightAnti),
        other => {
            let at = kind.map_or(span, |(_, span)| span);
            let mut d = Diagnostic::error(codes::TERM_EXPECTED, at, format!("Expected one of: {}", KINDS.join(", ")));
            d.help = kql_parser::suggest(other, KINDS.iter().copied()).map(|s| format!("did you mean '{s}'?"));
            binder.report(d);
            (true, JoinKind::Inner)
        }
    };
    let left = if unique { first_of_keys(&input, &keys) } else { input.node.clone() };
    let columns = match kind {
        JoinKind::LeftSemi | JoinKind::LeftAnti => input.columns.clone(),
        JoinKind::RightSemi | JoinKind::RightAnti => right.columns.clone(),
        _ => crate::plan::side_by_side(&input.columns, right.columns.clone()),
    };
    joined(input, right, left, kind, keys, columns)
}

/// The relation of a join.
pub(super) fn joined(
    input: Relation,
    right: Relation,
    left: Arc<Node>,
    kind: JoinKind,
    keys: Vec<Key>,
    columns: Vec<PlanColumn>,
) -> Relation {
    let on = keys.into_iter().map(|k| (k.left, k.right)).collect();
    // unlisted columns of a side can be named in the result, if the side is part of it
    let sides = match kind {
        JoinKind::LeftSemi | JoinKind::LeftAnti => vec![&input.hidden],
        JoinKind::RightSemi | JoinKind::RightAnti => vec![&right.hidden],
        _ => vec![&input.hidden, &right.hidden],
    };
    let mut hidden: Vec<PlanColumn> = Vec::new();
    for column in sides.into_iter().flatten() {
        if columns.iter().chain(&hidden).all(|c| c.name != column.name) {
            hidden.push(column.clone());
        }
    }
    Relation {
        hidden,
        node: Arc::new(Node::Join { kind, left, right: right.node, on }),
        columns,
        partition: input.partition,
        open: input.open || right.open,
        dropped: right.dropped,
        ..Relation::default()
    }
}

/// innerunique: of the left rows with the same key, only the first takes part.
fn first_of_keys(input: &Relation, keys: &[Key]) -> Arc<Node> {
    if keys.is_empty() {
        return input.node.clone();
    }
    Arc::new(Node::FirstOf {
        input: input.node.clone(),
        keys: keys
            .iter()
            .map(|k| k.left.clone())
            .chain(input.partition.iter().flat_map(|p| p.keys.iter().map(|k| Expr::column(k, Span::default()))))
            .collect(),
        columns: input.node.columns(),
        order: input.order.clone(),
    })
}

/// Adds the columns in the conditions to sides whose columns are not known.
pub(super) fn open_keys(binder: &mut Binder, conditions: &[ast::Expr], left: &mut Relation, right: &mut Relation) {
    for condition in conditions {
        match &condition.kind {
            ast::ExprKind::Parens(inner) => open_keys(binder, std::slice::from_ref(&**inner), left, right),
            ast::ExprKind::Binary(b) => {
                open_keys(binder, std::slice::from_ref(&b.left), left, right);
                open_keys(binder, std::slice::from_ref(&b.right), left, right);
            }
            ast::ExprKind::Name(name) => {
                binder.open_names(left, [name]);
                binder.open_names(right, [name]);
            }
            ast::ExprKind::Path(base, name) => match &base.kind {
                ast::ExprKind::Name(side) if side.text == "$left" => binder.open_names(left, [name]),
                ast::ExprKind::Name(side) if side.text == "$right" => binder.open_names(right, [name]),
                _ => open_keys(binder, std::slice::from_ref(&**base), left, right),
            },
            ast::ExprKind::Element(base, _) => open_keys(binder, std::slice::from_ref(&**base), left, right),
            _ => {}
        }
    }
}

/// The key pairs of the conditions after `on`.
pub(super) fn keys(binder: &mut Binder, join: &ast::Join, left: &Relation, right: &Relation, span: Span) -> Vec<Key> {
    let mut keys = Vec::new();
    if join.on.is_empty() {
        binder.report(
            Diagnostic::error(codes::MISSING_JOIN_CONDITION, Span::empty(span.end), "The join has no condition.")
                .with_help("use on Key for a common column, or on $left.A == $right.B for two columns"),
        );
    }
    for condition in &join.on {
        key(binder, condition, left, right, &mut keys);
    }
    keys
}

fn key(binder: &mut Binder, condition: &ast::Expr, left: &Relation, right: &Relation, keys: &mut Vec<Key>) {
    match &condition.kind {
        ast::ExprKind::Parens(inner) => key(binder, inner, left, right, keys),
        ast::ExprKind::Binary(b) if b.op == BinaryOp::And => {
            key(binder, &b.left, left, right, keys);
            key(binder, &b.right, left, right, keys);
        }
        ast::ExprKind::Name(name) => {
            let l = binder.expr(condition, Row { serialized: false, ..Row::of(left) });
            let r = binder.expr(condition, Row { serialized: false, ..Row::of(right) });
            if !is_column(&l) || !is_column(&r) {
                if l.kind != ExprKind::Error && r.kind != ExprKind::Error {
                    not_a_key(binder, condition.span);
                }
                return;
            }
            let message =
                format!("The common column '{}' must have the same type on both sides of the join.", name.text);
            push(binder, l, r, (codes::JOIN_COLUMN_TYPES, message), condition.span, keys);
        }
        ast::ExprKind::Binary(b) if b.op == BinaryOp::Equal => {
            let sides = [("$left", &b.left), ("$right", &b.right)];
            let mut fits = true;
            for (wanted, operand) in sides {
                if side(operand) != Some(wanted) {
                    fits = false;
                    let message = format!("The join condition operand must be: {wanted}.<column>");
                    let mut d = Diagnostic::error(codes::JOIN_OPERAND, operand.span, message);
                    if side(&b.left) == Some("$right") && side(&b.right) == Some("$left") {
                        d = d.with_help("put the column of the left table first");
                    }
                    binder.report(d);
                }
            }
            if !fits {
                return;
            }
            let all = |side: &Relation| side.nameable().cloned().collect::<Vec<_>>();
            let (left_columns, right_columns) = (all(left), all(right));
            let sides = (
                Side { columns: &left_columns, dropped: &left.dropped },
                Side { columns: &right_columns, dropped: &right.dropped },
            );
            let row = Row { sides: Some(sides), ..Row::default() };
            let l = binder.expr(&b.left, row);
            let r = binder.expr(&b.right, row);
            if l.ty == ScalarType::Dynamic || r.ty == ScalarType::Dynamic {
                let at = if l.ty == ScalarType::Dynamic { l.span } else { r.span };
                binder.report(
                    Diagnostic::error(codes::DYNAMIC_JOIN_KEY, at, "Join keys cannot be dynamic")
                        .with_help("convert the key first, for example with extend and tostring()"),
                );
                return;
            }
            let message = format!("Inconsistent data types for join keys: ({}, {})", l.ty, r.ty);
            push(binder, l, r, (codes::JOIN_KEY_TYPES, message), condition.span, keys);
        }
        ast::ExprKind::Error => {}
        _ => not_a_key(binder, condition.span),
    }
}

fn is_column(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Column(_))
}

/// The side that the operand of a condition names.
fn side(e: &ast::Expr) -> Option<&str> {
    match &e.kind {
        ast::ExprKind::Parens(inner) => side(inner),
        ast::ExprKind::Path(base, _) => match &base.kind {
            ast::ExprKind::Name(name) if name.text == "$left" || name.text == "$right" => Some(&name.text),
            _ => None,
        },
        _ => None,
    }
}

fn push(
    binder: &mut Binder,
    left: Expr,
    right: Expr,
    (code, message): (kql_parser::Code, String),
    span: Span,
    keys: &mut Vec<Key>,
) {
    if left.is_error() || right.is_error() {
        return;
    }
    let common = match (left.ty, right.ty) {
        (a, b) if a == b => crate::bind::known(a),
        // a column of a table whose columns are not known
        (ScalarType::Unknown, other) | (other, ScalarType::Unknown) => other,
        // by name, the types must be equal
        (a, b) if code != codes::JOIN_COLUMN_TYPES && a.is_integer() && b.is_integer() => ScalarType::Long,
        (a, b) => {
            binder.report(Diagnostic::error(code, span, message).with_help(format!("the types are {a} and {b}")));
            return;
        }
    };
    let right_column = match right.kind {
        ExprKind::Column(id) => Some(id),
        _ => None,
    };
    keys.push(Key { left: left.convert(common), right: right.convert(common), right_column });
}

fn not_a_key(binder: &mut Binder, span: Span) {
    let message = "The join condition must be either the name of a column common to both tables or in the form \
                   $left.<column> == $right.<column>.";
    binder.error(codes::INVALID_JOIN_CONDITION, span, message);
}

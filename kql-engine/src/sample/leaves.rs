//! Conditions as leaves, all of which must be true: where one of several is enough, one is chosen.

use super::symbols::{Symbols, call, constant, variable_expr};
use super::unsupported::Unsupported;
use crate::plan::{Expr, ExprKind};
use crate::types::ScalarType;
use crate::value::Value;

/// A condition without `and` and `or`, and the truth that it must have.
#[derive(Clone, Debug)]
pub(super) struct Leaf {
    pub condition: Expr,
    pub wanted: bool,
}

/// How often a condition can lead to others.
const MOST_LEAVES: usize = 2_000;

/// The leaves of the conditions that were found.
pub(super) fn leaves(symbols: &mut Symbols) -> Result<Vec<Leaf>, Unsupported> {
    let mut found = Vec::new();
    // a condition over the rows of a subquery adds the conditions of these rows
    while !symbols.conditions.is_empty() {
        for condition in std::mem::take(&mut symbols.conditions) {
            split(symbols, condition, true, &mut found)?;
        }
    }
    Ok(found)
}

fn split(symbols: &mut Symbols, e: Expr, wanted: bool, out: &mut Vec<Leaf>) -> Result<(), Unsupported> {
    if out.len() > MOST_LEAVES {
        return Err(Unsupported::TooLarge);
    }
    if let ExprKind::Constant(value) = &e.kind {
        return match value {
            Value::Bool(value) if *value == wanted => Ok(()),
            _ => Err(Unsupported::Empty),
        };
    }
    let ExprKind::Call(function, args) = &e.kind else {
        out.push(Leaf { condition: e, wanted });
        return Ok(());
    };
    match (function.name, args.as_slice()) {
        ("and" | "or", _) => {
            if (function.name == "and") == wanted {
                return args.iter().cloned().try_for_each(|arg| split(symbols, arg, wanted, out));
            }
            let chosen = symbols.choose(args.len());
            match args.get(chosen) {
                Some(arg) => split(symbols, arg.clone(), wanted, out),
                None => Err(Unsupported::Empty),
            }
        }
        ("not", [inner]) => split(symbols, inner.clone(), !wanted, out),
        ("in" | "in~" | "has_any", [value, rest @ ..]) if rest.iter().any(is_stage) => {
            // an item of the list is a row of the subquery
            let Some(ExprKind::Stage(id)) = rest.iter().find(|item| is_stage(item)).map(|item| &item.kind) else {
                return Err(Unsupported::Empty);
            };
            if !wanted {
                return Ok(());
            }
            let item = symbols.stage_row(*id, 1)?.pop().ok_or(Unsupported::Empty)?;
            let operator = if function.name == "has_any" { "has" } else { "==" };
            let condition = call(operator, vec![value.clone(), item.convert(value.ty)], ScalarType::Bool);
            split(symbols, Expr { span: e.span, ..condition }, true, out)
        }
        ("!in" | "!in~", [_, rest @ ..]) if rest.iter().any(is_stage) => {
            if wanted {
                Ok(())
            } else {
                Err(Unsupported::Empty)
            }
        }
        _ => {
            let mut also = Vec::new();
            let condition = simple(symbols, &e, &mut also);
            for (condition, wanted) in also {
                split(symbols, condition, wanted, out)?;
            }
            match &condition.kind {
                // what a branch was chosen for can be `and` or `or`
                ExprKind::Call(function, _) if matches!(function.name, "and" | "or" | "not") => {
                    split(symbols, condition, wanted, out)
                }
                ExprKind::Constant(_) => split(symbols, condition, wanted, out),
                _ => {
                    out.push(Leaf { condition, wanted });
                    Ok(())
                }
            }
        }
    }
}

fn is_stage(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Stage(_))
}

/// An expression without branches: one of each `iff` and `case` is chosen, and its condition is added to `also`.
fn simple(symbols: &mut Symbols, e: &Expr, also: &mut Vec<(Expr, bool)>) -> Expr {
    let (function, args) = match &e.kind {
        ExprKind::Call(function, args) => (*function, args),
        ExprKind::Convert(inner) => return simple(symbols, inner, also).convert(e.ty),
        _ => return e.clone(),
    };
    match (function.name, args.as_slice()) {
        ("iff" | "iif", [condition, yes, no]) => {
            let chosen = symbols.choose(2) == 0;
            also.push((condition.clone(), chosen));
            return simple(symbols, if chosen { yes } else { no }, also).convert(e.ty);
        }
        ("case", _) if args.len() >= 3 => {
            let branches = args.len() / 2;
            let chosen = symbols.choose(branches + 1);
            for (place, pair) in args.chunks(2).enumerate().take(branches) {
                let [condition, value] = pair else { break };
                also.push((condition.clone(), place == chosen));
                if place == chosen {
                    return simple(symbols, value, also).convert(e.ty);
                }
            }
            if let Some(otherwise) = args.last() {
                return simple(symbols, otherwise, also).convert(e.ty);
            }
        }
        ("array_length", [list]) => {
            let list = sorted_list(list);
            let length = symbols.lengths.iter().find(|(known, _)| known == list).map(|(_, id)| *id);
            if let Some(id) = length {
                return variable_expr(id, ScalarType::Long).convert(e.ty);
            }
        }
        // an element of a list that is written out
        ("[]", [list, at]) => {
            if let (ExprKind::Call(inner, items), Some(place)) = (&list.kind, at.as_constant()) {
                let item = match (inner.name, place) {
                    ("pack_array", Value::Long(place)) => usize::try_from(*place).ok().and_then(|at| items.get(at)),
                    ("bag_pack", Value::Text(key)) => items
                        .chunks(2)
                        .find(
                            |pair| matches!(pair.first().and_then(Expr::as_constant), Some(Value::Text(k)) if k == key),
                        )
                        .and_then(|pair| pair.get(1)),
                    _ => None,
                };
                if let Some(item) = item {
                    return simple(symbols, item, also).convert(e.ty);
                }
            }
        }
        ("coalesce", [first, ..]) => return simple(symbols, first, also).convert(e.ty),
        _ => {}
    }
    let args = args.iter().map(|arg| simple(symbols, arg, also)).collect();
    Expr { kind: ExprKind::Call(function, args), ..e.clone() }
}

/// The list that a call sorts.
fn sorted_list(list: &Expr) -> &Expr {
    match &list.kind {
        ExprKind::Call(function, args) if matches!(function.name, "array_sort_asc" | "array_sort_desc") => {
            args.first().unwrap_or(list)
        }
        _ => list,
    }
}

/// The variables of an expression.
pub(super) fn variables(e: &Expr) -> Vec<crate::plan::ColumnId> {
    let mut found = Vec::new();
    e.walk(&mut |e| {
        if let ExprKind::Column(id) = e.kind
            && !found.contains(&id)
        {
            found.push(id);
        }
    });
    found
}

/// An expression with a variable replaced.
pub(super) fn replaced(e: &Expr, id: crate::plan::ColumnId, with: &Expr) -> Expr {
    match &e.kind {
        ExprKind::Column(own) if *own == id => with.clone().convert(e.ty),
        ExprKind::Call(function, args) => {
            let args = args.iter().map(|arg| replaced(arg, id, with)).collect();
            Expr { kind: ExprKind::Call(function, args), ..e.clone() }
        }
        ExprKind::Convert(inner) => replaced(inner, id, with).convert(e.ty),
        _ => e.clone(),
    }
}

/// An expression with the values of variables in their places.
pub(super) fn valued(e: &Expr, values: &std::collections::BTreeMap<crate::plan::ColumnId, Value>) -> Expr {
    match &e.kind {
        ExprKind::Column(id) => values.get(id).map_or_else(|| e.clone(), |value| constant(value.clone(), e.ty)),
        ExprKind::Call(function, args) => {
            let args = args.iter().map(|arg| valued(arg, values)).collect();
            Expr { kind: ExprKind::Call(function, args), ..e.clone() }
        }
        ExprKind::Convert(inner) => valued(inner, values).convert(e.ty),
        _ => e.clone(),
    }
}

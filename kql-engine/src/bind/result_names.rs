//! Names of unnamed columns.

use super::special::special;
use super::{Binder, Row, Symbol};
use crate::registry::{self, ResultName};
use kql_parser::ast::{self, ExprKind};

impl Binder<'_> {
    /// The default name of an expression; `None` for `Column1` and so on.
    pub fn result_name(&self, e: &ast::Expr, row: Row) -> Option<String> {
        match &e.kind {
            ExprKind::Name(name) => Some(name.text.clone()),
            ExprKind::Parens(inner) => self.result_name(inner, row),
            ExprKind::Path(base, name) => match &base.kind {
                ExprKind::Name(side) if side.text == "$left" || side.text == "$right" => Some(name.text.clone()),
                _ => self.step_name(base, &name.text, row),
            },
            ExprKind::Element(base, index) => match &index.kind {
                ExprKind::Literal(ast::Literal::String(s)) => self.step_name(base, s, row),
                ExprKind::Literal(ast::Literal::Long(Some(i))) => self.step_name(base, &i.to_string(), row),
                // a computed index is omitted from the name
                _ => self.step_name(base, "", row),
            },
            ExprKind::Call(call) => self.call_name(call, row),
            ExprKind::Named(named) => named.names.first().map(|n| n.text.clone()),
            _ => None,
        }
    }

    /// The name of a step into a dynamic value: the names of the base and of the step.
    fn step_name(&self, base: &ast::Expr, step: &str, row: Row) -> Option<String> {
        match self.argument_name(base, row) {
            Some(base) => Some(format!("{base}_{step}")),
            None => (!step.is_empty()).then(|| step.to_owned()),
        }
    }

    /// The name that an argument contributes to the enclosing call: `None` if the argument would return several columns,
    /// or if the table determines whether it is a column.
    fn argument_name(&self, argument: &ast::Expr, row: Row) -> Option<String> {
        match &argument.kind {
            ExprKind::Parens(inner) => self.argument_name(inner, row),
            ExprKind::Call(call)
                if special(&call.name.text).is_some_and(|f| matches!(f.result_name, ResultName::NamedColumn))
                    || super::gives_several(argument)
                    || crate::aggregates::aggregate(&call.name.text)
                        .is_some_and(|f| f.outputs == registry::Outputs::EachArgument) =>
            {
                None
            }
            _ => self.result_name(argument, row),
        }
    }

    fn call_name(&self, call: &ast::Call, row: Row) -> Option<String> {
        let name = call.name.text.as_str();
        if matches!(self.scope.find(name), Some(Symbol::Function(_))) {
            return None;
        }
        let of = |at: usize| call.args.get(at).and_then(|a| self.argument_name(a, row));
        if let Some(special) = special(name) {
            return match special.result_name {
                // a missing column contributes no name, whatever replaces it
                ResultName::NamedColumn => match call.args.first().map(|a| &a.kind) {
                    Some(ExprKind::Literal(ast::Literal::String(s))) if row.open || row.find(s).is_some() => {
                        Some(s.clone())
                    }
                    _ => None,
                },
                rule => rule.of(special.name, call.args.len(), of),
            };
        }
        if let Some(function) =
            crate::functions::scalar(name).filter(|_| !crate::aggregates::is_aggregate_call(name, call.args.len()))
        {
            return function.result_name.of(function.name, call.args.len(), of);
        }
        let function = crate::aggregates::aggregate(name)?;
        let rule = function.result_name(name);
        // a single percentage is part of the name inside of another call too
        if let (ResultName::Percentage(prefix), registry::Outputs::EachFrom(from)) = (rule, function.outputs)
            && let Some((last, before)) = call.args.split_last()
            && before.len() == from
        {
            return Some(Self::percentage_name(prefix, of(0), last));
        }
        rule.of(name, call.args.len(), of)
    }

    /// The name of a percentile.
    pub fn percentage_name(prefix: &str, of: Option<String>, percentage: &ast::Expr) -> String {
        format!("{prefix}_{}_{}", of.unwrap_or_default(), Self::percentage(percentage))
    }

    /// A percentage as part of a name.
    fn percentage(e: &ast::Expr) -> String {
        match &e.kind {
            ExprKind::Literal(ast::Literal::Long(Some(n))) => n.to_string(),
            ExprKind::Literal(ast::Literal::Int(Some(n))) => n.to_string(),
            ExprKind::Literal(ast::Literal::Real(Some(r))) => r.to_string().replace('.', "_"),
            _ => String::new(),
        }
    }
}

//! What an unnamed column is called.

use super::{Binder, Symbol};
use crate::registry::{self, ResultName};
use kql_parser::ast::{self, ExprKind};

impl Binder<'_> {
    /// The name an expression has by itself; none for `Column1` and the like.
    pub fn result_name(&self, e: &ast::Expr) -> Option<String> {
        match &e.kind {
            ExprKind::Name(name) => Some(name.text.clone()),
            ExprKind::Parens(inner) => self.result_name(inner),
            ExprKind::Path(base, name) => match &base.kind {
                ExprKind::Name(side) if side.text == "$left" || side.text == "$right" => Some(name.text.clone()),
                _ => Some(format!("{}_{}", self.result_name(base)?, name.text)),
            },
            ExprKind::Element(base, index) => {
                let base = self.result_name(base)?;
                let step = match &index.kind {
                    ExprKind::Literal(ast::Literal::String(s)) => s.clone(),
                    ExprKind::Literal(ast::Literal::Long(Some(i))) => i.to_string(),
                    _ => return None,
                };
                Some(format!("{base}_{step}"))
            }
            ExprKind::Call(call) => self.call_name(call),
            ExprKind::Named(named) => named.names.first().map(|n| n.text.clone()),
            _ => None,
        }
    }

    fn call_name(&self, call: &ast::Call) -> Option<String> {
        let name = call.name.text.as_str();
        if matches!(self.scope.find(name), Some(Symbol::Function(_))) {
            return None;
        }
        let first = || call.args.first().and_then(|a| self.result_name(a));
        match name {
            "column_ifexists" | "columnifexists" => {
                return match call.args.first().map(|a| &a.kind) {
                    Some(ExprKind::Literal(ast::Literal::String(s))) => Some(s.clone()),
                    _ => None,
                };
            }
            "bin_auto" => return first(),
            "ingestion_time" => return Some("$IngestionTime".to_owned()),
            _ => {}
        }
        if let Some(function) = registry::scalar(name).filter(|_| !registry::is_aggregate_call(name, call.args.len())) {
            return match function.result_name {
                ResultName::None => None,
                ResultName::FirstArgument => first(),
                ResultName::OnlyArgument => first().filter(|_| call.args.len() == 1),
                ResultName::NameAndFirstArgument => Some(format!("{}_{}", function.name, first().unwrap_or_default())),
                ResultName::Prefix(prefix) => Some(format!("{prefix}_{}", first().unwrap_or_default())),
                ResultName::PrefixOnly(prefix) => Some(prefix.to_owned()),
                ResultName::Suffix(suffix) => first().map(|name| format!("{name}{suffix}")),
            };
        }
        let function = registry::aggregate(name)?;
        if matches!(name, "covariance" | "covariancep" | "covarianceif" | "covariancepif") {
            let second = call.args.get(1).and_then(|a| self.result_name(a)).unwrap_or_default();
            return Some(format!("{name}_{}_{second}", first().unwrap_or_default()));
        }
        // one percentage is part of the name also inside of another call
        if let registry::Outputs::EachFrom(from) = function.outputs
            && let Some((last, before)) = call.args.split_last()
            && before.len() == from
        {
            let percentage = Self::percentage(last);
            return Some(format!("percentile_{}_{percentage}", first().unwrap_or_default()));
        }
        let rule =
            if name == function.name { function.result_name } else { crate::aggregates::alias_name(name, function) };
        match rule {
            ResultName::None => None,
            ResultName::FirstArgument | ResultName::OnlyArgument => first(),
            ResultName::NameAndFirstArgument => Some(format!("{name}_{}", first().unwrap_or_default())),
            ResultName::Prefix(prefix) => Some(format!("{prefix}_{}", first().unwrap_or_default())),
            ResultName::PrefixOnly(prefix) => Some(format!("{prefix}_")),
            ResultName::Suffix(suffix) => first().map(|name| format!("{name}{suffix}")),
        }
    }

    /// A percentage as part of a name.
    pub fn percentage(e: &ast::Expr) -> String {
        match &e.kind {
            ExprKind::Literal(ast::Literal::Long(Some(n))) => n.to_string(),
            ExprKind::Literal(ast::Literal::Int(Some(n))) => n.to_string(),
            ExprKind::Literal(ast::Literal::Real(Some(r))) => r.to_string().replace('.', "_"),
            _ => String::new(),
        }
    }
}

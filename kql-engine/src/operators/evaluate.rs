//! `evaluate plugin(...)`
//!
//! <https://learn.microsoft.com/kusto/query/evaluate-operator>

use crate::bind::Binder;
use crate::plan::Relation;
use kql_parser::codes;
use kql_parser::suggest;
use kql_parser::{Diagnostic, ast};

pub(super) fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let name = &evaluate.call.name;
    if input.partition.is_some() {
        super::not_in_parts(binder, name.span);
        return input;
    }
    match crate::plugins::plugin(&name.text) {
        Some(plugin) => (plugin.bind)(binder, evaluate, input),
        None if crate::registry::unavailable(&name.text).is_some() => {
            let reason = crate::registry::unavailable(&name.text).unwrap_or_default();
            binder.error(
                codes::UNAVAILABLE_OFFLINE,
                name.span,
                format!("The plugin '{}' is not available offline: {reason}", name.text),
            );
            Relation { open: true, ..input }
        }
        None => {
            let message = format!("The plugin '{}' is not known.", name.text);
            let mut d = Diagnostic::error(codes::UNKNOWN_PLUGIN, name.span, message);
            d.help =
                suggest(&name.text, crate::plugins::ALL.iter().map(|p| p.name)).map(|s| format!("did you mean '{s}'?"));
            binder.report(d);
            Relation { open: true, ..input }
        }
    }
}

//! `identity`: returns the rows unchanged. `estimate_rows_count`: the exact number of rows.
//!
//! Neither is documented; both are in Microsoft's binder.

use super::Plugin;
use crate::bind::Binder;
use crate::plan::{Aggregate, Relation};
use crate::types::ScalarType::Long;
use kql_parser::ast;
use kql_parser::codes;

pub static IDENTITY: Plugin = Plugin {
    name: "identity",
    signature: "()",
    summary: "The rows as they are.",
    page: "evaluate-operator",
    bind: |binder, evaluate, input| {
        without_arguments(binder, evaluate);
        input
    },
};

pub static ESTIMATE_ROWS_COUNT: Plugin = Plugin {
    name: "estimate_rows_count",
    signature: "()",
    summary: "How many rows there are.",
    page: "evaluate-operator",
    bind: |binder, evaluate, input| {
        without_arguments(binder, evaluate);
        let count = binder.new_column("EstimatedRowsCount", Long);
        let (function, span) = (&crate::aggregates::COUNT, evaluate.call_span);
        let aggregate = Aggregate { function, args: Vec::new(), ty: Long, outputs: vec![(count.id, Long)], span };
        let node = crate::bind::grouped(&input, Vec::new(), vec![aggregate]);
        Relation { node, columns: vec![count], ..Relation::default() }
    },
};

fn without_arguments(binder: &mut Binder, evaluate: &ast::Evaluate) {
    let name = &evaluate.call.name;
    if !evaluate.call.args.is_empty() {
        binder.error(codes::ARGUMENT_COUNT, name.span, format!("The plugin '{}' expects 0 arguments.", name.text));
    }
}

//! `dcount_intersect`: the number of values that sets have in common: of the first, of the first two, and so on.
//!
//! The sets are results of `hll()`, which is exact here.
//! <https://learn.microsoft.com/kusto/query/dcount-intersect-plugin>

use super::Plugin;
use crate::bind::{Binder, Row};
use crate::plan::{Expr, Relation};
use crate::types::ScalarType;
use kql_parser::ast;
use kql_parser::codes;

pub static DCOUNT_INTERSECT: Plugin = Plugin {
    name: "dcount_intersect",
    signature: "(hll: dynamic, hll: dynamic, ...)",
    summary: "The number of values common to hll() sets: of the first, of the first two, and so on.",
    page: "dcount-intersect-plugin",
    bind,
};

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    let call = &evaluate.call;
    let span = evaluate.call_span;
    if !(2..=16).contains(&call.args.len()) {
        binder.error(codes::ARGUMENT_COUNT, call.name.span, "The plugin 'dcount_intersect' expects 2 to 16 arguments.");
        return binder.empty_relation();
    }
    let (Some(intersect), Some(length)) =
        (crate::functions::scalar("set_intersect"), crate::functions::scalar("array_length"))
    else {
        return binder.empty_relation();
    };
    let mut sets = Vec::with_capacity(call.args.len());
    for argument in &call.args {
        let set = binder.expr(argument, Row::of(&input));
        match set.ty {
            ScalarType::Dynamic => sets.push(set),
            ScalarType::Unknown => return binder.empty_relation(),
            _ => {
                binder.error(codes::TYPE_EXPECTED, argument.span, "Expected a dynamic value returned by hll().");
                return binder.empty_relation();
            }
        }
    }
    let input = binder.with_windows(input);
    let mut columns = input.columns.clone();
    let mut node = input.clone();
    let mut common: Option<Expr> = None;
    for (i, set) in sets.into_iter().enumerate() {
        // each intersection is a separate column, so that none is computed twice
        let value = match common {
            Some(before) => Expr::call(intersect, vec![before, set], ScalarType::Dynamic, span),
            None => set,
        };
        let hidden = binder.new_column("", ScalarType::Dynamic);
        let mut pairs = crate::plan::identity(&node.columns);
        pairs.push((hidden.id, value));
        let projected = crate::plan::project(&node, pairs);
        node.columns.push(hidden.clone());
        node.node = projected;
        let kept = Expr::column(&hidden, span);
        let mut pairs = crate::plan::identity(&node.columns);
        let count = binder.new_column(format!("s{i}"), ScalarType::Long);
        pairs.push((count.id, Expr::call(length, vec![kept.clone()], ScalarType::Long, span)));
        let projected = crate::plan::project(&node, pairs);
        node.columns.push(count.clone());
        node.node = projected;
        columns.push(count);
        common = Some(kept);
    }
    let pairs = crate::plan::identity(&columns);
    Relation { node: crate::plan::project(&node, pairs), columns, ..node }
}

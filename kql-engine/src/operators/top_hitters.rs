//! `top-hitters n of x by y`: the most frequent values, or those with the greatest sum. Exact.
//!
//! <https://learn.microsoft.com/kusto/query/top-hitters-operator>

use crate::bind::{Binder, Row};
use crate::plan::{Aggregate, OrderKey, Relation};
use crate::types::ScalarType;
use kql_parser::codes;
use kql_parser::{Span, ast};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, top: &ast::TopHitters, input: Relation, span: Span) -> Relation {
    let count = super::whole_number(binder, &top.count);
    let (given, of) = super::named(&top.of);
    let value = binder.expr(of, Row::of(&input));
    super::not_dynamic(binder, &value);
    let of_name = given.map(|n| n.text.clone()).or_else(|| binder.result_name(of, Row::of(&input)));
    let name = of_name.clone().unwrap_or_else(|| "Column1".to_owned());
    let group = binder.new_column(name, value.ty);
    let (function, args, ty, prefix) = match &top.by {
        Some(by) => {
            let (_, by_value) = super::named(by);
            let weight = binder.expr(by_value, Row::of(&input)).convert_unknown(ScalarType::Long);
            if !weight.ty.is_number() && weight.ty != ScalarType::Unknown {
                binder.error(codes::NUMBER_EXPECTED, weight.span, "The expression value must be a number.");
            }
            let ty = if weight.ty == ScalarType::Int { ScalarType::Long } else { weight.ty };
            let name = format!("approximate_sum_{}", binder.result_name(by_value, Row::of(&input)).unwrap_or_default());
            (&crate::aggregates::SUM, vec![weight], ty, name)
        }
        None => {
            let name = format!("approximate_count_{}", of_name.unwrap_or_default());
            (&crate::aggregates::COUNT, Vec::new(), ScalarType::Long, name)
        }
    };
    let hits = binder.new_column(prefix, ty);
    let aggregate = Aggregate { function, args, ty, outputs: vec![(hits.id, ty)], span };
    let input = binder.with_windows(input);
    let relation = Relation {
        node: crate::bind::grouped(&input, vec![(group.id, value)], vec![aggregate]),
        order: vec![
            OrderKey { column: hits.id, ascending: false, nulls_first: false },
            OrderKey { column: group.id, ascending: false, nulls_first: false },
        ],
        serialized: true,
        sorted_by: Arc::new(vec![(hits.id, hits.id)]),
        columns: vec![group, hits],
        partition: input.partition,
        ..Relation::default()
    };
    crate::plan::limit(relation, count)
}

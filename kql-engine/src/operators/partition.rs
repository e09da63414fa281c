//! `partition by x (subquery)`: operators over the rows of each value of a column.
//!
//! <https://learn.microsoft.com/kusto/query/partition-operator>

use crate::bind::{Binder, Row};
use crate::plan::{ExprKind, Partition, PlanColumn, Relation};
use kql_parser::{Diagnostic, Span, ast};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, partition: &ast::Partition, input: Relation, span: Span) -> Relation {
    let by = binder.expr(&partition.by, Row::of(&input));
    super::not_dynamic(binder, &by);
    let ast::PartitionQuery::Subquery(subquery) = &partition.query else {
        binder.report(
            Diagnostic::error("KQ202", span, "partition with a query of its own is not supported yet.")
                .with_help("partition by x (operators) is"),
        );
        return Relation { open: true, ..input };
    };
    let key = match by.kind {
        ExprKind::Column(id) => PlanColumn { id, name: String::new(), ty: by.ty },
        _ => return Relation { open: true, ..input },
    };
    if input.partition.is_some() {
        super::not_in_parts(binder, span);
        return input;
    }
    // a hidden copy: the subquery may drop or change the column
    let copy = PlanColumn { id: binder.new_id(), ..key.clone() };
    let mut pairs = super::identity(&input.columns);
    pairs.push((copy.id, by));
    let node = super::project(&input, pairs);
    let parts = Partition { keys: vec![copy], carried: Vec::new() };
    let parted = Relation { node, partition: Some(Arc::new(parts)), ..input };
    let result = binder.subquery(&subquery.pipeline, parted);
    // rows of different parts have no order between them
    Relation { partition: None, order: Vec::new(), serialized: false, ..result }
}

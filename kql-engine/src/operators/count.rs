//! `count`: the number of rows.
//!
//! <https://learn.microsoft.com/kusto/query/count-operator>

use crate::bind::Binder;
use crate::plan::{Aggregate, Relation};
use crate::types::ScalarType;
use kql_parser::{Span, ast};

pub(super) fn bind(binder: &mut Binder, name: Option<&ast::Name>, input: Relation, span: Span) -> Relation {
    let column = binder.new_column(name.map_or("Count", |n| n.text.as_str()), ScalarType::Long);
    let count = Aggregate {
        function: &crate::aggregates::COUNT,
        args: Vec::new(),
        ty: ScalarType::Long,
        outputs: vec![(column.id, ScalarType::Long)],
        span,
    };
    Relation {
        node: crate::bind::grouped(&input, Vec::new(), vec![count]),
        columns: vec![column],
        partition: input.partition,
        ..Relation::default()
    }
}

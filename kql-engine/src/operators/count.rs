//! `count`: how many rows.
//!
//! <https://learn.microsoft.com/kusto/query/count-operator>

use crate::bind::Binder;
use crate::plan::{Aggregate, Node, Relation};
use crate::types::ScalarType;
use kql_parser::{Span, ast};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, name: Option<&ast::Name>, input: Relation, span: Span) -> Relation {
    let column = binder.new_column(name.map_or("Count", |n| n.text.as_str()), ScalarType::Long);
    let count = Aggregate {
        function: &crate::aggregates::COUNT,
        args: Vec::new(),
        ty: ScalarType::Long,
        outputs: vec![(column.id, ScalarType::Long)],
        span,
    };
    let node = Node::Aggregate { input: input.node, groups: Vec::new(), aggregates: vec![count], order: Vec::new() };
    Relation {
        node: Arc::new(node),
        columns: vec![column],
        order: Vec::new(),
        serialized: false,
        open: false,
        name: None,
        render: None,
    }
}

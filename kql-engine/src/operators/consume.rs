//! `consume`: computes the rows and returns none.
//!
//! <https://learn.microsoft.com/kusto/query/consume-operator>

use crate::bind::Binder;
use crate::functions::operators;
use crate::plan::{Aggregate, Expr, Node, PlanColumn, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::{Span, ast::BinaryOp};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, input: Relation, span: Span) -> Relation {
    if input.partition.is_some() {
        super::not_in_parts(binder, span);
        return input;
    }
    // every row is counted, and the count is dropped
    let count = PlanColumn { id: binder.new_id(), name: String::new(), ty: ScalarType::Long };
    let counted = Aggregate {
        function: &crate::aggregates::COUNT,
        args: Vec::new(),
        ty: ScalarType::Long,
        outputs: vec![(count.id, count.ty)],
        span,
    };
    let node = crate::bind::grouped(&input, Vec::new(), vec![counted]);
    let zero = Expr::constant(Value::Long(0), ScalarType::Long, span);
    let less = operators::binary(BinaryOp::LessThan);
    let predicate = Expr::call(less, vec![Expr::column(&count, span), zero], ScalarType::Bool, span);
    Relation { node: Arc::new(Node::Filter { input: node, predicate }), open: input.open, ..Relation::default() }
}

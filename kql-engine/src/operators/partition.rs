//! `partition by x (subquery)`: operators over the rows of each value of a column; `partition by x { query }`: a separate
//! query for each value.
//!
//! Most subqueries are bound once, and their operators keep the parts separate. A separate query, and a subquery that uses
//! its part more than once, is bound for each value: the values are computed first, and there are not many.
//! <https://learn.microsoft.com/kusto/query/partition-operator>

use super::union::{Kind, Leg};
use crate::bind::{Binder, Row, Symbol};
use crate::error::run_error;
use crate::plan::{Expr, ExprKind, JoinKind, Node, Partition, PlanColumn, Relation, StageKind};
use crate::stored_rows::StoredRows;
use crate::types::ScalarType;
use crate::value::Value;
use datafusion::common::{Result, ScalarValue};
use kql_parser::ast::{self, OperatorKind as K};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

/// The maximum number of values with separate queries, as in Kusto.
const MOST: usize = 64;

pub(super) fn bind(binder: &mut Binder, partition: &ast::Partition, input: Relation, span: Span) -> Relation {
    let by = binder.expr(&partition.by, Row::of(&input));
    super::not_dynamic(binder, &by);
    let key = match by.kind {
        ExprKind::Column(id) => PlanColumn { id, name: String::new(), ty: by.ty },
        _ => return Relation { open: true, ..input },
    };
    if input.partition.is_some() {
        super::not_in_parts(binder, span);
        return input;
    }
    let strategy = super::parameter(&partition.parameters, &["hint.strategy"]).map_or("legacy", |(s, _)| s);
    let subquery = match &partition.query {
        ast::PartitionQuery::Subquery(subquery)
            if strategy != "legacy" || !each_by_itself(&subquery.pipeline.operators) =>
        {
            subquery
        }
        query => {
            let name = crate::bind::plain_column_name(&partition.by, Row::of(&input)).unwrap_or_default();
            return for_each_value(binder, query, input, &PlanColumn { name, ..key }, span);
        }
    };
    // a hidden copy: the subquery can drop or change the column
    let copy = PlanColumn { id: binder.new_id(), ..key.clone() };
    let mut pairs = crate::plan::identity(&input.columns);
    pairs.push((copy.id, by));
    let node = crate::plan::project(&input, pairs);
    let parts = Partition { keys: vec![copy], carried: Vec::new() };
    let parted = Relation { node, partition: Some(Arc::new(parts)), ..input };
    let result = binder.subquery(&subquery.pipeline, parted);
    // rows of different parts have no common order
    Relation { partition: None, order: Vec::new(), serialized: false, ..result }
}

/// `__partitionby`, which only Kusto itself writes.
pub(super) fn bind_by(binder: &mut Binder, partition: &ast::PartitionBy, input: Relation, span: Span) -> Relation {
    let partition = ast::Partition {
        parameters: partition.parameters.clone(),
        by: partition.by.clone(),
        scope: None,
        query: ast::PartitionQuery::Subquery(partition.subquery.clone()),
    };
    bind(binder, &partition, input, span)
}

/// Whether operators must be bound for each value: if one uses the part in addition to its input, or other tables, or
/// returns rows for an empty input.
fn each_by_itself(operators: &[ast::Operator]) -> bool {
    // whether a part can have no rows left
    let mut empty = false;
    for operator in operators {
        match &operator.kind {
            K::As(_)
            | K::Join(_)
            | K::Lookup(_)
            | K::Union(_)
            | K::Evaluate(_)
            | K::Invoke(_)
            | K::Partition(_)
            | K::GetSchema(_)
            | K::MakeSeries(_)
            | K::TopNested(_)
            | K::Search(_)
            | K::Reduce(_) => return true,
            K::Count(_) if empty => return true,
            K::Summarize(summarize) if summarize.by.is_empty() && empty => return true,
            K::Count(_) => {}
            K::Summarize(summarize) if summarize.by.is_empty() => {}
            K::Extend(_)
            | K::Serialize(_)
            | K::Project(_)
            | K::ProjectAway(_)
            | K::ProjectKeep(_)
            | K::ProjectRename(_)
            | K::ProjectReorder(_)
            | K::Sort(_)
            | K::Parse(_)
            | K::ParseKv(_) => {}
            _ => empty = true,
        }
    }
    false
}

/// Binds the query for each value of the key, and combines the rows.
fn for_each_value(
    binder: &mut Binder,
    query: &ast::PartitionQuery,
    input: Relation,
    key: &PlanColumn,
    span: Span,
) -> Relation {
    let place = input.columns.iter().position(|c| c.id == key.id);
    let rows = binder.staged(input, StageKind::Table(None), None);
    let Some(key) = place.and_then(|p| rows.columns.get(p)).cloned() else { return Relation { open: true, ..rows } };
    let copy = PlanColumn { id: binder.new_id(), ..key.clone() };
    let groups = vec![(copy.id, Expr::column(&key, span))];
    let node = crate::bind::grouped(&rows, groups, Vec::new());
    let distinct = Relation { node, columns: vec![copy], open: rows.open, ..Relation::default() };
    let values = match binder.evaluate(&distinct).map(|rows| constants(rows?.as_ref()).map_err(run_error)) {
        Some(Ok(values)) => values,
        Some(Err(error)) => {
            binder.error(codes::EVALUATION_FAILED, span, error.to_string());
            Vec::new()
        }
        None => Vec::new(),
    };
    if values.len() > MOST {
        let message =
            format!("The column '{}' has {} values; partition supports at most {MOST}.", key.name, values.len());
        binder.report(
            Diagnostic::error(codes::TOO_MANY_PARTITIONS, span, message)
                .with_help("use hint.strategy=native, which has no limit"),
        );
    }
    if values.is_empty() || values.len() > MOST {
        // bound for the errors of the query, and its columns
        let one = one_value(binder, query, &rows, &key, Value::missing(key.ty), span);
        let truth = Expr::constant(Value::Bool(false), ScalarType::Bool, span);
        let node = Arc::new(Node::Filter { input: one.node.clone(), predicate: truth });
        return Relation { node, order: Vec::new(), serialized: false, name: None, ..one };
    }
    let parts =
        values.into_iter().map(|value| Leg::with_rows(one_value(binder, query, &rows, &key, value, span))).collect();
    super::union::unite(binder, parts, Kind::Outer, None)
}

/// The query for one value.
fn one_value(
    binder: &mut Binder,
    query: &ast::PartitionQuery,
    rows: &Relation,
    key: &PlanColumn,
    value: Value,
    span: Span,
) -> Relation {
    let constant = Expr::constant(value, key.ty, span);
    let subquery = match query {
        ast::PartitionQuery::Query(query, _) => {
            let outer = binder.scope.clone();
            binder.scope = binder.scope.with(key.name.clone(), Symbol::Scalar(constant));
            let result = binder.tabular(query);
            binder.scope = outer;
            return result;
        }
        ast::PartitionQuery::Subquery(subquery) => subquery,
    };
    // a join for which null equals null and NaN equals NaN
    let wanted = binder.new_column("", key.ty);
    let row = binder.new_column("", ScalarType::Long);
    let right = Arc::new(Node::Values { columns: vec![wanted.clone(), row], rows: vec![vec![constant]] });
    let on = vec![(Expr::column(key, span), Expr::column(&wanted, span))];
    let node = Arc::new(Node::Join { kind: JoinKind::LeftSemi, left: rows.node.clone(), right, on });
    let part = crate::plan::with_new_ids(&mut binder.ids, &Relation { node, ..rows.clone() });
    binder.subquery(&subquery.pipeline, part)
}

/// The values of the first column.
fn constants(rows: &StoredRows) -> Result<Vec<Value>> {
    let mut values = Vec::new();
    for batch in rows.batches()? {
        let batch = batch?;
        let Some(column) = batch.columns().first() else { continue };
        for row in 0..column.len() {
            let scalar = ScalarValue::try_from_array(column, row)?;
            values.push(Value::from_scalar(&scalar).unwrap_or(Value::Null));
        }
    }
    Ok(values)
}

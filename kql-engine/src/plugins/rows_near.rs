//! `rows_near`: the rows for which a condition is true, and those near them.
//!
//! <https://learn.microsoft.com/kusto/query/rows-near-plugin>

use super::{Plugin, timeline};
use crate::bind::{Binder, Row};
use crate::plan::{Compiler, Expr, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, AsArray, BooleanArray};
use arrow::compute::filter_record_batch;
use kql_parser::ast;
use kql_parser::codes;
use std::sync::Arc;

pub static ROWS_NEAR: Plugin = Plugin {
    name: "rows_near",
    signature: "(condition: bool, before: long, [after: long])",
    summary: "The rows for which a condition is true, and the rows near them.",
    page: "rows-near-plugin",
    bind: |binder, evaluate, input| bound(binder, evaluate, &input).unwrap_or_else(|| binder.empty_relation()),
};

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation) -> Option<Relation> {
    let (condition, before, after) = match evaluate.call.args.as_slice() {
        [condition, both] => (condition, both, both),
        [condition, before, after] => (condition, before, after),
        _ => {
            timeline::too_few(binder, evaluate, 2);
            return None;
        }
    };
    if !input.serialized {
        binder.error(codes::ORDER_NEEDED, evaluate.call.name.span, "The plugin 'rows_near' needs sorted input.");
        return None;
    }
    let condition = binder.predicate(condition, Row::of(input));
    let mut count = |argument: &ast::Expr| {
        let value = binder.fixed(argument);
        match value.as_constant().and_then(Value::as_long).and_then(|n| usize::try_from(n).ok()) {
            Some(count) if value.ty.is_integer() => Some(count),
            _ => {
                if value.ty != ScalarType::Unknown {
                    binder.error(codes::TYPE_EXPECTED, argument.span, "Expected a constant integer of 0 or more.");
                }
                None
            }
        }
    };
    let (before, after) = (count(before)?, count(after)?);
    let input = binder.with_windows(input.clone());
    let columns = input.columns.iter().map(|c| binder.new_column(c.name.clone(), c.ty)).collect();
    let mut read = vec![condition];
    read.extend(input.columns.iter().map(|c| Expr::column(c, evaluate.call_span)));
    let ids: Vec<_> = read.iter().map(|v| binder.new_column("", v.ty)).collect();
    let pairs = ids.iter().map(|c| c.id).zip(read).collect();
    let rows = Relation { node: crate::plan::project(&input, pairs), columns: ids, ..input };
    Some(binder.staged(rows, StageKind::Table(Some(Arc::new(Near { before, after }))), Some(columns)))
}

#[derive(Debug)]
struct Near {
    before: usize,
    after: usize,
}

impl TableFunction for Near {
    fn name(&self) -> &str {
        "rows_near"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, _: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let mut hits = Vec::new();
        for batch in input.batches()? {
            let batch = &batch?;
            let Some(condition) = batch.columns().first().and_then(|c| c.as_boolean_opt()) else { continue };
            hits.extend((0..condition.len()).map(|row| condition.is_valid(row) && condition.value(row)));
        }
        let mut kept = vec![false; hits.len()];
        // the remaining distance from a match, forwards and then backwards
        let mut reach = 0;
        for (slot, hit) in kept.iter_mut().zip(&hits) {
            reach = if *hit { self.after.saturating_add(1) } else { reach };
            *slot |= reach > 0;
            reach = reach.saturating_sub(1);
        }
        reach = 0;
        for (slot, hit) in kept.iter_mut().zip(&hits).rev() {
            reach = if *hit { self.before.saturating_add(1) } else { reach };
            *slot |= reach > 0;
            reach = reach.saturating_sub(1);
        }
        let mut rest = kept.as_slice();
        for batch in input.batches()? {
            let batch = batch?;
            let (own, others) = rest.split_at(batch.num_rows().min(rest.len()));
            rest = others;
            let columns: Vec<usize> = (1..batch.num_columns()).collect();
            let batch = batch.project(&columns)?;
            out.push(filter_record_batch(&batch, &BooleanArray::from(own.to_vec()))?)?;
        }
        Ok(())
    }
}

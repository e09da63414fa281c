//! `basket`: the sets of values that many rows have in common.
//!
//! A set is returned if no value can be added to it without losing a row. Exact: all rows are counted.
//! <https://learn.microsoft.com/kusto/query/basket-plugin>

use super::attributes::{self, Options, Rows};
use super::error::PluginError;
use super::{Plugin, frequent, timeline};
use crate::bind::Binder;
use crate::plan::{Compiler, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType::{self, Long, Real};
use crate::value::Value;
use arrow::array::RecordBatch;
use kql_parser::ast;
use std::sync::Arc;

pub static BASKET: Plugin = Plugin {
    name: "basket",
    signature: "([threshold: real], [weight], [max_dimensions: long], [wildcard], ...)",
    summary: "Finds all frequent sets of values.",
    page: "basket-plugin",
    bind: |binder, evaluate, input| bound(binder, evaluate, &input).unwrap_or_else(|| binder.empty_relation()),
};

/// The columns that `basket` and `autocluster` return for a pattern.
pub const MEASURES: [(&str, ScalarType); 3] = [("SegmentId", Long), ("Count", Long), ("Percent", Real)];

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation) -> Option<Relation> {
    let mut options = Options::new(&evaluate.call.args);
    let threshold = options.share(binder, "Threshold", 0.05)?;
    let weight = options.weight(binder, input).ok()?;
    let dimensions = options.count(binder, "MaxDimensions", 5)?;
    let wildcards = options.wildcards(binder)?;
    let read = attributes::read(input, weight.as_ref(), evaluate.call_span);
    let columns = attributes::columns(binder, &MEASURES, &input.columns);
    // a weight is not an attribute: its column is kept, with a wildcard in it
    let weight = weight.and_then(|w| input.columns.iter().position(|c| c.id == w.id));
    let types = input.columns.iter().map(|c| c.ty).collect();
    let basket = Basket { types, weight, threshold, dimensions, wildcards };
    let rows = timeline::rows(binder, input, read);
    Some(binder.staged(rows, StageKind::Table(Some(Arc::new(basket))), Some(columns)))
}

#[derive(Debug)]
struct Basket {
    types: Vec<ScalarType>,
    weight: Option<usize>,
    threshold: f64,
    dimensions: usize,
    wildcards: Vec<(ScalarType, Value)>,
}

/// The rows that a plugin reads; the values of a weight column do not distinguish rows.
pub fn rows(input: &StoredRows, weight: Option<usize>) -> Result<Rows, PluginError> {
    let mut rows = Rows::new(input);
    for batch in input.batches()? {
        let batch = &batch?;
        let [weights, values @ ..] = batch.columns() else { continue };
        let mut values = values.to_vec();
        if let Some(column) = weight.and_then(|w| values.get_mut(w)) {
            *column = arrow::array::new_null_array(column.data_type(), column.len());
        }
        rows.add(weights, &values, |_| Some(0))?;
    }
    Ok(rows)
}

/// Patterns as the rows of `basket` and `autocluster`.
pub fn segments(
    rows: &Rows,
    mut patterns: Vec<frequent::Pattern>,
    weight: Option<usize>,
    types: &[ScalarType],
    wildcards: &[(ScalarType, Value)],
) -> Result<Vec<RecordBatch>, PluginError> {
    for pattern in &mut patterns {
        if let Some(slot) = weight.and_then(|w| pattern.values.get_mut(w)) {
            *slot = None;
        }
    }
    patterns.retain(|p| p.values.iter().any(Option::is_some));
    let [total, _] = rows.total();
    let mut arrays = vec![
        attributes::segment_ids(patterns.len()),
        attributes::counts(patterns.iter().map(|p| p.weight[0])),
        attributes::percentages(patterns.iter().map(|p| p.weight[0] / total), 1),
    ];
    let values: Vec<&[Option<u32>]> = patterns.iter().map(|p| p.values.as_slice()).collect();
    arrays.extend(rows.arrays(&values, types, wildcards)?);
    Ok(attributes::batches(MEASURES.iter().map(|(_, ty)| *ty).chain(types.iter().copied()), arrays))
}

impl TableFunction for Basket {
    fn name(&self) -> &str {
        "basket"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, _: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let rows = rows(input, self.weight)?;
        let [total, _] = rows.total();
        // a share equal to the threshold must not fail because of rounding
        let least = total * self.threshold * (1.0 - 1e-12);
        let mut patterns =
            frequent::closed(&rows.rows, self.types.len(), |[weight, _]| weight >= least, self.dimensions)?;
        let ranks = rows.ranks();
        patterns.sort_by_cached_key(|p| (std::cmp::Reverse(p.weight[0].to_bits()), p.key(&ranks)));
        Ok(out.extend(segments(&rows, patterns, self.weight, &self.types, &self.wildcards)?)?)
    }
}

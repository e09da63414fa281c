//! Rows that no filter can accept are dropped while they are read: the columns of a filter are built only for rows that
//! the previous filters accept, and the other columns for rows that pass all filters.
//!
//! The filters are applied again above the scan, so omitting them here is always correct.

use super::builder::{ColumnBuilder, Fit};
use super::rows::{Cell, Mapping, Rows, push_cell};
use crate::types::{Column, TableSchema};
use arrow::array::{Array, AsArray, RecordBatch, RecordBatchOptions};
use arrow::datatypes::SchemaRef;
use datafusion::catalog::Session;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{DFSchema, Result};
use datafusion::logical_expr::Expr;
use datafusion::physical_plan::PhysicalExpr;
use std::sync::Arc;

/// Filters, one after the other.
#[derive(Clone, Debug)]
pub(super) struct RowFilter {
    steps: Arc<[Step]>,
    /// Number of tested rows, and number of those that passed.
    seen: u64,
    passed: u64,
}

/// A filter that is tested before other columns are built.
#[derive(Debug)]
pub(super) struct Step {
    /// Columns of the scan.
    pub(super) columns: Vec<usize>,
    schema: SchemaRef,
    /// Over these columns alone.
    pub(super) predicate: Arc<dyn PhysicalExpr>,
}

/// Number of rows after which a filter that keeps more than half of them is disabled.
const TRIAL: u64 = 10_000;

impl RowFilter {
    /// For a scan of these columns; `None` if no filter helps.
    pub(super) fn new(filters: &[Expr], columns: &[Column], state: &dyn Session) -> Option<RowFilter> {
        let steps: Vec<Step> = filters.iter().filter_map(|filter| Step::new(filter, columns, state).ok()?).collect();
        let first = steps.first()?;
        // columns that all rows need anyway are built once
        (first.columns.len() < columns.len()).then(|| RowFilter { steps: steps.into(), seen: 0, passed: 0 })
    }

    /// The columns and the predicate of each step.
    pub(super) fn parts(&self) -> (Vec<Vec<usize>>, Vec<Arc<dyn PhysicalExpr>>) {
        self.steps.iter().map(|step| (step.columns.clone(), step.predicate.clone())).unzip()
    }

    /// From its parts; `of_scan` are the columns of the scan.
    pub(super) fn from_parts(
        columns: Vec<Vec<usize>>,
        predicates: Vec<Arc<dyn PhysicalExpr>>,
        of_scan: &[Column],
    ) -> RowFilter {
        let step = |(columns, predicate): (Vec<usize>, Arc<dyn PhysicalExpr>)| {
            let own = columns.iter().filter_map(|i| of_scan.get(*i).cloned()).collect();
            Step { columns, schema: TableSchema { columns: own }.plain(), predicate }
        };
        RowFilter { steps: columns.into_iter().zip(predicates).map(step).collect(), seen: 0, passed: 0 }
    }

    /// Whether the filters read the column's values.
    pub(super) fn has(&self, column: usize) -> bool {
        self.steps.iter().any(|step| step.columns.contains(&column))
    }

    pub(super) fn is_disabled(&self) -> bool {
        self.seen > TRIAL && self.passed * 2 > self.seen
    }

    /// The rows that pass. `misfit` is called with values that do not fit their column: row and column.
    pub(super) fn pass<'a>(
        &mut self,
        columns: &[Column],
        mapping: &Mapping,
        rows: &impl Rows<'a>,
        mut misfit: impl FnMut(usize, usize, &Cell),
    ) -> Result<Vec<usize>> {
        let mut left: Vec<usize> = (0..rows.len()).collect();
        let mut reported: Vec<usize> = Vec::new();
        for step in self.steps.iter() {
            let mut arrays = Vec::with_capacity(step.columns.len());
            for column in &step.columns {
                let Some(of_table) = columns.get(*column) else { continue };
                let mut builder = ColumnBuilder::new(of_table.ty, left.len());
                let name = mapping.of_column.get(*column).copied().flatten();
                let first = !reported.contains(column);
                for row in &left {
                    let Some(name) = name else {
                        builder.push_missing();
                        continue;
                    };
                    let cell = rows.cell(*row, name);
                    if push_cell(&mut builder, &cell, mapping.rule(*column)) == Fit::CastFailure && first {
                        misfit(*row, *column, &cell);
                    }
                }
                reported.push(*column);
                arrays.push(builder.finish());
            }
            let options = RecordBatchOptions::new().with_row_count(Some(left.len()));
            let batch = RecordBatch::try_new_with_options(step.schema.clone(), arrays, &options)?;
            let passes = step.predicate.evaluate(&batch)?.into_array(left.len())?;
            let Some(passes) = passes.as_boolean_opt() else { continue };
            left = left
                .into_iter()
                .enumerate()
                .filter(|(i, _)| !passes.is_null(*i) && passes.value(*i))
                .map(|(_, row)| row)
                .collect();
            if left.is_empty() {
                break;
            }
        }
        self.seen += rows.len() as u64;
        self.passed += left.len() as u64;
        Ok(left)
    }
}

impl Step {
    /// `None` if the filter cannot be tested alone.
    pub(super) fn new(filter: &Expr, columns: &[Column], state: &dyn Session) -> Result<Option<Step>> {
        if filter.is_volatile() {
            return Ok(None);
        }
        let mut wanted: Vec<usize> = Vec::new();
        for used in filter.column_refs() {
            let Some(at) = columns.iter().position(|c| c.name == used.name) else { return Ok(None) };
            if !wanted.contains(&at) {
                wanted.push(at);
            }
        }
        if wanted.is_empty() {
            return Ok(None);
        }
        wanted.sort_unstable();
        let own = wanted.iter().filter_map(|i| columns.get(*i).cloned()).collect();
        let schema = TableSchema { columns: own }.plain();
        let bare = filter.clone().transform(|e| match e {
            Expr::Column(mut column) => {
                column.relation = None;
                Ok(Transformed::yes(Expr::Column(column)))
            }
            e => Ok(Transformed::no(e)),
        })?;
        let predicate = state.create_physical_expr(bare.data, &DFSchema::try_from(schema.clone())?)?;
        Ok(Some(Step { columns: wanted, schema, predicate }))
    }
}

//! Functions that accumulators share.

use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BooleanArray};
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};

/// Whether the filter keeps a row; without a filter, it does.
pub(super) fn passes(filter: Option<&BooleanArray>, row: usize) -> bool {
    filter.is_none_or(|f| f.is_valid(row) && f.value(row))
}

/// The arguments, and, if the aggregate is ordered, the column after them that orders the rows.
pub(super) fn split_order(ordered: bool, values: &[ArrayRef]) -> (&[ArrayRef], Option<&BinaryArray>) {
    match (ordered, values.split_last()) {
        (true, Some((order, arguments))) => (arguments, Some(order.as_binary::<i32>())),
        _ => (values, None),
    }
}

/// The order of a row; all rows are equal if there is no order.
pub(super) fn order_at(order: Option<&BinaryArray>, row: usize) -> &[u8] {
    order.filter(|o| o.is_valid(row)).map_or(&[], |o| o.value(row))
}

/// Per-row partial states, produced by a fresh accumulator with one group per row.
pub(super) fn state_of_each_row(
    mut fresh: impl GroupsAccumulator,
    values: &[ArrayRef],
    filter: Option<&BooleanArray>,
) -> Result<Vec<ArrayRef>> {
    let rows = values.first().map_or(0, |v| v.len());
    let groups: Vec<usize> = (0..rows).collect();
    fresh.update_batch(values, &groups, filter, rows)?;
    fresh.state(EmitTo::All)
}

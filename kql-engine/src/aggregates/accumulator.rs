//! Functions that accumulators share.

use crate::budget;
use crate::registry::AggregateFunction;
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

/// An accumulator whose errors name the function.
pub(super) struct Named<A>(&'static AggregateFunction, A);

/// An accumulator of this function.
pub(super) fn named<A: GroupsAccumulator + 'static>(
    function: &'static AggregateFunction,
    accumulator: A,
) -> Box<dyn GroupsAccumulator> {
    Box::new(Named(function, accumulator))
}

impl<A> Named<A> {
    fn blamed<T>(&self, result: Result<T>) -> Result<T> {
        result.map_err(|error| budget::named(error, || format!("{}()", self.0.name)))
    }
}

impl<A: GroupsAccumulator> GroupsAccumulator for Named<A> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        let result = self.1.update_batch(values, group_indices, filter, total);
        self.blamed(result)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let result = self.1.evaluate(emit_to);
        self.blamed(result)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let result = self.1.state(emit_to);
        self.blamed(result)
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total: usize) -> Result<()> {
        let result = self.1.merge_batch(states, group_indices, total);
        self.blamed(result)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        self.blamed(self.1.convert_to_state(values, filter))
    }

    fn size(&self) -> usize {
        self.1.size()
    }
}

//! For each group the row with the best key, and its values in other columns: `arg_max`, `arg_min`, `take_any`, and the
//! first row of `innerunique`.
//!
//! Winners are kept as rows of chunks of columns. Rows that no group refers to any more are dropped from time to time, so
//! that memory depends on the number of groups and not of rows.

use super::accumulator;
use crate::registry::AggregateArgs;
use arrow::array::{Array, ArrayRef, BinaryArray, BooleanArray, StructArray, UInt32Array};
use arrow::compute::{SortOptions, interleave, take};
use arrow::datatypes::{DataType, Fields, Float64Type};
use arrow::row::{RowConverter, SortField};
use datafusion::common::Result;
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use std::sync::Arc;

/// Which row wins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Best {
    /// The one with the greatest first value; a null only if there is no other value.
    Max,
    /// The one with the smallest first value.
    Min,
    /// The first one.
    First,
    /// The first one whose first value is neither null nor an empty string, else the first one.
    FirstNotNull,
}

/// Rows kept beyond this number per group are dropped.
const SLACK: usize = 8192;

/// The accumulator.
pub struct ArgBest {
    best: Best,
    ordered: bool,
    fields: Fields,
    key: Option<RowConverter>,
    /// For each group the key of its row, and its chunk and row; `None` if the group has no row yet.
    groups: Vec<Option<Winner>>,
    chunks: Vec<Vec<ArrayRef>>,
    kept: usize,
}

struct Winner {
    key: Box<[u8]>,
    order: Box<[u8]>,
    chunk: u32,
    row: u32,
}

impl ArgBest {
    /// For rows of these arguments.
    pub fn new(best: Best, args: &AggregateArgs) -> Result<ArgBest> {
        let DataType::Struct(fields) = crate::registry::rows::row_type(&args.info.types) else {
            return datafusion::common::internal_err!("a row type is a struct");
        };
        let key = match (best, fields.first()) {
            (Best::Max | Best::Min, Some(first)) => {
                let options = SortOptions { descending: best == Best::Max, nulls_first: false };
                Some(RowConverter::new(vec![SortField::new_with_options(first.data_type().clone(), options)])?)
            }
            _ => None,
        };
        Ok(ArgBest { best, ordered: args.ordered, fields, key, groups: Vec::new(), chunks: Vec::new(), kept: 0 })
    }

    /// Arrow types of the state: the row, and its order.
    pub fn state_types(args: &AggregateArgs) -> Vec<DataType> {
        vec![crate::registry::rows::row_type(&args.info.types), DataType::Binary]
    }

    fn update(
        &mut self,
        columns: &[ArrayRef],
        order: Option<&BinaryArray>,
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        valid: Option<&dyn Array>,
        total: usize,
    ) -> Result<()> {
        self.groups.resize_with(total, || None);
        let Some(first) = columns.first() else { return Ok(()) };
        let keys = match &self.key {
            Some(converter) => Some(converter.convert_columns(&[self.nan_first(first)])?),
            None => None,
        };
        let texts = arrow::array::AsArray::as_string_opt::<i32>(first.as_ref());
        // winners of this batch: the new row of each group
        let mut touched: Vec<(usize, u32)> = Vec::new();
        let chunk = self.chunks.len() as u32;
        for (row, group) in group_indices.iter().enumerate() {
            if !accumulator::passes(filter, row) || valid.is_some_and(|v| v.is_null(row)) {
                continue;
            }
            let missing = first.is_null(row) || texts.is_some_and(|t| t.value(row).is_empty());
            let not_null = [u8::from(missing)];
            let key: &[u8] = match (&keys, self.best) {
                (Some(keys), _) => keys.row(row).data(),
                (None, Best::FirstNotNull) => &not_null,
                (None, _) => &[],
            };
            let order = accumulator::order_at(order, row);
            let Some(slot) = self.groups.get_mut(*group) else { continue };
            let better = slot.as_ref().is_none_or(|w| (key, order) < (&*w.key, &*w.order));
            if better {
                let row = row as u32;
                match slot {
                    Some(w) if w.chunk == chunk => {
                        w.key = key.into();
                        w.order = order.into();
                        w.row = row;
                    }
                    _ => {
                        touched.push((*group, row));
                        *slot = Some(Winner { key: key.into(), order: order.into(), chunk, row });
                    }
                }
            }
        }
        if touched.is_empty() {
            return Ok(());
        }
        // only the winners' rows are copied
        let mut rows = Vec::with_capacity(touched.len());
        for (group, _) in &touched {
            if let Some(Some(winner)) = self.groups.get_mut(*group) {
                rows.push(winner.row);
                winner.row = rows.len() as u32 - 1;
            }
        }
        self.kept += rows.len();
        let rows = UInt32Array::from(rows);
        self.chunks.push(columns.iter().map(|c| take(c, &rows, None)).collect::<std::result::Result<_, _>>()?);
        if self.kept > 2 * self.groups.len() + SLACK {
            self.compact()?;
        }
        Ok(())
    }

    /// The keys, with NaN changed so that it wins: NaN is both the greatest and the smallest value.
    fn nan_first(&self, keys: &ArrayRef) -> ArrayRef {
        match arrow::array::AsArray::as_primitive_opt::<Float64Type>(keys.as_ref()) {
            Some(reals) if self.best == Best::Min => {
                // in the row format, a NaN with a sign is below all numbers
                Arc::new(reals.unary::<_, Float64Type>(|v| if v.is_nan() { -f64::NAN.abs() } else { v }))
            }
            _ => keys.clone(),
        }
    }

    /// Drops rows that no group refers to.
    fn compact(&mut self) -> Result<()> {
        let places: Vec<(usize, usize)> =
            self.groups.iter().flatten().map(|w| (w.chunk as usize, w.row as usize)).collect();
        let columns = self.gather(&places)?;
        for (i, winner) in self.groups.iter_mut().flatten().enumerate() {
            winner.chunk = 0;
            winner.row = i as u32;
        }
        self.kept = places.len();
        self.chunks = vec![columns];
        Ok(())
    }

    /// The rows at these places; the place after the last chunk is a row of nulls.
    fn gather(&self, places: &[(usize, usize)]) -> Result<Vec<ArrayRef>> {
        (0..self.fields.len())
            .map(|n| {
                let null = arrow::array::new_null_array(self.fields[n].data_type(), 1);
                let chunks = self.chunks.iter().filter_map(|c| Some(c.get(n)?.as_ref()));
                let arrays: Vec<&dyn Array> = chunks.chain([null.as_ref()]).collect();
                if places.is_empty() {
                    return Ok(arrow::array::new_empty_array(self.fields[n].data_type()));
                }
                Ok(interleave(&arrays, places)?)
            })
            .collect()
    }

    /// The rows of the groups to emit, null if a group has none, and their orders.
    fn emit(&mut self, emit_to: EmitTo) -> Result<(ArrayRef, ArrayRef)> {
        let emitted = emit_to.take_needed(&mut self.groups);
        let mut places = Vec::with_capacity(emitted.len());
        let mut present = Vec::with_capacity(emitted.len());
        let mut orders = Vec::with_capacity(emitted.len());
        for winner in &emitted {
            present.push(winner.is_some());
            // a field is read from the row without checking whether there is a row
            places.push(winner.as_ref().map_or((self.chunks.len(), 0), |w| (w.chunk as usize, w.row as usize)));
            orders.push(winner.as_ref().map(|w| w.order.to_vec()));
        }
        let columns = self.gather(&places)?;
        if self.groups.is_empty() {
            self.chunks.clear();
            self.kept = 0;
        }
        let nulls = arrow::buffer::NullBuffer::from(present);
        let rows = if self.fields.is_empty() {
            StructArray::new_empty_fields(emitted.len(), Some(nulls))
        } else {
            StructArray::try_new(self.fields.clone(), columns, Some(nulls))?
        };
        let orders: arrow::array::BinaryArray = orders.into_iter().collect();
        Ok((Arc::new(rows), Arc::new(orders)))
    }
}

impl GroupsAccumulator for ArgBest {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        let (columns, order) = accumulator::split_order(self.ordered, values);
        self.update(columns, order, group_indices, filter, None, total)
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        Ok(self.emit(emit_to)?.0)
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let (rows, orders) = self.emit(emit_to)?;
        Ok(vec![rows, orders])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total: usize) -> Result<()> {
        let [rows, orders] = values else { return datafusion::common::internal_err!("two states expected") };
        let row = arrow::array::AsArray::as_struct(rows.as_ref());
        let orders = arrow::array::AsArray::as_binary::<i32>(orders.as_ref());
        self.update(row.columns(), Some(orders), group_indices, None, Some(row), total)
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let (columns, order) = accumulator::split_order(self.ordered, values);
        let len = values.first().map_or(0, |v| v.len());
        let nulls =
            filter.map(|f| (0..len).map(|i| !f.is_null(i) && f.value(i)).collect::<arrow::buffer::NullBuffer>());
        let rows = StructArray::try_new(self.fields.clone(), columns.to_vec(), nulls)?;
        let order = order.cloned().unwrap_or_else(|| BinaryArray::new_null(len));
        Ok(vec![Arc::new(rows), Arc::new(order)])
    }

    fn size(&self) -> usize {
        let chunks: usize = self.chunks.iter().flatten().map(|c| c.get_array_memory_size()).sum();
        let keys: usize = self.groups.iter().flatten().map(|w| w.key.len() + w.order.len()).sum();
        chunks + keys + self.groups.capacity() * size_of::<Option<Winner>>()
    }
}

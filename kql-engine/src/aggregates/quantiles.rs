//! The values of each group with their weights, and the nearest ranks among them.
//!
//! Exact: offline there is no reason to estimate. When a group gets long, equal values are merged, so that memory depends on
//! the number of distinct values.

use super::{accumulator, list_state};
use crate::budget;
use crate::decimal::Scaled;
use crate::dynamic::{read, write};
use crate::registry::AggregateArgs;
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Decimal256Array, Float64Array, Int64Array, PrimitiveBuilder, StringBuilder,
    StructArray,
};
use arrow::compute::cast;
use arrow::datatypes::{ArrowPrimitiveType, DataType, Decimal256Type, Field, Fields, Int64Type};
use datafusion::common::{Result, internal_err, plan_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use std::sync::Arc;

/// Whether the values have weights, and the form of the result.
#[derive(Clone, Copy, Debug)]
pub struct Form {
    /// Whether the second argument is a weight.
    pub weighted: bool,
    /// Whether the result is one array, not one column per percentage.
    pub array: bool,
}

/// The number of values from which a list grows slowly.
const LARGE: usize = 1 << 20;

/// A group is packed when it has twice as many values as after it was packed last, but at least this many.
const PACK: usize = 4096;

/// A value that can be ranked: a whole number, a real as a whole number with the same order, or a decimal.
pub trait OrderedKey: Copy + Ord + Send + Sync + 'static {
    /// The Arrow type in a state.
    type Arrow: ArrowPrimitiveType<Native = Self>;
    /// The type of a state's list.
    fn list() -> DataType;
    /// The values of an argument; `None` for a row without one.
    fn read(array: &ArrayRef, ty: ScalarType) -> Result<Vec<Option<Self>>>;
    /// Values of type `ty`.
    fn write(values: Vec<Option<Self>>, ty: ScalarType) -> Result<ArrayRef>;
    /// As a value of type `ty`.
    fn value(self, ty: ScalarType) -> Value;
}

impl OrderedKey for i64 {
    type Arrow = Int64Type;

    fn list() -> DataType {
        DataType::Int64
    }

    fn read(array: &ArrayRef, ty: ScalarType) -> Result<Vec<Option<i64>>> {
        if ty == ScalarType::Real {
            let array = array.as_primitive::<arrow::datatypes::Float64Type>();
            return Ok(array.iter().map(|v| v.map(real_to_rank)).collect());
        }
        let array = cast(array, &DataType::Int64)?;
        Ok(array.as_primitive::<Int64Type>().iter().collect())
    }

    fn write(values: Vec<Option<i64>>, ty: ScalarType) -> Result<ArrayRef> {
        if ty == ScalarType::Real {
            let reals: Float64Array = values.into_iter().map(|v| v.map(rank_to_real)).collect();
            return Ok(Arc::new(reals));
        }
        let longs: Int64Array = values.into_iter().collect();
        Ok(cast(&longs, &ty.arrow())?)
    }

    fn value(self, ty: ScalarType) -> Value {
        if ty == ScalarType::Real { Value::Real(rank_to_real(self)) } else { Value::Long(self) }
    }
}

impl OrderedKey for Scaled {
    type Arrow = Decimal256Type;

    fn list() -> DataType {
        ScalarType::Decimal.arrow()
    }

    fn read(array: &ArrayRef, _: ScalarType) -> Result<Vec<Option<Scaled>>> {
        Ok(array.as_primitive::<Decimal256Type>().iter().collect())
    }

    fn write(values: Vec<Option<Scaled>>, _: ScalarType) -> Result<ArrayRef> {
        let decimals: Decimal256Array = values.into_iter().collect();
        Ok(Arc::new(decimals.with_data_type(ScalarType::Decimal.arrow())))
    }

    fn value(self, _: ScalarType) -> Value {
        Value::Decimal(self)
    }
}

/// A whole number whose order is that of the real; NaN is above all.
fn real_to_rank(real: f64) -> i64 {
    let bits = real.to_bits() as i64;
    bits ^ (((bits >> 63) as u64) >> 1) as i64
}

fn rank_to_real(rank: i64) -> f64 {
    f64::from_bits((rank ^ (((rank >> 63) as u64) >> 1) as i64) as u64)
}

/// The accumulator.
pub struct Quantiles<K: OrderedKey> {
    form: Form,
    ty: ScalarType,
    returns: ScalarType,
    percentages: Vec<f64>,
    groups: Vec<Group<K>>,
}

#[derive(Clone)]
struct Group<K> {
    values: Vec<(K, i64)>,
    packed: usize,
}

impl<K> Default for Group<K> {
    fn default() -> Self {
        Group { values: Vec::new(), packed: 0 }
    }
}

impl<K: OrderedKey> Group<K> {
    fn add(&mut self, value: K, weight: i64) -> Result<()> {
        // a large list grows by a quarter: while it doubles, it is in memory three times
        if self.values.len() == self.values.capacity() && self.values.len() > LARGE {
            let more = self.values.len() / 4;
            budget::room((self.values.len() + more) * size_of::<(K, i64)>())?;
            self.values.reserve_exact(more);
        }
        self.values.push((value, weight));
        if self.values.len() >= PACK.max(2 * self.packed) {
            self.pack();
        }
        Ok(())
    }

    /// Sorts the values, and merges equal values by adding their weights.
    fn pack(&mut self) {
        self.values.sort_unstable_by_key(|(value, _)| *value);
        self.values.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            if same {
                kept.1 = kept.1.saturating_add(next.1);
            }
            same
        });
        self.packed = self.values.len();
    }

    /// The smallest value at or below which the percentage of all weights lies. The group must be packed.
    fn rank(&self, percentage: f64) -> Option<K> {
        let total: i128 = self.values.iter().map(|(_, weight)| i128::from(*weight)).sum();
        let wanted = (total as f64 * percentage.clamp(0.0, 100.0) / 100.0).ceil().max(1.0) as i128;
        let mut passed = 0;
        for (value, weight) in &self.values {
            passed += i128::from(*weight);
            if passed >= wanted {
                return Some(*value);
            }
        }
        self.values.last().map(|(value, _)| *value)
    }
}

impl Quantiles<i64> {
    /// The accumulator for the type of the values.
    pub fn boxed(args: &AggregateArgs, form: Form) -> Result<Box<dyn GroupsAccumulator>> {
        if args.info.types.first() == Some(&ScalarType::Decimal) {
            return Ok(Box::new(Quantiles::<Scaled>::new(args, form)?));
        }
        Ok(Box::new(Quantiles::<i64>::new(args, form)?))
    }
}

impl<K: OrderedKey> Quantiles<K> {
    fn new(args: &AggregateArgs, form: Form) -> Result<Quantiles<K>> {
        let ty = args.info.types.first().copied().unwrap_or(ScalarType::Long);
        let first = if form.weighted { 2 } else { 1 };
        let mut percentages = Vec::new();
        for constant in args.info.constants.iter().skip(first) {
            match constant {
                Some(Value::Text(json)) => {
                    percentages.extend(read::elements(json).map(|item| item.parse().unwrap_or(f64::NAN)));
                }
                Some(value) => percentages.push(number(value)),
                None => return plan_err!("A percentile must be a constant."),
            }
        }
        if let Some(wrong) = percentages.iter().find(|p| !(0.0..=100.0).contains(*p)) {
            return plan_err!("A percentile must be between 0 and 100, not {wrong}.");
        }
        let returns = if ty == ScalarType::Int { ScalarType::Long } else { ty };
        Ok(Quantiles { form, ty, returns, percentages, groups: Vec::new() })
    }

    /// Arrow types of the state: values and weights.
    pub fn state_types(args: &AggregateArgs) -> Vec<DataType> {
        let item = if args.info.types.first() == Some(&ScalarType::Decimal) { Scaled::list() } else { i64::list() };
        list_state::types(item, DataType::Int64)
    }

    fn columns(&self, groups: &[Group<K>]) -> Result<ArrayRef> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.percentages.len());
        for percentage in &self.percentages {
            arrays.push(K::write(groups.iter().map(|g| g.rank(*percentage)).collect(), self.returns)?);
        }
        let fields: Fields =
            arrays.iter().enumerate().map(|(i, a)| Field::new(format!("f{i}"), a.data_type().clone(), true)).collect();
        if fields.is_empty() {
            return Ok(Arc::new(StructArray::new_empty_fields(groups.len(), None)));
        }
        Ok(Arc::new(StructArray::try_new(fields, arrays, None)?))
    }

    fn arrays(&self, groups: &[Group<K>]) -> ArrayRef {
        let mut builder = StringBuilder::new();
        let mut text = String::new();
        for group in groups {
            if group.values.is_empty() {
                builder.append_null();
                continue;
            }
            text.clear();
            write::list(self.percentages.iter(), &mut text, |percentage, out| match group.rank(*percentage) {
                Some(value) => write::value(&value.value(self.returns), self.returns, out),
                None => out.push_str("null"),
            });
            builder.append_value(&text);
        }
        Arc::new(builder.finish())
    }
}

fn number(value: &Value) -> f64 {
    match value {
        Value::Int(i) => f64::from(*i),
        Value::Long(i) => *i as f64,
        Value::Real(r) => *r,
        Value::Decimal(d) => crate::decimal::to_real(*d),
        _ => f64::NAN,
    }
}

impl<K: OrderedKey> GroupsAccumulator for Quantiles<K> {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.groups.resize_with(total, Group::default);
        let Some(first) = values.first() else { return internal_err!("a value is expected") };
        let ranks = K::read(first, self.ty)?;
        let weights = match (self.form.weighted, values.get(1)) {
            (true, Some(weights)) => Some(cast(weights, &DataType::Int64)?),
            _ => None,
        };
        let weights = weights.as_ref().map(|w| w.as_primitive::<Int64Type>());
        for (row, (value, group)) in ranks.into_iter().zip(group_indices).enumerate() {
            if !accumulator::passes(filter, row) {
                continue;
            }
            let weight = match weights {
                Some(w) if w.is_null(row) => continue,
                Some(w) => w.value(row),
                None => 1,
            };
            if let (Some(value), Some(group), true) = (value, self.groups.get_mut(*group), weight > 0) {
                group.add(value, weight)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let mut groups = emit_to.take_needed(&mut self.groups);
        if groups.is_empty() {
            groups.push(Group::default());
        }
        groups.iter_mut().for_each(Group::pack);
        if self.form.array { Ok(self.arrays(&groups)) } else { self.columns(&groups) }
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let mut groups = emit_to.take_needed(&mut self.groups);
        groups.iter_mut().for_each(Group::pack);
        let length = groups.iter().map(|group| group.values.len()).sum();
        let values = PrimitiveBuilder::<K::Arrow>::with_capacity(length).with_data_type(K::list());
        let weights = PrimitiveBuilder::<Int64Type>::with_capacity(length);
        list_state::written(&groups, values, weights, |group, values, weights| {
            for (value, weight) in &group.values {
                values.append_value(*value);
                weights.append_value(*weight);
            }
            budget::check()
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total: usize) -> Result<()> {
        self.groups.resize_with(total, Group::default);
        list_state::each(states, group_indices, |group, values, weights| {
            let (values, weights) = (values.as_primitive::<K::Arrow>(), weights.as_primitive::<Int64Type>());
            let Some(group) = self.groups.get_mut(group) else { return Ok(()) };
            for (value, weight) in values.iter().flatten().zip(weights.iter().flatten()) {
                group.add(value, weight)?;
            }
            Ok(())
        })
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        accumulator::state_of_each_row(
            Quantiles::<K> { groups: Vec::new(), percentages: Vec::new(), ..*self },
            values,
            filter,
        )
    }

    fn size(&self) -> usize {
        let values: usize = self.groups.iter().map(|g| g.values.capacity()).sum();
        values * size_of::<(K, i64)>() + self.groups.capacity() * size_of::<Group<K>>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reals_keep_their_order_as_ranks() {
        let reals = [f64::NEG_INFINITY, -1e300, -1.5, -0.0, 0.0, 1e-300, 2.5, f64::INFINITY, f64::NAN];
        let ranks: Vec<i64> = reals.iter().map(|r| real_to_rank(*r)).collect();
        assert!(ranks.is_sorted());
        for (real, rank) in reals.iter().zip(&ranks) {
            assert_eq!(real.to_bits(), rank_to_real(*rank).to_bits());
        }
    }
}

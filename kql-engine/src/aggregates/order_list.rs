//! For each group its values as JSON, all or the distinct ones, in the order of the rows: `make_list`, `make_set`.

use crate::dynamic::read::{self, Kind};
use crate::functions::conversion::Any;
use crate::registry::{AggregateArgs, Call};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, EmitTo, GroupsAccumulator};
use std::collections::HashSet;
use std::sync::Arc;

/// The most elements an array gets.
const MAX_SIZE: usize = 1_048_576;

/// The accumulator.
pub struct Items {
    ty: ScalarType,
    ordered: bool,
    distinct: bool,
    nulls: bool,
    max: usize,
    groups: Vec<Group>,
    bytes: usize,
}

#[derive(Default)]
struct Group {
    /// JSON and order of each value.
    items: Vec<(Box<str>, Box<[u8]>)>,
    seen: HashSet<Box<str>>,
}

impl Items {
    /// All values, or the distinct ones.
    pub fn new(args: &AggregateArgs, distinct: bool) -> Items {
        let max = args.info.long(1).and_then(|n| usize::try_from(n).ok()).unwrap_or(MAX_SIZE).min(MAX_SIZE);
        let ty = args.info.types.first().copied().unwrap_or(ScalarType::Dynamic);
        Items { ty, ordered: args.ordered, distinct, nulls: false, max, groups: Vec::new(), bytes: 0 }
    }

    /// All distinct values, whatever a second argument says.
    pub fn unlimited(args: &AggregateArgs) -> Items {
        Items { max: usize::MAX, ..Items::new(args, true) }
    }

    /// All values, however many.
    pub fn all(args: &AggregateArgs) -> Items {
        Items { max: usize::MAX, ..Items::new(args, false) }
    }

    /// Nulls count as values.
    pub fn with_nulls(args: &AggregateArgs) -> Items {
        Items { nulls: true, ..Items::new(args, false) }
    }

    /// Arrow types of the state: the values, and their orders.
    pub fn state_types() -> Vec<DataType> {
        vec![
            DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
            DataType::List(Arc::new(Field::new_list_field(DataType::Binary, true))),
        ]
    }

    fn add(&mut self, group: usize, json: &str, order: &[u8]) {
        let Some(group) = self.groups.get_mut(group) else { return };
        // in order of arrival the first ones stay; otherwise the end decides which come first
        if !self.ordered && group.items.len() >= self.max {
            return;
        }
        if self.distinct {
            if group.seen.contains(json) {
                if let (true, Some(item)) = (self.ordered, group.items.iter_mut().find(|(j, _)| &**j == json))
                    && *order < *item.1
                {
                    item.1 = order.into();
                }
                return;
            }
            group.seen.insert(json.into());
        }
        self.bytes += json.len() + order.len() + size_of::<(Box<str>, Box<[u8]>)>();
        group.items.push((json.into(), order.into()));
    }

    fn emit(&mut self, emit_to: EmitTo) -> Vec<Group> {
        let mut groups = emit_to.take_needed(&mut self.groups);
        for group in &mut groups {
            if self.ordered {
                group.items.sort_by(|a, b| a.1.cmp(&b.1));
            }
            group.items.truncate(self.max);
        }
        groups
    }
}

impl GroupsAccumulator for Items {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.groups.resize_with(total, Group::default);
        let Some(first) = values.first() else { return internal_err!("a value is expected") };
        let args = [ColumnarValue::Array(first.clone())];
        let types = [self.ty];
        let call = Call { args: &args, rows: first.len(), types: &types, returns: ScalarType::Dynamic };
        let value = Any::new(&call, 0)?;
        let order = match (self.ordered, values.last()) {
            (true, Some(order)) => Some(order.as_binary::<i32>()),
            _ => None,
        };
        let opens = self.ty == ScalarType::Dynamic;
        let mut json = String::new();
        for (row, group) in group_indices.iter().enumerate() {
            if filter.is_some_and(|f| f.is_null(row) || !f.value(row)) {
                continue;
            }
            json.clear();
            if !value.json(row, &mut json) {
                if !self.nulls {
                    continue;
                }
                json.push_str("null");
            }
            let order = order.map_or(&[][..], |o| o.value(row));
            if opens && read::kind(&json) == Kind::Array {
                // the elements of an array, not the array
                for item in read::elements(&json) {
                    if item != "null" {
                        self.add(*group, item, order);
                    }
                }
            } else {
                self.add(*group, &json, order);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = self.emit(emit_to);
        let mut builder = StringBuilder::new();
        let mut text = String::new();
        for group in &groups {
            text.clear();
            text.push('[');
            for (i, (item, _)) in group.items.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                text.push_str(item);
            }
            text.push(']');
            builder.append_value(&text);
        }
        if groups.is_empty() {
            // no group at all: the aggregate of no rows is an empty array
            builder.append_value("[]");
        }
        Ok(Arc::new(builder.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.emit(emit_to);
        let mut items = ListBuilder::new(StringBuilder::new());
        let mut orders = ListBuilder::new(BinaryBuilder::new());
        for group in &groups {
            for (item, order) in &group.items {
                items.values().append_value(item);
                orders.values().append_value(order);
            }
            items.append(true);
            orders.append(true);
        }
        Ok(vec![Arc::new(items.finish()), Arc::new(orders.finish())])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total: usize) -> Result<()> {
        self.groups.resize_with(total, Group::default);
        let [items, orders] = values else { return internal_err!("two states expected") };
        let (items, orders) = (items.as_list::<i32>(), orders.as_list::<i32>());
        for (row, group) in group_indices.iter().enumerate() {
            if items.is_null(row) {
                continue;
            }
            let (values, keys) = (items.value(row), orders.value(row));
            let (values, keys) = (values.as_string::<i32>(), keys.as_binary::<i32>());
            for i in 0..values.len() {
                self.add(*group, values.value(i), keys.value(i));
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let rows = values.first().map_or(0, |v| v.len());
        let mut each = Items { groups: Vec::new(), bytes: 0, ..*self };
        let groups: Vec<usize> = (0..rows).collect();
        each.update_batch(values, &groups, filter, rows)?;
        each.state(EmitTo::All)
    }

    fn size(&self) -> usize {
        self.bytes * if self.distinct { 2 } else { 1 } + self.groups.capacity() * size_of::<Group>()
    }
}

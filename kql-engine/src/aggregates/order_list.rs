//! Collects the values of each group, all or only the distinct ones, in the order of the rows: `make_list`, `make_set`.

use super::interner::StringInterner;
use super::{accumulator, list_state};
use crate::budget::{self, Pace};
use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::conversion::Arg;
use crate::functions::kernel::Texts;
use crate::registry::{AggregateArgs, Call};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, AsArray, BinaryArray, BinaryBuilder, BooleanArray, StringArray, StringBuilder};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{ColumnarValue, EmitTo, GroupsAccumulator};
use hashbrown::HashMap;

/// The maximum number of elements of an array.
const MAX_SIZE: usize = 1_048_576;

/// The number of values of a group that are compared one by one; larger groups get an index.
const FEW: usize = 32;

/// The accumulator.
pub struct CollectedValues {
    ty: ScalarType,
    ordered: bool,
    distinct: bool,
    nulls: bool,
    /// The second argument is the weight of a value: the result contains `[value, weight]` if it is not 1.
    weighted: bool,
    /// The result is sorted by the values' texts; otherwise it is in the order of the rows.
    sorted: bool,
    max: usize,
    /// Strings unchanged, other values as JSON.
    texts: StringInterner,
    groups: Vec<Group>,
    /// The last order that was added; in most runs, every row comes after the rows before it.
    last: Vec<u8>,
    bytes: usize,
    pace: Pace,
}

#[derive(Default)]
struct Group {
    /// The numbers of its texts.
    items: Vec<u32>,
    /// The order of each value, if the aggregate is ordered.
    orders: Vec<Box<[u8]>>,
    /// Which of the texts 0 to 63 a set has, one bit for each.
    first: u64,
    /// The index of each text, in a set that is not small.
    places: Option<HashMap<u32, usize>>,
    /// The bytes of its texts.
    length: usize,
}

impl Group {
    fn has(&self, text: u32) -> bool {
        match bit(text) {
            0 => self.place(text).is_some(),
            bit => self.first & bit != 0,
        }
    }

    fn place(&self, text: u32) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(&text).copied(),
            None => self.items.iter().position(|item| *item == text),
        }
    }

    fn size(&self) -> usize {
        let places = self.places.as_ref().map_or(0, HashMap::allocation_size);
        self.items.capacity() * size_of::<u32>() + self.orders.capacity() * size_of::<Box<[u8]>>() + places
    }

    /// The texts in order.
    fn sorted(mut self) -> Group {
        if self.orders.len() == self.items.len() {
            let mut pairs: Vec<(Box<[u8]>, u32)> = self.orders.drain(..).zip(self.items.drain(..)).collect();
            pairs.sort_by(|a, b| a.0.cmp(&b.0));
            (self.orders, self.items) = pairs.into_iter().unzip();
        }
        self
    }
}

/// The bit of a text in [`Group::first`]; 0 if it has none.
fn bit(text: u32) -> u64 {
    1u64.checked_shl(text).unwrap_or(0)
}

impl CollectedValues {
    /// All values.
    pub fn all(args: &AggregateArgs) -> CollectedValues {
        let max = args.info.long(1).and_then(|n| usize::try_from(n).ok()).unwrap_or(MAX_SIZE).min(MAX_SIZE);
        let ty = args.info.types.first().copied().unwrap_or(ScalarType::Dynamic);
        CollectedValues {
            ty,
            ordered: args.ordered,
            distinct: false,
            nulls: false,
            weighted: false,
            sorted: false,
            max,
            texts: StringInterner::default(),
            groups: Vec::new(),
            last: Vec::new(),
            bytes: 0,
            pace: Pace::default(),
        }
    }

    /// The distinct values.
    pub fn distinct(args: &AggregateArgs) -> CollectedValues {
        CollectedValues { distinct: true, ..CollectedValues::all(args) }
    }

    /// All distinct values sorted by their texts; a second argument is ignored.
    pub fn unlimited(args: &AggregateArgs) -> CollectedValues {
        CollectedValues { max: usize::MAX, sorted: true, ..CollectedValues::distinct(args) }
    }

    /// All values sorted by their texts, with their weights if there is a second argument.
    pub fn weighted(args: &AggregateArgs) -> CollectedValues {
        let weighted = args.info.types.len() > 1;
        CollectedValues { max: usize::MAX, weighted, sorted: true, ..CollectedValues::all(args) }
    }

    /// All values including nulls.
    pub fn with_nulls(args: &AggregateArgs) -> CollectedValues {
        CollectedValues { nulls: true, ..CollectedValues::all(args) }
    }

    /// Arrow types of the state: the values, and their orders.
    pub fn state_types() -> Vec<DataType> {
        list_state::types(DataType::Utf8, DataType::Binary)
    }

    fn add(&mut self, group: usize, text: &str, order: &[u8]) -> Result<()> {
        self.pace.work(text.len() + order.len() + size_of::<u32>())?;
        let Some(group) = self.groups.get_mut(group) else { return Ok(()) };
        // in order of arrival the first values are kept; otherwise `max` is applied at the end
        if !self.ordered && group.items.len() >= self.max {
            return Ok(());
        }
        let before = group.size();
        let item = if self.distinct {
            let item = self.texts.intern(text);
            // what is after the last order is after that of each value
            let after = order >= self.last.as_slice();
            if after {
                self.last.clear();
                self.last.extend_from_slice(order);
            }
            if group.has(item) {
                if !after
                    && let Some(old) = group.place(item).and_then(|place| group.orders.get_mut(place))
                    && *order < **old
                {
                    *old = order.into();
                }
                return Ok(());
            }
            group.first |= bit(item);
            if let Some(places) = &mut group.places {
                places.insert(item, group.items.len());
            } else if group.items.len() == FEW {
                let places = group.items.iter().copied().chain([item]);
                group.places = Some(places.enumerate().map(|(place, text)| (text, place)).collect());
            }
            item
        } else {
            self.texts.push(text)
        };
        group.items.push(item);
        if self.ordered {
            group.orders.push(order.into());
            self.bytes += order.len();
        }
        self.bytes += group.size() - before;
        // each of them will be in the result; if there are more, it is not known yet which
        group.length += text.len();
        if group.items.len() <= self.max { budget::value(group.length) } else { Ok(()) }
    }

    fn emit(&mut self, emit_to: EmitTo) -> Vec<Group> {
        let mut groups = emit_to.take_needed(&mut self.groups);
        if self.ordered {
            groups = groups.into_iter().map(Group::sorted).collect();
        }
        for group in &mut groups {
            group.items.truncate(self.max);
        }
        groups
    }

    /// Frees the texts of groups that were emitted, once they are more than those of the others.
    fn free(&mut self) {
        self.bytes = self.groups.iter().map(|g| g.size() + g.orders.iter().map(|o| o.len()).sum::<usize>()).sum();
        let kept: usize = self.groups.iter().map(|g| g.length).sum();
        if kept > self.texts.length() / 2 {
            return;
        }
        let mut texts = StringInterner::default();
        for group in &mut self.groups {
            group.first = 0;
            for item in &mut group.items {
                let text = self.texts.get(*item);
                *item = if self.distinct { texts.intern(text) } else { texts.push(text) };
                group.first |= bit(*item);
            }
            if group.places.is_some() {
                group.places =
                    Some(group.items.iter().copied().enumerate().map(|(place, text)| (text, place)).collect());
            }
        }
        self.texts = texts;
    }

    /// Adds the strings of a column unchanged.
    fn update_strings(
        &mut self,
        values: &StringArray,
        order: Option<&BinaryArray>,
        rows: impl Iterator<Item = (usize, usize)>,
    ) -> Result<()> {
        for (row, group) in rows {
            if values.is_valid(row) {
                self.add(group, values.value(row), accumulator::order_at(order, row))?;
            }
        }
        Ok(())
    }
}

impl GroupsAccumulator for CollectedValues {
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
        let value = Arg::new(&call, 0)?;
        let (_, order) = accumulator::split_order(self.ordered, values);
        let rows = group_indices.iter().copied().enumerate().filter(|(row, _)| accumulator::passes(filter, *row));
        if self.ty == ScalarType::String {
            return self.update_strings(first.as_string::<i32>(), order, rows);
        }
        let weights = match values.get(1).filter(|_| self.weighted) {
            Some(weights) => Some(cast(weights, &DataType::Int64)?),
            None => None,
        };
        let weights = weights.as_ref().map(|w| w.as_primitive::<Int64Type>());
        let opens = self.ty == ScalarType::Dynamic;
        let (mut json, mut key) = (String::new(), Vec::new());
        for (row, group) in rows {
            json.clear();
            if !value.json(row, &mut json) {
                if !self.nulls {
                    continue;
                }
                json.push_str("null");
            }
            if let Some(weights) = weights {
                let weight = if weights.is_null(row) { 0 } else { weights.value(row) };
                if weight < 1 {
                    continue;
                }
                if weight > 1 {
                    json = format!("[{json},{weight}]");
                }
            }
            let order = accumulator::order_at(order, row);
            if opens && read::kind(&json) == Kind::Array {
                // the elements of an array, not the array; they are in order at the row's position
                for (n, item) in read::elements(&json).enumerate() {
                    // `make_list` keeps a null among them
                    if !self.distinct || item != "null" {
                        key.clear();
                        if self.ordered {
                            key.extend_from_slice(order);
                            key.extend_from_slice(&(n as u64).to_be_bytes());
                        }
                        self.add(group, item, &key)?;
                    }
                }
            } else {
                self.add(group, &json, order)?;
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        let groups = self.emit(emit_to);
        let mut texts = Texts::new(groups.len());
        let mut text = String::new();
        for group in &groups {
            text.clear();
            let mut items: Vec<&str> = group.items.iter().map(|item| self.texts.get(*item)).collect();
            if self.sorted {
                items.sort_unstable();
            }
            write::list_within(items, &mut text, |item, out| match self.ty {
                ScalarType::String => write::string(item, out),
                _ => out.push_str(item),
            })?;
            texts.push(Some(&text))?;
        }
        if groups.is_empty() {
            // without any rows, the aggregate is an empty array
            texts.push(Some("[]"))?;
        }
        self.free();
        Ok(texts.finish())
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.emit(emit_to);
        let texts = &self.texts;
        let state = list_state::written(&groups, StringBuilder::new(), BinaryBuilder::new(), |group, items, orders| {
            group.items.iter().try_for_each(|item| list_state::text(items, texts.get(*item)))?;
            group.orders.iter().take(group.items.len()).try_for_each(|order| list_state::bytes(orders, order))
        });
        self.free();
        state
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total: usize) -> Result<()> {
        self.groups.resize_with(total, Group::default);
        list_state::each(states, group_indices, |group, items, orders| {
            let (items, orders) = (items.as_string::<i32>(), orders.as_binary::<i32>());
            for i in 0..items.len() {
                self.add(group, items.value(i), if i < orders.len() { orders.value(i) } else { &[] })?;
            }
            Ok(())
        })
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        accumulator::state_of_each_row(
            CollectedValues {
                texts: StringInterner::default(),
                groups: Vec::new(),
                last: Vec::new(),
                bytes: 0,
                pace: Pace::default(),
                ..*self
            },
            values,
            filter,
        )
    }

    fn size(&self) -> usize {
        self.bytes + self.texts.size() + self.groups.capacity() * size_of::<Group>()
    }
}

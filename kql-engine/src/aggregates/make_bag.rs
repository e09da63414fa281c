//! `make_bag()`: the properties of all bags of a group in one bag.

use super::{accumulator, list_state};
use crate::budget::{self, Pace};
use crate::dynamic::read::{self, Kind};
use crate::dynamic::write;
use crate::functions::kernel::Texts;
use crate::registry::{
    AggregateArgs, AggregateFunction, Outputs,
    ParameterType::{DynamicBag, Integer},
    Reduce, ResultName, Returns, Signature, optional, p, sig,
};
use crate::types::ScalarType::Dynamic;
use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, StringBuilder};
use arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use std::collections::HashMap;

static SIGNATURES: [Signature; 1] = [sig(&[p("expr", DynamicBag), optional("maxSize", Integer)], Returns::Is(Dynamic))];

pub static MAKE_BAG: AggregateFunction = AggregateFunction {
    name: "make_bag",
    aliases: &[],
    signatures: &SIGNATURES,
    result_name: ResultName::Prefix("bag"),
    outputs: Outputs::One,
    summary: "A property bag with the properties of all bags in the group; if a name occurs twice, the first \
              value is kept.",
    page: "make-bag-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |args| Ok(Box::new(Bags::new(args))),
        state: |_| Bags::state_types(),
        ordered: true,
    },
};

pub static MAKE_DICTIONARY: AggregateFunction =
    AggregateFunction { name: "make_dictionary", result_name: ResultName::Prefix("dictionary"), ..MAKE_BAG };

/// The maximum number of properties of a bag.
const MAX_SIZE: usize = 1_048_576;

/// The accumulator.
struct Bags {
    ordered: bool,
    max: usize,
    groups: Vec<Group>,
    bytes: usize,
    pace: Pace,
}

/// Name and value as JSON, and the order of the row.
type Property = (Box<str>, Box<str>, Box<[u8]>);

#[derive(Default)]
struct Group {
    items: Vec<Property>,
    places: HashMap<Box<str>, usize>,
    /// The bytes of its names and values.
    length: usize,
    /// What it adds to the memory of the accumulator.
    bytes: usize,
}

impl Bags {
    fn new(args: &AggregateArgs) -> Bags {
        let max = args.info.long(1).and_then(|n| usize::try_from(n).ok()).unwrap_or(MAX_SIZE).min(MAX_SIZE);
        Bags { ordered: args.ordered, max, groups: Vec::new(), bytes: 0, pace: Pace::default() }
    }

    /// Names and values in turn, and the orders of the rows.
    fn state_types() -> Vec<DataType> {
        list_state::types(DataType::Utf8, DataType::Binary)
    }

    fn add(&mut self, group: usize, name: &str, value: &str, order: &[u8]) -> Result<()> {
        self.pace.work(name.len() + value.len() + order.len())?;
        let Some(group) = self.groups.get_mut(group) else { return Ok(()) };
        if let Some(item) = group.places.get(name).and_then(|at| group.items.get_mut(*at)) {
            if self.ordered && *order < *item.2 {
                group.length = group.length + value.len() - item.1.len();
                item.1 = value.into();
                item.2 = order.into();
            }
            return Ok(());
        }
        if !self.ordered && group.items.len() >= self.max {
            return Ok(());
        }
        let bytes = 2 * name.len() + value.len() + order.len() + size_of::<Property>();
        self.bytes += bytes;
        group.bytes += bytes;
        group.places.insert(name.into(), group.items.len());
        group.items.push((name.into(), value.into(), order.into()));
        // each of them will be in the result; if there are more, it is not known yet which
        group.length += name.len() + value.len();
        if group.items.len() <= self.max { budget::value(group.length) } else { Ok(()) }
    }

    fn emit(&mut self, emit_to: EmitTo) -> Vec<Group> {
        let mut groups = emit_to.take_needed(&mut self.groups);
        self.bytes -= groups.iter().map(|group| group.bytes).sum::<usize>();
        for group in &mut groups {
            if self.ordered {
                group.items.sort_by(|a, b| a.2.cmp(&b.2));
            }
            group.items.truncate(self.max);
        }
        groups
    }
}

impl GroupsAccumulator for Bags {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.groups.resize_with(total, Group::default);
        let Some(bags) = values.first() else { return internal_err!("a value is expected") };
        let bags = bags.as_string::<i32>();
        let (_, order) = accumulator::split_order(self.ordered, values);
        let mut key = Vec::new();
        for (row, group) in group_indices.iter().enumerate() {
            if !accumulator::passes(filter, row) || bags.is_null(row) {
                continue;
            }
            let order = accumulator::order_at(order, row);
            let bag = bags.value(row);
            if read::kind(bag) == Kind::Bag {
                // the properties of a row keep their order, whichever thread reads which row first
                for (n, (name, value)) in read::properties(bag).enumerate() {
                    key.clear();
                    if self.ordered {
                        key.extend_from_slice(order);
                        key.extend_from_slice(&(n as u64).to_be_bytes());
                    }
                    self.add(*group, name, value, &key)?;
                }
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
            write::bag_within(group.items.iter().map(|(name, value, _)| (&**name, &**value)), &mut text)?;
            texts.push(Some(&text))?;
        }
        if groups.is_empty() {
            texts.push(Some("{}"))?;
        }
        Ok(texts.finish())
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.emit(emit_to);
        list_state::written(&groups, StringBuilder::new(), BinaryBuilder::new(), |group, items, orders| {
            group.items.iter().try_for_each(|(name, value, order)| {
                list_state::text(items, name)?;
                list_state::text(items, value)?;
                list_state::bytes(orders, order)
            })
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef], group_indices: &[usize], total: usize) -> Result<()> {
        self.groups.resize_with(total, Group::default);
        list_state::each(states, group_indices, |group, items, orders| {
            let (items, orders) = (items.as_string::<i32>(), orders.as_binary::<i32>());
            for i in 0..orders.len() {
                self.add(group, items.value(2 * i), items.value(2 * i + 1), orders.value(i))?;
            }
            Ok(())
        })
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        accumulator::state_of_each_row(
            Bags { groups: Vec::new(), bytes: 0, pace: Pace::default(), ..*self },
            values,
            filter,
        )
    }

    fn size(&self) -> usize {
        self.bytes + self.groups.capacity() * size_of::<Group>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::CallInfo;
    use arrow::array::{BinaryArray, StringArray};
    use std::sync::Arc;

    #[test]
    fn properties_of_a_row_keep_their_order_whichever_row_comes_first() -> Result<()> {
        let info = CallInfo { types: vec![Dynamic], constants: vec![None], returns: Dynamic };
        let args = AggregateArgs { info, ordered: true };
        let mut all = Bags::new(&args);
        for (order, bag) in [(3u8, r#"{"b":99}"#), (2, r#"{"a":10,"c":3}"#), (1, r#"{"a":1,"b":2}"#)] {
            let values: [ArrayRef; 2] =
                [Arc::new(StringArray::from(vec![bag])), Arc::new(BinaryArray::from_vec(vec![&[order]]))];
            let mut one = Bags::new(&args);
            one.update_batch(&values, &[0], None, 1)?;
            all.merge_batch(&one.state(EmitTo::All)?, &[0], 1)?;
        }
        let bags = all.evaluate(EmitTo::All)?;
        assert_eq!(bags.as_string::<i32>().value(0), r#"{"a":1,"b":2,"c":3}"#);
        Ok(())
    }
}

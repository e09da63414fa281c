//! `make_bag()`: the properties of all of a group's bags in one.

use crate::dynamic::read::{self, Kind};
use crate::registry::{
    AggregateArgs, AggregateFunction, Outputs,
    ParameterType::{DynamicBag, Integer},
    Reduce, ResultName, Returns, Signature, optional, p, sig,
};
use crate::types::ScalarType::Dynamic;
use arrow::array::{Array, ArrayRef, AsArray, BinaryBuilder, BooleanArray, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use std::collections::HashMap;
use std::sync::Arc;

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

/// The most properties a bag gets.
const MAX_SIZE: usize = 1_048_576;

/// The accumulator.
struct Bags {
    ordered: bool,
    max: usize,
    groups: Vec<Group>,
    bytes: usize,
}

/// Name and value as JSON, and the order of the row.
type Property = (Box<str>, Box<str>, Box<[u8]>);

#[derive(Default)]
struct Group {
    items: Vec<Property>,
    places: HashMap<Box<str>, usize>,
}

impl Bags {
    fn new(args: &AggregateArgs) -> Bags {
        let max = args.info.long(1).and_then(|n| usize::try_from(n).ok()).unwrap_or(MAX_SIZE).min(MAX_SIZE);
        Bags { ordered: args.ordered, max, groups: Vec::new(), bytes: 0 }
    }

    /// Names and values, one after the other, and the orders of the rows.
    fn state_types() -> Vec<DataType> {
        vec![
            DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))),
            DataType::List(Arc::new(Field::new_list_field(DataType::Binary, true))),
        ]
    }

    fn add(&mut self, group: usize, name: &str, value: &str, order: &[u8]) {
        let Some(group) = self.groups.get_mut(group) else { return };
        if let Some(item) = group.places.get(name).and_then(|at| group.items.get_mut(*at)) {
            if self.ordered && *order < *item.2 {
                item.1 = value.into();
                item.2 = order.into();
            }
            return;
        }
        if !self.ordered && group.items.len() >= self.max {
            return;
        }
        self.bytes += 2 * name.len() + value.len() + order.len() + size_of::<Property>();
        group.places.insert(name.into(), group.items.len());
        group.items.push((name.into(), value.into(), order.into()));
    }

    fn emit(&mut self, emit_to: EmitTo) -> Vec<Group> {
        let mut groups = emit_to.take_needed(&mut self.groups);
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
        let order = match (self.ordered, values.last()) {
            (true, Some(order)) => Some(order.as_binary::<i32>()),
            _ => None,
        };
        for (row, group) in group_indices.iter().enumerate() {
            if !super::accumulator::passes(filter, row) || bags.is_null(row) {
                continue;
            }
            let order = order.map_or(&[][..], |o| o.value(row));
            let bag = bags.value(row);
            if read::kind(bag) == Kind::Bag {
                for (name, value) in read::properties(bag) {
                    self.add(*group, name, value, order);
                }
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
            text.push('{');
            for (i, (name, value, _)) in group.items.iter().enumerate() {
                if i > 0 {
                    text.push(',');
                }
                text.push_str(name);
                text.push(':');
                text.push_str(value);
            }
            text.push('}');
            builder.append_value(&text);
        }
        if groups.is_empty() {
            builder.append_value("{}");
        }
        Ok(Arc::new(builder.finish()))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        let groups = self.emit(emit_to);
        let mut items = ListBuilder::new(StringBuilder::new());
        let mut orders = ListBuilder::new(BinaryBuilder::new());
        for group in &groups {
            for (name, value, order) in &group.items {
                items.values().append_value(name);
                items.values().append_value(value);
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
            for i in 0..keys.len() {
                self.add(*group, values.value(2 * i), values.value(2 * i + 1), keys.value(i));
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        super::accumulator::state_of_each_row(Bags { groups: Vec::new(), bytes: 0, ..*self }, values, filter)
    }

    fn size(&self) -> usize {
        self.bytes + self.groups.capacity() * size_of::<Group>()
    }
}

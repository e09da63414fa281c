//! `buildschema()`: the schema that fits all of a group's values.
//!
//! The schema is the name of a type, a bag of the properties' schemas, or an array of these if several occur. The schema
//! of the elements of an array is that of the property `` `indexer` ``.

use crate::dynamic::{date, write};
use crate::registry::{AggregateFunction, Outputs, ParameterType::DynamicBag, Reduce, ResultName, Returns, p, sig};
use crate::types::ScalarType::Dynamic;
use arrow::array::{Array, ArrayRef, AsArray, BooleanArray, StringArray};
use arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{EmitTo, GroupsAccumulator};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

pub static BUILDSCHEMA: AggregateFunction = AggregateFunction {
    name: "buildschema",
    aliases: &[],
    signatures: &[sig(&[p("expr", DynamicBag)], Returns::Is(Dynamic))],
    result_name: ResultName::Prefix("schema"),
    outputs: Outputs::One,
    summary: "The schema that fits all of the group's dynamic values.",
    page: "buildschema-aggregation-function",
    reduce: Reduce::Accumulator {
        make: |_| Ok(Box::new(Schemas::default())),
        state: |_| vec![DataType::Utf8],
        ordered: false,
    },
};

/// The property for the schema of an array's elements.
const INDEXER: &str = "`indexer`";

/// The schema of the values at one position.
#[derive(Default)]
struct Schema {
    types: BTreeSet<String>,
    properties: Option<BTreeMap<String, Schema>>,
}

impl Schema {
    fn add(&mut self, value: &Value) {
        let name = match value {
            Value::Null => return,
            Value::Bool(_) => "bool",
            Value::Number(n) if n.is_i64() || n.is_u64() => "long",
            Value::Number(_) => "double",
            Value::String(text) if date::held(text) => "datetime",
            Value::String(_) => "string",
            Value::Array(items) => {
                let elements = self.properties.get_or_insert_default().entry(INDEXER.to_owned()).or_default();
                items.iter().for_each(|item| elements.add(item));
                return;
            }
            Value::Object(bag) => {
                let properties = self.properties.get_or_insert_default();
                for (name, value) in bag {
                    properties.entry(name.clone()).or_default().add(value);
                }
                return;
            }
        };
        if !self.types.contains(name) {
            self.types.insert(name.to_owned());
        }
    }

    /// Adds another schema, given in its written form.
    fn merge(&mut self, written: &Value) {
        match written {
            Value::String(name) => {
                self.types.insert(name.clone());
            }
            Value::Array(several) => several.iter().for_each(|one| self.merge(one)),
            Value::Object(bag) => {
                let properties = self.properties.get_or_insert_default();
                for (name, schema) in bag {
                    properties.entry(name.clone()).or_default().merge(schema);
                }
            }
            _ => {}
        }
    }

    fn write(&self, out: &mut String) {
        let several = self.types.len() + usize::from(self.properties.is_some()) != 1;
        if several {
            out.push('[');
        }
        write::commas(&self.types, out, |name, out| write::string(name, out));
        if let Some(properties) = &self.properties {
            if !self.types.is_empty() {
                out.push(',');
            }
            write::members(properties.iter(), out, |(name, schema), out| {
                write::string(name, out);
                out.push(':');
                schema.write(out);
            });
        }
        if several {
            out.push(']');
        }
    }
}

/// The accumulator.
#[derive(Default)]
struct Schemas {
    groups: Vec<Schema>,
}

impl Schemas {
    fn written(&mut self, emit_to: EmitTo) -> ArrayRef {
        let groups = emit_to.take_needed(&mut self.groups);
        let texts: StringArray = groups
            .iter()
            .map(|schema| {
                // no value was found that has a schema
                let some = !schema.types.is_empty() || schema.properties.is_some();
                some.then(|| {
                    let mut text = String::new();
                    schema.write(&mut text);
                    text
                })
            })
            .collect();
        Arc::new(texts)
    }
}

impl GroupsAccumulator for Schemas {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        group_indices: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.groups.resize_with(total, Schema::default);
        let Some(values) = values.first() else { return internal_err!("a value is expected") };
        let values = values.as_string::<i32>();
        for (row, group) in group_indices.iter().enumerate() {
            if !super::accumulator::passes(filter, row) || values.is_null(row) {
                continue;
            }
            let text = values.value(row);
            if let (Some(schema), Ok(value)) = (self.groups.get_mut(*group), serde_json::from_str::<Value>(text)) {
                schema.add(&value);
            }
        }
        Ok(())
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        if self.groups.is_empty() {
            return Ok(arrow::array::new_null_array(&DataType::Utf8, 1));
        }
        Ok(self.written(emit_to))
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        Ok(vec![self.written(emit_to)])
    }

    fn merge_batch(&mut self, values: &[ArrayRef], group_indices: &[usize], total: usize) -> Result<()> {
        self.groups.resize_with(total, Schema::default);
        let [states] = values else { return internal_err!("one state expected") };
        let states = states.as_string::<i32>();
        for (row, group) in group_indices.iter().enumerate() {
            if states.is_null(row) {
                continue;
            }
            if let (Some(schema), Ok(written)) =
                (self.groups.get_mut(*group), serde_json::from_str::<Value>(states.value(row)))
            {
                schema.merge(&written);
            }
        }
        Ok(())
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        super::accumulator::state_of_each_row(Schemas::default(), values, filter)
    }

    fn size(&self) -> usize {
        self.groups.capacity() * size_of::<Schema>()
    }
}

//! Nested Arrow arrays (lists, structs, maps) as JSON.

use super::lost::{Lost, shown};
use super::normalize::{natural_array, natural_of};
use crate::types::ScalarType;
use crate::{cell, dynamic};
use arrow::array::{Array, ArrayRef, AsArray};
use arrow::buffer::NullBuffer;
use arrow::compute::{cast, take};
use arrow::datatypes::{DataType, Field};
use arrow::error::ArrowError;
use std::sync::Arc;

/// A nested array, with its leaves in their natural types.
pub(super) enum Tree {
    Leaf { values: ArrayRef, ty: ScalarType, nulls: Option<NullBuffer>, raw: ArrayRef },
    Struct { members: Vec<(String, Tree)>, nulls: Option<NullBuffer> },
    List { spans: Vec<(usize, usize)>, items: Box<Tree>, nulls: Option<NullBuffer> },
    Map { spans: Vec<(usize, usize)>, keys: Box<Tree>, values: Box<Tree>, nulls: Option<NullBuffer> },
}

impl Tree {
    /// Converts the leaves.
    pub(super) fn new(array: &ArrayRef) -> Result<Tree, ArrowError> {
        let nulls = array.logical_nulls();
        let spans = |offsets: &[i32]| offsets.array_windows().map(|[a, b]| (*a as usize, *b as usize)).collect();
        Ok(match array.data_type() {
            DataType::Struct(fields) => {
                let columns = array.as_struct().columns();
                let member = |(field, column): (&Arc<Field>, &ArrayRef)| Ok((field.name().clone(), Tree::new(column)?));
                Tree::Struct {
                    members: fields.iter().zip(columns).map(member).collect::<Result<_, ArrowError>>()?,
                    nulls,
                }
            }
            DataType::List(_) => {
                let list = array.as_list::<i32>();
                Tree::List { spans: spans(list.value_offsets()), items: Box::new(Tree::new(list.values())?), nulls }
            }
            DataType::LargeList(_) => {
                let list = array.as_list::<i64>();
                let spans = list.value_offsets().array_windows().map(|[a, b]| (*a as usize, *b as usize)).collect();
                Tree::List { spans, items: Box::new(Tree::new(list.values())?), nulls }
            }
            DataType::FixedSizeList(_, _) => {
                let list = array.as_fixed_size_list();
                let size = list.value_length() as usize;
                let spans = (0..list.len()).map(|i| (i * size, (i + 1) * size)).collect();
                Tree::List { spans, items: Box::new(Tree::new(list.values())?), nulls }
            }
            DataType::ListView(item) => Tree::new(&cast(array, &DataType::List(item.clone()))?)?,
            DataType::LargeListView(item) => Tree::new(&cast(array, &DataType::LargeList(item.clone()))?)?,
            DataType::Map(_, _) => {
                let map = array.as_map();
                let (keys, values) = (Box::new(Tree::new(map.keys())?), Box::new(Tree::new(map.values())?));
                Tree::Map { spans: spans(map.value_offsets()), keys, values, nulls }
            }
            // values can be nested too
            DataType::Dictionary(_, value) if value.is_nested() => {
                let dictionary = array.as_any_dictionary();
                Tree::new(&take(dictionary.values(), dictionary.keys(), None)?)?
            }
            DataType::RunEndEncoded(_, value) => Tree::new(&cast(array, value.data_type())?)?,
            data_type => {
                let ty = natural_of(data_type);
                let values = natural_array(array, ty, &mut Lost::default())?;
                Tree::Leaf { values, ty, nulls, raw: array.clone() }
            }
        })
    }

    pub(super) fn is_null(&self, row: usize) -> bool {
        let (Tree::Leaf { nulls, .. }
        | Tree::Struct { nulls, .. }
        | Tree::List { nulls, .. }
        | Tree::Map { nulls, .. }) = self;
        nulls.as_ref().is_some_and(|n| n.is_null(row))
    }

    /// Appends a row as JSON. `lost` gets each value that did not fit its leaf's type and is null.
    pub(super) fn write(&self, row: usize, out: &mut String, lost: &mut dyn FnMut(&dyn Fn() -> String)) {
        if self.is_null(row) {
            out.push_str("null");
            return;
        }
        let comma = |out: &mut String, first: bool| {
            if !first {
                out.push(',');
            }
        };
        match self {
            Tree::Leaf { values, raw, .. } if values.is_null(row) => {
                lost(&|| shown(raw, row));
                out.push_str("null");
            }
            Tree::Leaf { values, ty, .. } => cell::json(values, *ty, row, out),
            Tree::Struct { members, .. } => {
                out.push('{');
                for (i, (name, member)) in members.iter().enumerate() {
                    comma(out, i == 0);
                    dynamic::write::string(name, out);
                    out.push(':');
                    member.write(row, out, lost);
                }
                out.push('}');
            }
            Tree::List { spans, items, .. } => {
                out.push('[');
                let (from, to) = spans.get(row).copied().unwrap_or_default();
                for i in from..to {
                    comma(out, i == from);
                    items.write(i, out, lost);
                }
                out.push(']');
            }
            Tree::Map { spans, keys, values, .. } => {
                out.push('{');
                let (from, to) = spans.get(row).copied().unwrap_or_default();
                for i in from..to {
                    comma(out, i == from);
                    let mut key = String::new();
                    keys.write(i, &mut key, lost);
                    if key.starts_with('"') {
                        out.push_str(&key);
                    } else {
                        dynamic::write::string(&key, out);
                    }
                    out.push(':');
                    values.write(i, out, lost);
                }
                out.push('}');
            }
        }
    }
}

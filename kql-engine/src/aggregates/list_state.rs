//! States of accumulators that keep lists: for each group the items, and another value for each item.

use crate::budget;
use arrow::array::{Array, ArrayBuilder, ArrayRef, AsArray, BinaryBuilder, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::{Result, internal_err};
use std::sync::Arc;

/// The Arrow types of a state.
pub fn types(item: DataType, beside: DataType) -> Vec<DataType> {
    let list = |ty| DataType::List(Arc::new(Field::new_list_field(ty, true)));
    vec![list(item), list(beside)]
}

/// The states of groups; `put` appends the items of one group.
pub fn written<G, A: ArrayBuilder, B: ArrayBuilder>(
    groups: &[G],
    items: A,
    beside: B,
    mut put: impl FnMut(&G, &mut A, &mut B) -> Result<()>,
) -> Result<Vec<ArrayRef>> {
    let (mut items, mut beside) = (ListBuilder::new(items), ListBuilder::new(beside));
    for group in groups {
        put(group, items.values(), beside.values())?;
        items.append(true);
        beside.append(true);
    }
    Ok(vec![Arc::new(items.finish()), Arc::new(beside.finish())])
}

/// Appends a text to a state, unless all texts together are too long.
pub fn text(texts: &mut StringBuilder, text: &str) -> Result<()> {
    budget::column(texts.values_slice().len().saturating_add(text.len()))?;
    texts.append_value(text);
    Ok(())
}

/// [`text`] for bytes.
pub fn bytes(all: &mut BinaryBuilder, bytes: &[u8]) -> Result<()> {
    budget::column(all.values_slice().len().saturating_add(bytes.len()))?;
    all.append_value(bytes);
    Ok(())
}

/// Calls `add` for every state, with the group, its items, and the values beside them.
pub fn each(
    states: &[ArrayRef],
    groups: &[usize],
    mut add: impl FnMut(usize, &ArrayRef, &ArrayRef) -> Result<()>,
) -> Result<()> {
    let [items, beside] = states else { return internal_err!("two states expected") };
    let (items, beside) = (items.as_list::<i32>(), beside.as_list::<i32>());
    for (row, group) in groups.iter().enumerate() {
        if items.is_valid(row) {
            add(*group, &items.value(row), &beside.value(row))?;
            budget::check()?;
        }
    }
    Ok(())
}

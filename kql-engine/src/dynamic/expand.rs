//! Elements of a dynamic value as lists, for `mv-expand`.

use super::read::{self, Kind};
use crate::budget::{self, Captured, Pace};
use crate::encoded::Encoded;
use crate::types::ScalarType;
use arrow::array::{Array, ArrayBuilder, AsArray, Int64Builder, ListBuilder, StringBuilder};
use arrow::datatypes::{DataType, Field};
use datafusion::common::Result;
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDFImpl, Signature, Volatility};
use std::sync::Arc;

/// Elements of an array, properties of a bag, or the value itself.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ExpandItems {
    bag_as_array: bool,
    limit: Option<usize>,
    ty: ScalarType,
    signature: Signature,
    budget: Captured,
}

impl ExpandItems {
    /// `bag_as_array`: a property is `[key, value]` instead of `{key: value}`. Elements of another type than `ty` are null.
    pub fn new(bag_as_array: bool, limit: Option<usize>, ty: ScalarType) -> Self {
        let signature = Signature::any(1, PER_ROW);
        ExpandItems { bag_as_array, limit, ty, signature, budget: Captured::now() }
    }

    /// As data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        Encoded::of(&(self.bag_as_array, self.limit, self.ty))
    }

    /// From its data.
    pub(crate) fn decode(encoded: &Encoded) -> Result<ExpandItems> {
        let (bag_as_array, limit, ty) = encoded.data()?;
        Ok(ExpandItems::new(bag_as_array, limit, ty))
    }
}

/// The functions are never folded: the list of a constant would be copied into each row of a batch without a look at its
/// size.
const PER_ROW: Volatility = Volatility::Volatile;

/// About how many bytes the row of an item takes: the other columns are repeated in it.
const ROW: usize = 64;

/// How many rows get the list of each value: all rows of the batch, if the values are constants.
fn copies(args: &ScalarFunctionArgs) -> usize {
    let are_constants = args.args.iter().all(|arg| matches!(arg, ColumnarValue::Scalar(_)));
    if are_constants { args.number_rows } else { 1 }
}

/// Whether the items of one batch can have that many bytes, and be that many: their rows are in memory at once.
fn fits(bytes: usize, items: usize, copies: usize) -> Result<()> {
    let (bytes, items) = (bytes.saturating_mul(copies), items.saturating_mul(copies));
    let positions = items.saturating_add(1).saturating_mul(size_of::<i64>());
    budget::column(bytes.max(positions))
        .and_then(|()| budget::room(bytes.saturating_add(items.saturating_mul(ROW))))
        .map_err(|error| budget::named(error, || "mv-expand".to_owned()))
}

/// Whether an element is a value of the type: strings are not parsed as numbers, and a bool is not a number.
fn is_of(item: &str, ty: ScalarType) -> bool {
    match (ty, read::kind(item)) {
        (ScalarType::Int | ScalarType::Long, kind) => matches!(kind, Kind::Long | Kind::Real),
        // values that JSON numbers cannot represent, as a dynamic value stores them
        (ScalarType::Real, Kind::String) => matches!(item, r#""NaN""# | r#""Infinity""# | r#""-Infinity""#),
        (ScalarType::Real, kind) => matches!(kind, Kind::Long | Kind::Real),
        (ScalarType::Bool, kind) => matches!(kind, Kind::Bool | Kind::Long),
        (ScalarType::Datetime | ScalarType::Guid, kind) => kind == Kind::String,
        _ => true,
    }
}

impl ScalarUDFImpl for ExpandItems {
    fn name(&self) -> &str {
        "expand_items"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let _entered = self.budget.enter();
        let copies = copies(&args);
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let mut lists = ListBuilder::new(StringBuilder::new());
        let mut pace = Pace::default();
        let limit = self.limit.unwrap_or(usize::MAX);
        if let Some(values) = arrays.first().and_then(|a| a.as_string_opt::<i32>()) {
            let mut text = String::new();
            for i in 0..values.len() {
                let items = lists.values();
                if values.is_null(i) {
                    if limit > 0 {
                        items.append_null();
                    }
                } else {
                    let value = values.value(i);
                    let mut append = |items: &mut StringBuilder, item: &str| {
                        fits(items.values_slice().len().saturating_add(item.len()), items.len(), copies)?;
                        if item == "null" || !is_of(item, self.ty) {
                            items.append_null();
                        } else {
                            items.append_value(item);
                        }
                        pace.work(item.len() + size_of::<i32>())
                    };
                    match read::kind(value) {
                        Kind::Array => read::elements(value).take(limit).try_for_each(|item| append(items, item))?,
                        Kind::Bag => {
                            for (key, item) in read::properties(value).take(limit) {
                                let (open, between, close) =
                                    if self.bag_as_array { ('[', ',', ']') } else { ('{', ':', '}') };
                                text.clear();
                                text.push(open);
                                text.push_str(key);
                                text.push(between);
                                text.push_str(item);
                                text.push(close);
                                append(items, &text)?;
                            }
                        }
                        _ if limit > 0 => append(items, value)?,
                        _ => {}
                    }
                }
                lists.append(true);
            }
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish())))
    }
}

/// Positions of the elements: as many as the longest value has.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct ItemCount {
    limit: Option<usize>,
    signature: Signature,
    budget: Captured,
}

impl ItemCount {
    /// At most `limit` positions.
    pub fn new(limit: Option<usize>) -> Self {
        ItemCount { limit, signature: Signature::variadic_any(PER_ROW), budget: Captured::now() }
    }

    /// As data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        Encoded::of(&self.limit)
    }

    /// From its data.
    pub(crate) fn decode(encoded: &Encoded) -> Result<ItemCount> {
        Ok(ItemCount::new(encoded.data()?))
    }
}

impl ScalarUDFImpl for ItemCount {
    fn name(&self) -> &str {
        "item_count"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::List(Arc::new(Field::new_list_field(DataType::Int64, true))))
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let _entered = self.budget.enter();
        let copies = copies(&args);
        let arrays = ColumnarValue::values_to_arrays(&args.args)?;
        let mut lists = ListBuilder::new(Int64Builder::new());
        let mut total = 0usize;
        let mut pace = Pace::default();
        let columns: Vec<_> = arrays.iter().filter_map(|a| a.as_string_opt::<i32>()).collect();
        let rows = arrays.first().map_or(0, |a| a.len());
        for i in 0..rows {
            let count = columns
                .iter()
                .map(|values| {
                    // a null becomes one row with null
                    if values.is_null(i) {
                        return 1;
                    }
                    match read::kind(values.value(i)) {
                        Kind::Array => read::elements(values.value(i)).count(),
                        Kind::Bag => read::properties(values.value(i)).count(),
                        _ => 1,
                    }
                })
                .max()
                .unwrap_or(0)
                .min(self.limit.unwrap_or(usize::MAX));
            total = total.saturating_add(count);
            fits(0, total, copies)?;
            pace.row(count.saturating_mul(size_of::<i64>()))?;
            for position in 0..count {
                lists.values().append_value(position as i64);
            }
            lists.append(true);
        }
        Ok(ColumnarValue::Array(Arc::new(lists.finish())))
    }
}

//! Arrow columns of any type to the types of [`crate::types`].
//!
//! | Arrow | KQL |
//! | --- | --- |
//! | integers of up to 32 bits (unsigned up to 16) | int |
//! | other integers | long |
//! | floats | real |
//! | decimals | decimal |
//! | texts, bytes | string |
//! | timestamps of any unit (without zone: UTC), dates | datetime |
//! | durations, times of day | timespan |
//! | 16 bytes | guid |
//! | intervals of months, days and smaller units | string, as Arrow writes them |
//! | lists, structs, maps | dynamic |
//! | dictionaries, runs | what their values are |
//! | null | string |
//!
//! A value that does not fit its type becomes null, and is counted ([`Lost`]).
//!
//! A field of Arrow's extension type for JSON (`arrow.json`) is dynamic.
//!
//! A field whose metadata names a KQL type (`kql.type`) and which has the Arrow type of that type is used unchanged.

use super::builder::{ColumnBuilder, Fit};
use super::dates::{self, DateOrder, DateRule, Dates};
use super::error::DuplicateColumn;
use super::lost::Lost;
use super::nested::Tree;
use crate::time::{DAY, EPOCH, MICROSECOND, MILLISECOND, RANGE, SECOND};
use crate::types::{Column, ScalarType, TYPE_KEY, TableSchema};
use crate::{cell, decimal, dynamic};
use arrow::array::{
    Array, ArrayRef, AsArray, BooleanArray, Int64Array, LargeStringArray, PrimitiveArray, RecordBatch,
    RecordBatchOptions, StringArray, StringBuilder, new_null_array,
};
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::compute::{cast, max, min, take};
use arrow::datatypes::{
    ArrowPrimitiveType, DataType, Date32Type, Date64Type, Decimal256Type, DurationMicrosecondType,
    DurationMillisecondType, DurationNanosecondType, DurationSecondType, Field, Fields, Float64Type, Int64Type,
    SchemaRef, Time32MillisecondType, Time32SecondType, Time64MicrosecondType, Time64NanosecondType, TimeUnit,
    TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType, TimestampSecondType,
};
use arrow::error::ArrowError;
use std::sync::{Arc, Mutex, PoisonError};

/// The KQL type of an Arrow field.
pub(super) fn natural(field: &Field) -> ScalarType {
    let named = field.metadata().get(TYPE_KEY).and_then(|name| ScalarType::from_name(name));
    match named {
        Some(ty) if ty.arrow() == *value_type(field.data_type()) => ty,
        _ if is_json(field) => ScalarType::Dynamic,
        _ => natural_of(field.data_type()),
    }
}

/// Whether the texts of a field are JSON, but not necessarily as dynamic values are stored.
fn is_json(field: &Field) -> bool {
    !field.metadata().contains_key(TYPE_KEY)
        && field.extension_type_name() == Some("arrow.json")
        && *value_type(field.data_type()) == DataType::Utf8
}

/// The type of a dictionary's values; for other types, the type itself.
fn value_type(ty: &DataType) -> &DataType {
    match ty {
        DataType::Dictionary(_, value) => value_type(value),
        DataType::RunEndEncoded(_, value) => value_type(value.data_type()),
        DataType::Utf8View | DataType::LargeUtf8 => &DataType::Utf8,
        _ => ty,
    }
}

pub(super) fn natural_of(ty: &DataType) -> ScalarType {
    match value_type(ty) {
        DataType::Boolean => ScalarType::Bool,
        DataType::Int8 | DataType::Int16 | DataType::Int32 | DataType::UInt8 | DataType::UInt16 => ScalarType::Int,
        DataType::UInt32 | DataType::Int64 | DataType::UInt64 => ScalarType::Long,
        DataType::Float16 | DataType::Float32 | DataType::Float64 => ScalarType::Real,
        DataType::Decimal32(..) | DataType::Decimal64(..) | DataType::Decimal128(..) | DataType::Decimal256(..) => {
            ScalarType::Decimal
        }
        DataType::Timestamp(..) | DataType::Date32 | DataType::Date64 => ScalarType::Datetime,
        DataType::Duration(_) | DataType::Time32(_) | DataType::Time64(_) => ScalarType::Timespan,
        DataType::FixedSizeBinary(16) => ScalarType::Guid,
        ty if ty.is_nested() => ScalarType::Dynamic,
        _ => ScalarType::String,
    }
}

/// The array as a column of the wanted type. Values that do not fit become null, and are added to `lost`.
pub(super) fn physical(
    array: &ArrayRef,
    field: &Field,
    wanted: ScalarType,
    lost: &mut Lost,
) -> Result<ArrayRef, ArrowError> {
    let from = natural(field);
    let array = natural_array(array, from, lost)?;
    let array = if is_json(field) { stored_json(&array) } else { array };
    let array = if from == wanted { array } else { converted(&array, from, wanted, lost)? };
    Ok(if wanted == ScalarType::String { filled(array) } else { array })
}

/// Whether every value of the field's type fits the wanted type.
pub(super) fn always_fits(field: &Field, wanted: ScalarType) -> bool {
    let natural = natural(field);
    let converts = natural == wanted
        || matches!((natural, wanted), (ScalarType::Int, ScalarType::Long | ScalarType::Real))
        || (wanted == ScalarType::String && natural != ScalarType::Dynamic);
    converts && type_fits(field.data_type(), natural)
}

fn type_fits(ty: &DataType, natural: ScalarType) -> bool {
    match ty {
        DataType::Dictionary(_, value) => type_fits(value, natural),
        DataType::RunEndEncoded(_, value) => type_fits(value.data_type(), natural),
        DataType::Int64 => natural != ScalarType::Datetime,
        DataType::UInt64 | DataType::Date32 | DataType::Date64 | DataType::Time64(TimeUnit::Microsecond) => false,
        DataType::Timestamp(unit, _) | DataType::Duration(unit) => *unit == TimeUnit::Nanosecond,
        DataType::Decimal128(precision, scale) | DataType::Decimal256(precision, scale) => {
            i16::from(*precision) - i16::from(*scale) <= decimal::WHOLE_DIGITS as i16
        }
        DataType::Binary | DataType::LargeBinary | DataType::BinaryView => false,
        DataType::FixedSizeBinary(size) => *size == 16,
        ty => !ty.is_nested(),
    }
}

/// The Arrow type in a field that has no counterpart, if there is one.
pub fn unsupported(ty: &DataType) -> Option<&DataType> {
    match ty {
        DataType::Union(..) => Some(ty),
        DataType::Struct(fields) => fields.iter().find_map(|field| unsupported(field.data_type())),
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::FixedSizeList(item, _)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::Map(item, _)
        | DataType::RunEndEncoded(_, item) => unsupported(item.data_type()),
        DataType::Dictionary(_, value) => unsupported(value),
        _ => None,
    }
}

/// The columns of batches with these fields. The error is why they are not a table.
pub(super) fn columns_of(fields: &Fields) -> Result<TableSchema, DuplicateColumn> {
    let mut schema = TableSchema::default();
    for field in fields {
        if schema.column(field.name()).is_some() {
            return Err(DuplicateColumn(field.name().clone()));
        }
        schema.columns.push(Column::new(field.name(), natural(field)));
    }
    Ok(schema)
}

/// The batch with these columns, by position, with our schema. `lost` gets what did not fit a column.
pub(super) fn physical_batch(
    batch: &RecordBatch,
    schema: &SchemaRef,
    columns: &[Column],
    mut lost: impl FnMut(&Column, Lost),
) -> Result<RecordBatch, ArrowError> {
    let fields = batch.schema();
    let mut arrays = Vec::with_capacity(columns.len());
    for ((array, field), column) in batch.columns().iter().zip(fields.fields()).zip(columns) {
        let mut found = Lost::default();
        arrays.push(physical(array, field, column.ty, &mut found)?);
        if !found.is_empty() {
            lost(column, found);
        }
    }
    let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(schema.clone(), arrays, &options)
}

/// A column without values.
pub(super) fn missing(ty: ScalarType, rows: usize) -> ArrayRef {
    match ty {
        ScalarType::String => Arc::new(StringArray::from_iter_values(std::iter::repeat_n("", rows))),
        _ => new_null_array(&ty.arrow(), rows),
    }
}

/// Strings are never null.
fn filled(array: ArrayRef) -> ArrayRef {
    if array.null_count() == 0 {
        return array;
    }
    match array.as_string_opt::<i32>() {
        Some(texts) => Arc::new(StringArray::from_iter_values(texts.iter().map(Option::unwrap_or_default))),
        None => array,
    }
}

/// The array as a column of its natural type; values that do not fit become null, and are added to `lost`.
pub(super) fn natural_array(array: &ArrayRef, ty: ScalarType, lost: &mut Lost) -> Result<ArrayRef, ArrowError> {
    let wanted = ty.arrow();
    if *array.data_type() == wanted {
        let out = within_range(array, ty);
        lost.compare(array, &out);
        return Ok(out);
    }
    let out = match array.data_type() {
        DataType::Dictionary(_, _) => {
            let dictionary = array.as_any_dictionary();
            return natural_array(&take(dictionary.values(), dictionary.keys(), None)?, ty, lost);
        }
        DataType::RunEndEncoded(_, value) => return natural_array(&cast(array, value.data_type())?, ty, lost),
        data_type if data_type.is_nested() => return nested_array(array, lost),
        DataType::FixedSizeBinary(16) => {
            let bytes = array.as_fixed_size_binary();
            let guid = |b: Option<&[u8]>| uuid::Uuid::from_slice(b?).ok().map(|u| u.hyphenated().to_string());
            Arc::new(bytes.iter().map(guid).collect::<StringArray>())
        }
        DataType::LargeUtf8 => with_small_offsets(array)?,
        DataType::FixedSizeBinary(_) => cast(&cast(array, &DataType::Binary)?, &wanted)?,
        data_type => match time_array(array, data_type) {
            Some(array) => array,
            None => within_range(&cast(array, &wanted)?, ty),
        },
    };
    lost.compare(array, &out);
    Ok(out)
}

/// JSON texts as dynamic values are stored; a text that is not JSON becomes a string, as by `parse_json()`.
fn stored_json(array: &ArrayRef) -> ArrayRef {
    let mut out = StringBuilder::new();
    let mut text = String::new();
    for json in array.as_string::<i32>() {
        text.clear();
        match json {
            Some(json) if dynamic::read::normalize(json, &mut text) => out.append_value(&text),
            _ => out.append_null(),
        }
    }
    Arc::new(out.finish())
}

/// A column of long texts, or a slice of one, with offsets of 32 bits; the texts are not copied.
fn with_small_offsets(array: &ArrayRef) -> Result<ArrayRef, ArrowError> {
    let texts: &LargeStringArray = array.as_string();
    let offsets = texts.value_offsets();
    let (first, last) = (offsets.first().copied().unwrap_or(0), offsets.last().copied().unwrap_or(0));
    if i32::try_from(last).is_ok() {
        // this does not ask again whether the texts are valid
        return cast(array, &DataType::Utf8);
    }
    let too_long = || ArrowError::OffsetOverflowError((last - first) as usize);
    // offsets only grow, so that all fit if the last one does
    i32::try_from(last - first).map_err(|_| too_long())?;
    let offsets: ScalarBuffer<i32> = offsets.iter().map(|offset| (offset - first) as i32).collect();
    let values = texts.values().slice_with_length(first as usize, (last - first) as usize);
    Ok(Arc::new(StringArray::try_new(OffsetBuffer::new(offsets), values, texts.nulls().cloned())?))
}

/// An array of times or durations as ticks; `None` for other types.
fn time_array(array: &ArrayRef, ty: &DataType) -> Option<ArrayRef> {
    Some(match ty {
        DataType::Timestamp(unit, _) => match unit {
            TimeUnit::Second => ticks::<TimestampSecondType>(array, |v| since_epoch(v.checked_mul(SECOND)?)),
            TimeUnit::Millisecond => {
                ticks::<TimestampMillisecondType>(array, |v| since_epoch(v.checked_mul(MILLISECOND)?))
            }
            TimeUnit::Microsecond => {
                ticks::<TimestampMicrosecondType>(array, |v| since_epoch(v.checked_mul(MICROSECOND)?))
            }
            TimeUnit::Nanosecond => ticks::<TimestampNanosecondType>(array, |v| since_epoch(v.div_euclid(100))),
        },
        DataType::Date32 => ticks::<Date32Type>(array, |v| since_epoch(i64::from(v).checked_mul(DAY)?)),
        DataType::Date64 => ticks::<Date64Type>(array, |v| since_epoch(v.checked_mul(MILLISECOND)?)),
        DataType::Duration(unit) => match unit {
            TimeUnit::Second => ticks::<DurationSecondType>(array, |v| v.checked_mul(SECOND)),
            TimeUnit::Millisecond => ticks::<DurationMillisecondType>(array, |v| v.checked_mul(MILLISECOND)),
            TimeUnit::Microsecond => ticks::<DurationMicrosecondType>(array, |v| v.checked_mul(MICROSECOND)),
            TimeUnit::Nanosecond => ticks::<DurationNanosecondType>(array, |v| Some(v.div_euclid(100))),
        },
        DataType::Time32(TimeUnit::Second) => ticks::<Time32SecondType>(array, |v| Some(i64::from(v) * SECOND)),
        DataType::Time32(_) => ticks::<Time32MillisecondType>(array, |v| Some(i64::from(v) * MILLISECOND)),
        DataType::Time64(TimeUnit::Microsecond) => {
            ticks::<Time64MicrosecondType>(array, |v| v.checked_mul(MICROSECOND))
        }
        DataType::Time64(_) => ticks::<Time64NanosecondType>(array, |v| Some(v.div_euclid(100))),
        _ => return None,
    })
}

/// A nested array as JSON texts.
fn nested_array(array: &ArrayRef, lost: &mut Lost) -> Result<ArrayRef, ArrowError> {
    let tree = Tree::new(array)?;
    let mut out = StringBuilder::new();
    let mut text = String::new();
    for row in 0..array.len() {
        if tree.is_null(row) {
            out.append_null();
        } else {
            text.clear();
            tree.write(row, &mut text, &mut |value| lost.add(row, value));
            out.append_value(&text);
        }
    }
    Ok(Arc::new(out.finish()))
}

/// The array without datetimes that are not in the years 1 to 9999, and decimals with too many digits.
fn within_range(array: &ArrayRef, ty: ScalarType) -> ArrayRef {
    match ty {
        ScalarType::Datetime => {
            let ticks: &Int64Array = array.as_primitive();
            let all = [min(ticks), max(ticks)].into_iter().flatten().all(|t| RANGE.contains(&t));
            if all { array.clone() } else { in_range(ticks) }
        }
        ScalarType::Decimal => {
            let values = array.as_primitive::<Decimal256Type>();
            if [min(values), max(values)].into_iter().flatten().all(decimal::fits) {
                return array.clone();
            }
            let fitting = values.unary_opt::<_, Decimal256Type>(|v| decimal::fits(v).then_some(v));
            Arc::new(fitting.with_data_type(ty.arrow()))
        }
        _ => array.clone(),
    }
}

fn in_range(ticks: &Int64Array) -> ArrayRef {
    Arc::new(ticks.unary_opt::<_, Int64Type>(|v| RANGE.contains(&v).then_some(v)))
}

fn since_epoch(ticks: i64) -> Option<i64> {
    ticks.checked_add(EPOCH).filter(|t| RANGE.contains(t))
}

fn ticks<T: ArrowPrimitiveType>(array: &ArrayRef, convert: impl Fn(T::Native) -> Option<i64>) -> ArrayRef {
    let values: &PrimitiveArray<T> = array.as_primitive();
    Arc::new(values.unary_opt::<_, Int64Type>(convert))
}

/// Converts from one KQL type to another; values that do not fit become null, and are added to `lost`.
fn converted(array: &ArrayRef, from: ScalarType, wanted: ScalarType, lost: &mut Lost) -> Result<ArrayRef, ArrowError> {
    use ScalarType::*;
    let direct: Option<ArrayRef> = match (from, wanted) {
        (Int | Long | Real, Real) | (Int, Long) | (Long, Int) => Some(cast(array, &wanted.arrow())?),
        (Int | Long, Bool) => {
            let values = cast(array, &DataType::Int64)?;
            let is_true = values.as_primitive::<Int64Type>().iter().map(|v| Some(v? != 0));
            Some(Arc::new(is_true.collect::<BooleanArray>()))
        }
        (Guid, String) | (Datetime | Timespan, Long) | (Long, Timespan) => Some(array.clone()),
        (Real, String) => Some(whole_as_integers(array)),
        _ => None,
    };
    if let Some(out) = direct {
        lost.compare(array, &out);
        return Ok(out);
    }
    let mut builder = ColumnBuilder::new(wanted, array.len());
    let mut text = std::string::String::new();
    for row in 0..array.len() {
        if array.is_null(row) {
            builder.push_missing();
            continue;
        }
        text.clear();
        let fit = if wanted == Dynamic && from == String {
            cell::text(array, from, row, &mut text);
            builder.push_parsed(&text)
        } else if wanted == Dynamic {
            cell::json(array, from, row, &mut text);
            builder.push_dynamic(&text);
            Fit::Fits
        } else {
            cell::text(array, from, row, &mut text);
            builder.push_text(&text)
        };
        match fit {
            Fit::Fits => {}
            Fit::CastFailure => lost.add(row, || text.clone()),
            Fit::Since(unit) => lost.since(unit),
        }
    }
    Ok(builder.finish())
}

/// Numbers as texts, whole ones without a fraction: they are integers that their owner had to store as reals because one is
/// missing.
fn whole_as_integers(array: &ArrayRef) -> ArrayRef {
    let mut out = StringBuilder::new();
    let mut text = std::string::String::new();
    for (row, value) in array.as_primitive::<Float64Type>().iter().enumerate() {
        match value {
            None => out.append_null(),
            Some(value) if value.fract() == 0.0 && value.abs() < 1e15 => out.append_value((value as i64).to_string()),
            Some(_) => {
                text.clear();
                cell::text(array, ScalarType::Real, row, &mut text);
                out.append_value(&text);
            }
        }
    }
    Arc::new(out.finish())
}

/// Texts as datetimes, of which those such as `3/4/2021` follow the order. Without one, the other dates of the array show it,
/// and `seen`, which has the dates of the table's other arrays, must not contradict them.
///
/// The error is the row and the text of a date whose order is not known, and why.
pub(super) fn dated(
    array: &ArrayRef,
    order: Option<DateOrder>,
    seen: &Mutex<Dates>,
    lost: &mut Lost,
) -> Result<ArrayRef, (u64, std::string::String)> {
    let texts = array.as_string::<i32>();
    let order = match order {
        Some(order) => order,
        None => {
            let mut dates = Dates::default();
            for (row, text) in texts.iter().enumerate() {
                dates.see(text.unwrap_or(""), || row as u64 + 1);
            }
            let order = dates.order()?;
            let mut seen = seen.lock().unwrap_or_else(PoisonError::into_inner);
            seen.append(dates, 0);
            seen.order()?;
            order
        }
    };
    let rule = DateRule { order, zone: None };
    let mut builder = ColumnBuilder::new(ScalarType::Datetime, array.len());
    for (row, text) in texts.iter().enumerate() {
        let text = text.unwrap_or("");
        let fit = match dates::numeric(text.trim()) {
            Some(_) => builder.push_date(text, rule),
            None => builder.push_text(text),
        };
        match fit {
            Fit::Fits => {}
            Fit::CastFailure => lost.add(row, || text.to_owned()),
            Fit::Since(unit) => lost.since(unit),
        }
    }
    Ok(builder.finish())
}

/// The value of a raw timestamp column with which a number of ticks must be compared: rounded down, and
/// whether that was exact. `None` for types that are not timestamps, or out of range.
pub(super) fn from_ticks(ticks: i64, ty: &DataType) -> Option<(i64, bool)> {
    let since = ticks.checked_sub(EPOCH)?;
    let per = |n: i64| (since.div_euclid(n), since.rem_euclid(n) == 0);
    Some(match ty {
        DataType::Timestamp(TimeUnit::Second, _) => per(SECOND),
        DataType::Timestamp(TimeUnit::Millisecond, _) | DataType::Date64 => per(MILLISECOND),
        DataType::Timestamp(TimeUnit::Microsecond, _) => per(MICROSECOND),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => (since.checked_mul(100)?, true),
        DataType::Date32 => per(DAY),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::{
        DictionaryArray, Int32Array, ListBuilder, StringViewArray, StructArray, TimestampMicrosecondArray,
        TimestampNanosecondArray, TimestampSecondArray,
    };
    use arrow::datatypes::Int32Type;

    fn texts(array: ArrayRef, wanted: Option<ScalarType>) -> (ScalarType, Vec<String>) {
        let field = Field::new("x", array.data_type().clone(), true);
        let ty = wanted.unwrap_or(natural(&field));
        let out = physical(&array, &field, ty, &mut Lost::default()).expect("a column");
        assert_eq!(*out.data_type(), ty.arrow());
        let one = |row| {
            let mut text = if out.is_null(row) { "null".to_owned() } else { String::new() };
            if ty == ScalarType::Dynamic && !out.is_null(row) {
                cell::json(&out, ty, row, &mut text);
            } else {
                cell::text(&out, ty, row, &mut text);
            }
            text
        };
        (ty, (0..out.len()).map(one).collect())
    }

    fn check(array: impl Array + 'static, ty: ScalarType, expected: &[&str]) {
        let (found, values) = texts(Arc::new(array), None);
        assert_eq!((found, values.iter().map(String::as_str).collect::<Vec<_>>()), (ty, expected.to_vec()));
    }

    #[test]
    fn natural_types() {
        check(Int32Array::from(vec![Some(1), None]), ScalarType::Int, &["1", "null"]);
        check(StringViewArray::from(vec![Some("a"), None]), ScalarType::String, &["a", ""]);
        check(LargeStringArray::from(vec!["a"]), ScalarType::String, &["a"]);
        let dictionary: DictionaryArray<Int32Type> = vec![Some("a"), None, Some("a")].into_iter().collect();
        check(dictionary, ScalarType::String, &["a", "", "a"]);
        check(TimestampSecondArray::from(vec![0]), ScalarType::Datetime, &["1970-01-01T00:00:00Z"]);
        check(
            TimestampMicrosecondArray::from(vec![-62_135_596_800_000_000, i64::MAX]).with_timezone("UTC"),
            ScalarType::Datetime,
            &["0001-01-01T00:00:00Z", "null"],
        );
        check(
            TimestampNanosecondArray::from(vec![123_456_789]),
            ScalarType::Datetime,
            &["1970-01-01T00:00:00.1234567Z"],
        );
        check(arrow::array::Date32Array::from(vec![1]), ScalarType::Datetime, &["1970-01-02T00:00:00Z"]);
        check(arrow::array::DurationSecondArray::from(vec![90]), ScalarType::Timespan, &["00:01:30"]);
        let decimal =
            arrow::array::Decimal128Array::from(vec![150]).with_precision_and_scale(10, 2).expect("a decimal");
        check(decimal, ScalarType::Decimal, &["1.5"]);
        check(arrow::array::UInt64Array::from(vec![5]), ScalarType::Long, &["5"]);
    }

    #[test]
    fn slices_of_long_texts() {
        let texts = LargeStringArray::from(vec![Some("before"), Some("äb"), None, Some(""), Some("after")]);
        check(texts.slice(1, 3), ScalarType::String, &["äb", "", ""]);
        check(texts.slice(2, 0), ScalarType::String, &[]);
        let whole: ArrayRef = Arc::new(texts.slice(3, 2));
        let small = with_small_offsets(&whole).expect("small offsets");
        // the texts are not copied
        assert_eq!(small.as_string::<i32>().value(1).as_ptr(), texts.value(4).as_ptr());
    }

    #[test]
    fn the_extension_type_of_json_is_dynamic() {
        let texts: ArrayRef =
            Arc::new(StringViewArray::from(vec![Some("{\"b\": 1}"), Some("null"), None, Some("text")]));
        let metadata = [("ARROW:extension:name".to_owned(), "arrow.json".to_owned())];
        let field = Field::new("j", DataType::Utf8View, true).with_metadata(metadata.into());
        assert_eq!(natural(&field), ScalarType::Dynamic);
        let out = physical(&texts, &field, ScalarType::Dynamic, &mut Lost::default()).expect("a column");
        let found: Vec<Option<&str>> = out.as_string::<i32>().iter().collect();
        assert_eq!(found, [Some("{\"b\":1}"), None, None, Some("\"text\"")]);
    }

    #[test]
    fn nested_types_are_json() {
        let mut list = ListBuilder::new(arrow::array::Int64Builder::new());
        list.append_value([Some(1), None]);
        list.append(false);
        let list: ArrayRef = Arc::new(list.finish());
        let names: ArrayRef = Arc::new(StringArray::from(vec![Some("a\"b"), None]));
        let fields = vec![
            (Arc::new(Field::new("n", DataType::Utf8, true)), names),
            (Arc::new(Field::new("l", list.data_type().clone(), true)), list),
        ];
        let nested = StructArray::from(fields);
        check(nested, ScalarType::Dynamic, &["{\"n\":\"a\\\"b\",\"l\":[1,null]}", "{\"n\":null,\"l\":null}"]);
    }

    #[test]
    fn to_declared_types() {
        let to = |values: Vec<&str>, ty| texts(Arc::new(StringArray::from(values)), Some(ty)).1;
        assert_eq!(
            to(vec!["2024-01-01T00:00:00Z", "x", ""], ScalarType::Datetime),
            ["2024-01-01T00:00:00Z", "null", "null"]
        );
        assert_eq!(to(vec!["{\"a\": 1}", "x"], ScalarType::Dynamic), ["{\"a\":1}", "\"x\""]);
        assert_eq!(to(vec!["5", "x"], ScalarType::Long), ["5", "null"]);
        let numbers = texts(Arc::new(Int32Array::from(vec![Some(1), None])), Some(ScalarType::String));
        assert_eq!(numbers.1, ["1", ""]);
    }

    #[test]
    fn ticks_of_other_units() {
        let micro = DataType::Timestamp(TimeUnit::Microsecond, None);
        assert_eq!(from_ticks(EPOCH + 25, &micro), Some((2, false)));
        assert_eq!(from_ticks(EPOCH - 25, &micro), Some((-3, false)));
        assert_eq!(from_ticks(EPOCH + 7, &DataType::Timestamp(TimeUnit::Nanosecond, None)), Some((700, true)));
        assert_eq!(from_ticks(0, &DataType::Timestamp(TimeUnit::Nanosecond, None)), None);
        assert_eq!(from_ticks(0, &DataType::Utf8), None);
    }
}

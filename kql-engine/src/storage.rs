//! How results and tables are stored in Parquet and Arrow files, so that other programs can read them and no value
//! changes.
//!
//! A datetime is a timestamp in UTC: in microseconds if that is exact for all values of the column, else in nanoseconds
//! if they are within the range of nanoseconds (1677 to 2262). If neither holds, it is ticks, and the field's metadata
//! says so (`kql.type`). Everything else is stored as in [`crate::types`].

use crate::time::EPOCH;
use crate::types::{ScalarType, TableSchema};
use arrow::array::{ArrayRef, AsArray, RecordBatch, RecordBatchOptions};
use arrow::compute::{max, min};
use arrow::datatypes::{DataType, Int64Type, SchemaRef, TimeUnit, TimestampMicrosecondType, TimestampNanosecondType};
use arrow::error::ArrowError;
use std::sync::Arc;

/// The range and the precision of the datetimes of each column; [`Layout`] depends on them.
#[derive(Clone, Debug)]
pub struct TimeRanges(Vec<Times>);

#[derive(Clone, Copy, Debug)]
struct Times {
    low: i64,
    high: i64,
    /// Whether all are whole microseconds.
    micro: bool,
}

impl TimeRanges {
    /// For no rows yet.
    pub fn new(schema: &TableSchema) -> TimeRanges {
        let none = Times { low: i64::MAX, high: i64::MIN, micro: true };
        TimeRanges(vec![none; schema.columns.len()])
    }

    /// Adds rows of this schema.
    pub fn observe(&mut self, schema: &TableSchema, columns: &[ArrayRef]) {
        for ((column, array), times) in schema.columns.iter().zip(columns).zip(&mut self.0) {
            let Some(values) = array.as_primitive_opt::<Int64Type>() else { continue };
            if column.ty != ScalarType::Datetime {
                continue;
            }
            if let (Some(low), Some(high)) = (min(values), max(values)) {
                *times = Times {
                    low: times.low.min(low),
                    high: times.high.max(high),
                    micro: times.micro && values.iter().flatten().all(|ticks| ticks % 10 == 0),
                };
            }
        }
    }

    /// Adds the rows that `other` has seen.
    pub fn merge(&mut self, other: &TimeRanges) {
        for (own, other) in self.0.iter_mut().zip(&other.0) {
            *own =
                Times { low: own.low.min(other.low), high: own.high.max(other.high), micro: own.micro && other.micro };
        }
    }
}

/// How the columns of a file are stored.
#[derive(Clone, Debug)]
pub struct Layout {
    schema: SchemaRef,
    /// The unit of each datetime; `None` for ticks and for other columns.
    units: Vec<Option<TimeUnit>>,
}

impl Layout {
    /// The layout for rows of this schema, all of which `seen` has observed.
    pub fn new(schema: &TableSchema, seen: &TimeRanges) -> Layout {
        let unit = |(column, times): (&crate::types::Column, &Times)| {
            let empty = times.low > times.high;
            let nanoseconds = |ticks: i64| ticks.checked_sub(EPOCH)?.checked_mul(100);
            match column.ty {
                ScalarType::Datetime if empty || times.micro => Some(TimeUnit::Microsecond),
                ScalarType::Datetime if nanoseconds(times.low).is_some() && nanoseconds(times.high).is_some() => {
                    Some(TimeUnit::Nanosecond)
                }
                _ => None,
            }
        };
        let units: Vec<Option<TimeUnit>> = schema.columns.iter().zip(&seen.0).map(unit).collect();
        let fields = schema.columns.iter().zip(&units).map(|(column, unit)| match unit {
            Some(unit) => column.field().with_data_type(DataType::Timestamp(*unit, Some("UTC".into()))),
            None => column.field(),
        });
        let schema = Arc::new(arrow::datatypes::Schema::new(fields.collect::<Vec<_>>()));
        Layout { schema, units }
    }

    /// The layout of these rows.
    pub fn of(schema: &TableSchema, batches: &[RecordBatch]) -> Layout {
        let mut seen = TimeRanges::new(schema);
        batches.iter().for_each(|batch| seen.observe(schema, batch.columns()));
        Layout::new(schema, &seen)
    }

    /// The schema of the file.
    pub fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// Rows as they are stored in the file.
    pub fn encode(&self, batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
        let columns = batch.columns().iter().zip(&self.units).map(|(array, unit)| encoded(array, *unit));
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        RecordBatch::try_new_with_options(self.schema.clone(), columns.collect(), &options)
    }
}

fn encoded(array: &ArrayRef, unit: Option<TimeUnit>) -> ArrayRef {
    let (Some(unit), Some(ticks)) = (unit, array.as_primitive_opt::<Int64Type>()) else { return array.clone() };
    // the value under a null is arbitrary, and must not overflow
    let since = |ticks: i64| ticks.wrapping_sub(EPOCH);
    if unit == TimeUnit::Microsecond {
        let values = ticks.unary::<_, TimestampMicrosecondType>(|t| since(t).div_euclid(10));
        return Arc::new(values.with_timezone("UTC"));
    }
    let values = ticks.unary::<_, TimestampNanosecondType>(|t| since(t).wrapping_mul(100));
    Arc::new(values.with_timezone("UTC"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::Column;
    use arrow::array::Int64Array;

    fn unit(ticks: Vec<Option<i64>>) -> DataType {
        let schema = TableSchema { columns: vec![Column::new("t", ScalarType::Datetime)] };
        let array: ArrayRef = Arc::new(Int64Array::from(ticks));
        let batch = RecordBatch::try_new(schema.arrow(), vec![array]).expect("a batch");
        let layout = Layout::of(&schema, std::slice::from_ref(&batch));
        assert_eq!(layout.encode(&batch).expect("rows").schema(), *layout.schema());
        layout.schema().field(0).data_type().clone()
    }

    #[test]
    fn units() {
        let timestamp = |unit| DataType::Timestamp(unit, Some("UTC".into()));
        assert_eq!(unit(vec![]), timestamp(TimeUnit::Microsecond));
        assert_eq!(unit(vec![Some(EPOCH + 10), None]), timestamp(TimeUnit::Microsecond));
        assert_eq!(unit(vec![Some(EPOCH + 1), None]), timestamp(TimeUnit::Nanosecond));
        // year 1 and year 9999, in microseconds and not
        assert_eq!(unit(vec![Some(0), Some(3_155_378_975_999_999_990)]), timestamp(TimeUnit::Microsecond));
        assert_eq!(unit(vec![Some(0), Some(3_155_378_975_999_999_999)]), DataType::Int64);
    }
}

//! Evenly spaced values, generated as they are read.

use super::{Lowering, name};
use crate::decimal::Scaled;
use crate::encoded::Encoded;
use crate::plan::{ColumnId, Expr, PlanColumn};
use crate::scan_exec::{SourcedTable, StreamSource};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{ArrayRef, Decimal256Array, Float64Array, Int32Array, Int64Array, RecordBatch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::catalog::streaming::StreamingTable;
use datafusion::common::Result;
use datafusion::datasource::provider_as_source;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{LogicalPlan, LogicalPlanBuilder};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// `count` values starting with `first`.
#[derive(Debug, Clone, Serialize, Deserialize)]
enum Steps {
    Long {
        first: i64,
        step: i64,
    },
    Int {
        first: i32,
        step: i32,
    },
    Real {
        #[serde(with = "crate::encoded::bits")]
        first: f64,
        #[serde(with = "crate::encoded::bits")]
        step: f64,
    },
    Decimal {
        #[serde(with = "crate::encoded::wide")]
        first: Scaled,
        #[serde(with = "crate::encoded::wide")]
        step: Scaled,
    },
}

impl Lowering<'_> {
    /// The stream of a `range`.
    pub(super) fn range(&self, column: &PlanColumn, row: ColumnId, bounds: &[Expr; 3]) -> Result<LogicalPlan> {
        let [first, last, step] = bounds;
        let bounds = (self.constant(first)?, self.constant(last)?, self.constant(step)?);
        let (steps, count) = steps(bounds);
        let schema = schema(&name(column.id), &name(row), column.ty);
        let stream = Arc::new(RangeStream { schema: schema.clone(), steps, count, ty: column.ty });
        // the rows are in the order of their numbers, so a limit can end the stream early
        let order = vec![super::column(row).sort(true, true)];
        let table = StreamingTable::try_new(schema, vec![stream.clone()])?.with_sort_order(order);
        let table = SourcedTable::new(table, stream);
        let plan = LogicalPlanBuilder::scan(super::TABLE, provider_as_source(Arc::new(table)), None)?;
        plan.project(vec![super::table_column(column.id), super::table_column(row)])?.build()
    }
}

fn steps(bounds: (Option<Value>, Option<Value>, Option<Value>)) -> (Steps, u64) {
    let nothing = (Steps::Long { first: 0, step: 1 }, 0);
    // i128 can hold every difference of two ticks
    let whole = |first: i128, last: i128, step: i128| -> u64 {
        match step {
            0 => 0,
            _ if (last - first).signum() * step.signum() < 0 => 0,
            _ => u64::try_from((last - first) / step + 1).unwrap_or(0),
        }
    };
    match bounds {
        (Some(Value::Long(first)), Some(Value::Long(last)), Some(Value::Long(step))) => {
            (Steps::Long { first, step }, whole(first.into(), last.into(), step.into()))
        }
        (Some(Value::Int(first)), Some(Value::Int(last)), Some(Value::Int(step))) => {
            (Steps::Int { first, step }, whole(first.into(), last.into(), step.into()))
        }
        (Some(Value::Decimal(first)), Some(Value::Decimal(last)), Some(Value::Decimal(step))) => {
            (Steps::Decimal { first, step }, decimals(first, last, step))
        }
        (Some(Value::Real(first)), Some(Value::Real(last)), Some(Value::Real(step))) => {
            let count = ((last - first) / step + 1e-9).floor() + 1.0;
            let count = if count.is_finite() && count > 0.0 { count as u64 } else { 0 };
            (Steps::Real { first, step }, count)
        }
        _ => nothing,
    }
}

/// The number of decimals from `first` to `last`.
fn decimals(first: Scaled, last: Scaled, step: Scaled) -> u64 {
    let distance = last.wrapping_sub(first);
    if step == Scaled::ZERO || distance != Scaled::ZERO && distance.is_negative() != step.is_negative() {
        return 0;
    }
    let count = distance.wrapping_div(step).wrapping_add(Scaled::ONE);
    count.to_i128().and_then(|count| u64::try_from(count).ok()).unwrap_or(0)
}

impl Steps {
    fn array(&self, from: u64, to: u64, ty: ScalarType) -> Result<ArrayRef> {
        Ok(match self {
            Steps::Long { first, step } => Arc::new(Int64Array::from_iter_values(
                (from..to).map(|i| first.wrapping_add(step.wrapping_mul(i as i64))),
            )),
            Steps::Int { first, step } => Arc::new(Int32Array::from_iter_values(
                (from..to).map(|i| first.wrapping_add(step.wrapping_mul(i as i32))),
            )),
            Steps::Real { first, step } => {
                Arc::new(Float64Array::from_iter_values((from..to).map(|i| first + step * i as f64)))
            }
            Steps::Decimal { first, step } => Arc::new(
                Decimal256Array::from_iter_values(
                    (from..to).map(|i| first.wrapping_add(step.wrapping_mul(i128::from(i).into()))),
                )
                .with_data_type(ty.arrow()),
            ),
        })
    }
}

fn schema(column: &str, row: &str, ty: ScalarType) -> SchemaRef {
    Arc::new(Schema::new(vec![Field::new(column, ty.arrow(), true), Field::new(row, DataType::Int64, false)]))
}

/// The stream as data.
#[derive(Serialize, Deserialize)]
struct RangeData {
    column: String,
    row: String,
    steps: Steps,
    count: u64,
    ty: ScalarType,
}

impl StreamSource for RangeStream {}

impl RangeStream {
    /// The stream as data.
    pub(crate) fn encode(&self) -> Result<Encoded> {
        let name = |i: usize| self.schema.field(i).name().clone();
        let (column, row) = (name(0), name(1));
        Encoded::of(&RangeData { column, row, steps: self.steps.clone(), count: self.count, ty: self.ty })
    }

    /// The Arrow schema of its rows.
    pub(crate) fn schema_of_rows(&self) -> SchemaRef {
        self.schema.clone()
    }

    /// The stream from its data.
    pub(crate) fn decode(encoded: &Encoded) -> Result<RangeStream> {
        let RangeData { column, row, steps, count, ty } = encoded.data()?;
        Ok(RangeStream { schema: schema(&column, &row, ty), steps, count, ty })
    }
}

/// Evenly spaced values.
#[derive(Debug)]
pub(crate) struct RangeStream {
    schema: SchemaRef,
    steps: Steps,
    count: u64,
    ty: ScalarType,
}

impl PartitionStream for RangeStream {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, context: Arc<TaskContext>) -> SendableRecordBatchStream {
        let size = context.session_config().batch_size().max(1);
        let (schema, steps, count, ty) = (self.schema.clone(), self.steps.clone(), self.count, self.ty);
        let batches = (0..count).step_by(size).map(move |from| {
            let to = count.min(from + size as u64);
            let array = steps.array(from, to, ty)?;
            let rows = Int64Array::from_iter_values(from as i64..to as i64);
            Ok(RecordBatch::try_new(schema.clone(), vec![array, Arc::new(rows)])?)
        });
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), futures::stream::iter(batches)))
    }
}

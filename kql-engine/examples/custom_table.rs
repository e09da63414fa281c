//! A table whose rows another system gives, by way of a DataFusion table provider:
//! `cargo run -p kql-engine --example custom_table`

use kql_engine::arrow::array::{ArrayRef, RecordBatch, TimestampMillisecondArray};
use kql_engine::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use kql_engine::datafusion::catalog::streaming::StreamingTable;
use kql_engine::datafusion::execution::{SendableRecordBatchStream, TaskContext};
use kql_engine::datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use kql_engine::datafusion::physical_plan::streaming::PartitionStream;
use kql_engine::{Engine, cell};
use std::sync::Arc;

/// Ticks of a clock: each batch is made when it is asked for.
#[derive(Debug)]
struct Clock {
    schema: SchemaRef,
}

impl PartitionStream for Clock {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = self.schema.clone();
        let batches = (0..3i64).map(move |hour| {
            let times: ArrayRef = Arc::new(TimestampMillisecondArray::from(vec![hour * 3_600_000]));
            Ok(RecordBatch::try_new(schema.clone(), vec![times])?)
        });
        Box::pin(RecordBatchStreamAdapter::new(self.schema.clone(), futures::stream::iter(batches)))
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let time = Field::new("Time", DataType::Timestamp(TimeUnit::Millisecond, None), true);
    let schema: SchemaRef = Arc::new(Schema::new(vec![time]));
    let provider = StreamingTable::try_new(schema.clone(), vec![Arc::new(Clock { schema })])?;
    let engine = Engine::builder().table_provider("Clock", Arc::new(provider))?.build()?;
    let answer = engine.query("Clock | summarize latest = max(Time), ticks = count()")?;
    for table in &answer.tables {
        for batch in &table.batches {
            for (column, array) in table.schema.columns.iter().zip(batch.columns()) {
                let mut text = String::new();
                cell::text(array, column.ty, 0, &mut text);
                println!("{}: {text}", column.name);
            }
        }
    }
    Ok(())
}

//! An Apache Parquet file; the KQL types stand in the fields' metadata.

use crate::failure::Failure;
use kql_engine::Table;
use parquet::arrow::ArrowWriter;
use std::io::Write;

pub fn write(table: &Table, out: &mut (impl Write + Send)) -> Result<(), Failure> {
    let failed =
        |e: parquet::errors::ParquetError| Failure::Query(format!("The result cannot be written as Parquet: {e}"));
    let mut writer = ArrowWriter::try_new(out, table.schema.arrow(), None).map_err(failed)?;
    for batch in &table.batches {
        writer.write(batch).map_err(failed)?;
    }
    writer.close().map_err(failed)?;
    Ok(())
}

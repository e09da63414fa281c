//! An Apache Parquet file; the KQL types stand in the fields' metadata.

use crate::failure::Failure;
use kql_engine::Layout;
use kql_engine::Table;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::WriterProperties;
use std::io::Write;

/// Rows of a row group: few enough that a range of time leaves most of a large file unread.
const GROUP: usize = 128 * 1024;

/// How files are written: packed with Zstandard, in row groups with statistics.
pub fn properties(sorted_by: Option<usize>) -> WriterProperties {
    let sorting = sorted_by
        .and_then(|i| i32::try_from(i).ok())
        .map(|column_idx| vec![SortingColumn { column_idx, descending: false, nulls_first: false }]);
    WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_max_row_group_row_count(Some(GROUP))
        .set_sorting_columns(sorting)
        .build()
}

pub fn write(table: &Table, out: &mut (impl Write + Send)) -> Result<(), Failure> {
    let failed = |e: &dyn std::fmt::Display| Failure::Query(format!("The result cannot be written as Parquet: {e}"));
    let layout = Layout::of(&table.schema, &table.batches);
    let mut writer =
        ArrowWriter::try_new(out, layout.schema().clone(), Some(properties(None))).map_err(|e| failed(&e))?;
    for batch in &table.batches {
        let batch = layout.encode(batch).map_err(|e| failed(&e))?;
        writer.write(&batch).map_err(|e| failed(&e))?;
    }
    writer.close().map_err(|e| failed(&e))?;
    Ok(())
}

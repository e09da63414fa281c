//! An Apache Parquet file; the metadata of the fields holds the KQL types.

use crate::Error;
use crate::spool::in_layout;
use kql_engine::TableStream;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::metadata::SortingColumn;
use parquet::file::properties::WriterProperties;
use std::io::Write;

/// Rows of a row group: few enough that a query for a time range skips most of a large file.
const GROUP: usize = 128 * 1024;

/// How Parquet files are written: compressed with Zstandard, in row groups with statistics. `sorted_by` is the column whose
/// values are in ascending order.
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

pub fn write(result: TableStream, out: &mut (impl Write + Send)) -> Result<(), Error> {
    let failed = |error| Error::encoding("Parquet", error);
    let writer = in_layout(
        result,
        "Parquet",
        |layout| ArrowWriter::try_new(out, layout.schema().clone(), Some(properties(None))).map_err(failed),
        |writer, batch| writer.write(&batch).map_err(failed),
    )?;
    writer.close().map_err(failed)?;
    Ok(())
}

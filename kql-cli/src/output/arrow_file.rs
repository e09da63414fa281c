//! An Apache Arrow IPC file; the KQL types stand in the fields' metadata.

use crate::failure::Failure;
use arrow::ipc::writer::FileWriter;
use kql_engine::Layout;
use kql_engine::Table;
use std::io::Write;

pub fn write(table: &Table, out: &mut impl Write) -> Result<(), Failure> {
    let failed = |e: arrow::error::ArrowError| Failure::Query(format!("The result cannot be written as Arrow: {e}"));
    let layout = Layout::of(&table.schema, &table.batches);
    let mut writer = FileWriter::try_new(out, layout.schema()).map_err(failed)?;
    for batch in &table.batches {
        writer.write(&layout.encode(batch).map_err(failed)?).map_err(failed)?;
    }
    writer.finish().map_err(failed)
}

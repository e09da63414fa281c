//! Comma-separated values with a header.

use crate::failure::Failure;
use kql_engine::Table;
use kql_engine::cell;
use std::io::Write;

pub fn write(table: &Table, out: &mut impl Write) -> Result<(), Failure> {
    if table.schema.columns.is_empty() {
        return Ok(());
    }
    let mut writer = csv::Writer::from_writer(out);
    let failed = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(e) => Failure::from(e),
        other => Failure::Query(format!("The result cannot be written as CSV: {other:?}")),
    };
    writer.write_record(table.schema.columns.iter().map(|c| &c.name)).map_err(failed)?;
    let mut text = String::new();
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            for (column, array) in table.schema.columns.iter().zip(batch.columns()) {
                text.clear();
                cell::text(array, column.ty, row, &mut text);
                writer.write_field(&text).map_err(failed)?;
            }
            writer.write_record(None::<&[u8]>).map_err(failed)?;
        }
    }
    writer.flush()?;
    Ok(())
}

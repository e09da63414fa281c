//! Comma-separated values with a header.

use crate::Error;
use kql_engine::{TableStream, cell};
use std::io::Write;

pub fn write(result: TableStream, out: &mut impl Write) -> Result<(), Error> {
    let columns = result.schema.columns.clone();
    let mut writer = csv::Writer::from_writer(out);
    let failed = |error: csv::Error| Error::encoding("CSV", error);
    if !columns.is_empty() {
        writer.write_record(columns.iter().map(|c| &c.name)).map_err(failed)?;
    }
    let mut text = String::new();
    for batch in result.batches() {
        let batch = batch?;
        let rows = if columns.is_empty() { 0 } else { batch.num_rows() };
        for row in 0..rows {
            for (column, array) in columns.iter().zip(batch.columns()) {
                text.clear();
                cell::text(array, column.ty, row, &mut text);
                writer.write_field(&text).map_err(failed)?;
            }
            writer.write_record(None::<&[u8]>).map_err(failed)?;
        }
        writer.flush()?;
    }
    writer.flush()?;
    Ok(())
}

//! Results in the formats of `--format`.

mod arrow_file;
mod csv;
mod json;
mod markdown;
mod ndjson;
mod parquet_file;
mod table;

use crate::arguments::Format;
use crate::failure::Failure;
use kql_engine::Table;
use std::io::Write;

/// Writes the results.
pub fn write(format: Format, tables: &[Table], out: &mut (impl Write + Send)) -> Result<(), Failure> {
    if format == Format::Json {
        return json::write(tables, out);
    }
    for (i, result) in tables.iter().enumerate() {
        if i > 0 && matches!(format, Format::Table | Format::Csv | Format::Markdown) {
            writeln!(out)?;
        }
        match format {
            Format::Table => table::write(result, out)?,
            Format::Json => {}
            Format::Ndjson => ndjson::write(result, out)?,
            Format::Csv => csv::write(result, out)?,
            Format::Markdown => markdown::write(result, out)?,
            Format::Parquet => parquet_file::write(result, out)?,
            Format::Arrow => arrow_file::write(result, out)?,
        }
        if i > 0 && matches!(format, Format::Parquet | Format::Arrow) {
            return Err(Failure::Usage(
                "A file of this format holds one table, and the query gives several.".to_owned(),
            ));
        }
    }
    Ok(())
}

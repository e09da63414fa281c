//! Results in the formats of `--format`.

mod arrow_file;
mod csv;
mod html;
mod json;
mod markdown;
mod ndjson;
pub mod parquet_file;
mod svg;
mod table;

use crate::arguments::Format;
use crate::chart::terminal::Screen;
use crate::failure::Failure;
use kql_engine::Table;
use std::io::Write;

/// Writes the results, for a screen where they go to a terminal. What is to be known of it is added to the notices.
pub fn write(
    format: Format,
    tables: &[Table],
    out: &mut (impl Write + Send),
    screen: Option<Screen>,
    notices: &mut Vec<String>,
) -> Result<(), Failure> {
    match format {
        Format::Json => return json::write(tables, out),
        Format::Html => return html::write(tables, out, notices),
        Format::Svg => return svg::write(tables, out, notices),
        Format::Parquet | Format::Arrow if tables.len() > 1 => {
            return Err(Failure::Usage(
                "A file of this format holds one table, and the query gives several.".to_owned(),
            ));
        }
        _ => {}
    }
    for (i, result) in tables.iter().enumerate() {
        if i > 0 && matches!(format, Format::Table | Format::Csv | Format::Markdown) {
            writeln!(out)?;
        }
        match format {
            Format::Table => match screen {
                Some(screen) => table::show(result, screen, out, notices)?,
                None => table::write(result, out)?,
            },
            Format::Json | Format::Html | Format::Svg => {}
            Format::Ndjson => ndjson::write(result, out)?,
            Format::Csv => csv::write(result, out)?,
            Format::Markdown => markdown::write(result, out)?,
            Format::Parquet => parquet_file::write(result, out)?,
            Format::Arrow => arrow_file::write(result, out)?,
        }
    }
    Ok(())
}

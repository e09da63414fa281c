#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod arrow_file;
pub mod chart;
mod csv;
pub mod diagnostics;
mod error;
mod excerpt;
mod format;
mod html;
mod json;
mod markdown;
mod ndjson;
mod parquet_file;
mod plural;
mod spool;
mod svg;
mod table;

pub use chart::terminal::Screen;
pub use error::{Error, NotDrawn};
pub use excerpt::Excerpt;
pub use format::Format;
pub use html::fragment;
pub use parquet_file::properties as parquet_properties;

use kql_engine::TableStream;
use std::io::Write;

/// How results are written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The terminal that [`Format::Table`] is written for: the table is cut to its width, and `render` is drawn above it.
    /// Without one, the table is as wide as its values.
    pub screen: Option<Screen>,
}

/// Writes results one after the other. Rows are written and flushed as they arrive; if a format depends on later rows, large
/// results are buffered in a temporary file. Blocks. Returns notices about the output, such as points that are not drawn.
///
/// # Errors
/// [`Error::Query`] if the query fails while its rows are read; what was written before stays written. [`Error::Io`] if
/// `out` fails; [`Error::SeveralResults`], [`Error::NothingToDraw`] and [`Error::NotDrawn`] if the results do not fit the
/// format; [`Error::Encoding`] if a writer of the format fails.
pub fn write(
    results: impl IntoIterator<Item = TableStream>,
    format: Format,
    out: &mut (impl Write + Send),
    options: &Options,
) -> Result<Vec<String>, Error> {
    let mut out = Watched { out, failed: None };
    let written = write_all(results.into_iter().collect(), format, &mut out, options);
    match out.failed {
        Some(error) => Err(Error::Io(error)),
        None => written,
    }
}

/// Output that remembers why it failed, since the writers of some formats report only the text of an error.
struct Watched<'a, W> {
    out: &'a mut W,
    failed: Option<std::io::Error>,
}

impl<W: Write> Watched<'_, W> {
    fn watch<T>(&mut self, result: std::io::Result<T>) -> std::io::Result<T> {
        result.inspect_err(|error| {
            if error.kind() != std::io::ErrorKind::Interrupted {
                self.failed = Some(std::io::Error::new(error.kind(), error.to_string()));
            }
        })
    }
}

impl<W: Write> Write for Watched<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.out.write(bytes);
        self.watch(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        let flushed = self.out.flush();
        self.watch(flushed)
    }
}

fn write_all(
    results: Vec<TableStream>,
    format: Format,
    out: &mut (impl Write + Send),
    options: &Options,
) -> Result<Vec<String>, Error> {
    let mut notices = Vec::new();
    match format {
        Format::Json => json::write(results, out)?,
        Format::Html => html::write(results, out, &mut notices)?,
        Format::Svg => svg::write(results, out, &mut notices)?,
        Format::Parquet => parquet_file::write(single(results, format)?, out)?,
        Format::Arrow => arrow_file::write(single(results, format)?, out)?,
        Format::Ndjson => results.into_iter().try_for_each(|result| ndjson::write(result, out))?,
        Format::Table | Format::Csv | Format::Markdown => {
            for (i, result) in results.into_iter().enumerate() {
                if i > 0 {
                    writeln!(out)?;
                }
                match (format, options.screen) {
                    (Format::Csv, _) => csv::write(result, out)?,
                    (Format::Markdown, _) => markdown::write(result, out)?,
                    (_, Some(screen)) => table::show(result, screen, out, &mut notices)?,
                    (_, None) => table::write(result, out)?,
                }
            }
        }
    }
    out.flush()?;
    Ok(notices)
}

/// The only result of a query, for files that hold one table.
fn single(results: Vec<TableStream>, format: Format) -> Result<TableStream, Error> {
    let count = results.len();
    match (results.into_iter().next(), count) {
        (Some(result), 1) => Ok(result),
        _ => Err(Error::SeveralResults { format, count }),
    }
}

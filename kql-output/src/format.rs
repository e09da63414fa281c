//! The formats of results, and their names.

use std::fmt;
use std::path::Path;

/// A format of results.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Format {
    /// An aligned table.
    Table,
    /// One JSON object with the encodings of Kusto's REST API.
    Json,
    /// One JSON object per row.
    Ndjson,
    /// Comma-separated values with a header.
    Csv,
    /// A Markdown table.
    Markdown,
    /// An Apache Parquet file.
    Parquet,
    /// An Apache Arrow IPC file.
    Arrow,
    /// A self-contained page with the chart of `render` and the rows.
    Html,
    /// The chart of `render`.
    Svg,
}

/// A format, its name, its description and its file extensions.
type Row = (Format, &'static str, &'static str, &'static [&'static str]);

const ROWS: [Row; 9] = [
    (Format::Table, "table", "An aligned table", &["txt"]),
    (Format::Json, "json", "One JSON object with the encodings of Kusto's REST API", &["json"]),
    (Format::Ndjson, "ndjson", "One JSON object per row", &["ndjson", "jsonl"]),
    (Format::Csv, "csv", "Comma-separated values with a header", &["csv"]),
    (Format::Markdown, "markdown", "A Markdown table", &["md", "markdown"]),
    (Format::Parquet, "parquet", "An Apache Parquet file", &["parquet"]),
    (Format::Arrow, "arrow", "An Apache Arrow IPC file", &["arrow", "ipc"]),
    (Format::Html, "html", "A self-contained page with the chart of render and the rows", &["html", "htm"]),
    (Format::Svg, "svg", "The chart of render", &["svg"]),
];

impl Format {
    /// All formats.
    pub fn all() -> impl Iterator<Item = Format> {
        ROWS.into_iter().map(|(format, ..)| format)
    }

    /// Its name, such as `ndjson`.
    pub fn name(self) -> &'static str {
        self.row().map_or("", |row| row.1)
    }

    /// What it is, in a few words.
    pub fn summary(self) -> &'static str {
        self.row().map_or("", |row| row.2)
    }

    /// The format with this name, in any case.
    pub fn of_name(name: &str) -> Option<Format> {
        ROWS.into_iter().find(|row| row.1.eq_ignore_ascii_case(name)).map(|row| row.0)
    }

    /// The format for the extension of a path.
    pub fn of_path(path: &Path) -> Option<Format> {
        let extension = path.extension()?.to_str()?.to_lowercase();
        ROWS.into_iter().find(|row| row.3.contains(&extension.as_str())).map(|row| row.0)
    }

    /// Whether the format is text: results can be written one after the other, and be read by a person or line by line.
    pub fn is_text(self) -> bool {
        matches!(self, Format::Table | Format::Json | Format::Ndjson | Format::Csv | Format::Markdown)
    }

    fn row(self) -> Option<&'static Row> {
        const TABLE: &[Row] = &ROWS;
        TABLE.iter().find(|row| row.0 == self)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_extensions() {
        for format in Format::all() {
            assert_eq!(Format::of_name(&format.name().to_uppercase()), Some(format));
            assert!(!format.summary().is_empty());
        }
        assert_eq!(Format::of_path(Path::new("a/b.JSONL")), Some(Format::Ndjson));
        assert_eq!(Format::of_path(Path::new("b")), None);
        assert_eq!(Format::of_name("xml"), None);
    }
}

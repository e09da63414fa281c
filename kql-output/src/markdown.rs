//! A Markdown table with the types in the header, as in the test specifications.

use crate::Error;
use kql_engine::{TableStream, cell};
use std::io::Write;

pub fn write(result: TableStream, out: &mut impl Write) -> Result<(), Error> {
    let columns = result.schema.columns.clone();
    let header: Vec<String> = columns.iter().map(|c| format!("{}: {}", escape(&c.name), c.ty)).collect();
    writeln!(out, "| {} |", header.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(columns.len()))?;
    let mut text = String::new();
    for batch in result.batches() {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            write!(out, "|")?;
            for (column, array) in columns.iter().zip(batch.columns()) {
                text.clear();
                cell::text(array, column.ty, row, &mut text);
                write!(out, " {} |", escape(&text))?;
            }
            writeln!(out)?;
        }
        out.flush()?;
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('\r', "").replace('\n', "<br>")
}

//! A Markdown table, with the types in the header as the specifications have them.

use crate::failure::Failure;
use kql_engine::Table;
use kql_engine::cell;
use std::io::Write;

pub fn write(table: &Table, out: &mut impl Write) -> Result<(), Failure> {
    let columns = &table.schema.columns;
    let header: Vec<String> = columns.iter().map(|c| format!("{}: {}", escape(&c.name), c.ty)).collect();
    writeln!(out, "| {} |", header.join(" | "))?;
    writeln!(out, "|{}", " --- |".repeat(columns.len()))?;
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            write!(out, "|")?;
            for (column, array) in columns.iter().zip(batch.columns()) {
                let mut text = String::new();
                cell::text(array, column.ty, row, &mut text);
                write!(out, " {} |", escape(&text))?;
            }
            writeln!(out)?;
        }
    }
    Ok(())
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\").replace('|', "\\|").replace('\r', "").replace('\n', "<br>")
}

//! An aligned table for people.

use crate::failure::Failure;
use comfy_table::{CellAlignment, ContentArrangement, Table as Grid, presets};
use kql_engine::Table;
use kql_engine::cell;
use kql_engine::types::ScalarType;
use std::io::Write;

/// More rows than this are counted instead of shown: a person asks for fewer, and a program for another format.
const MAX_ROWS: usize = 1000;

pub fn write(table: &Table, out: &mut impl Write) -> Result<(), Failure> {
    let columns = &table.schema.columns;
    let mut grid = Grid::new();
    grid.load_style(presets::UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Dynamic);
    grid.set_header(columns.iter().map(|c| c.name.as_str()));
    for (i, column) in columns.iter().enumerate() {
        let number = column.ty.is_number() || column.ty == ScalarType::Timespan;
        if let (true, Some(column)) = (number, grid.column_mut(i)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let rows: usize = table.batches.iter().map(|b| b.num_rows()).sum();
    let mut shown = 0;
    for batch in &table.batches {
        for row in 0..batch.num_rows().min(MAX_ROWS - shown) {
            let cells: Vec<String> = columns
                .iter()
                .zip(batch.columns())
                .map(|(column, array)| {
                    let mut text = String::new();
                    cell::text(array, column.ty, row, &mut text);
                    text
                })
                .collect();
            grid.add_row(cells);
            shown += 1;
        }
    }
    if !columns.is_empty() {
        writeln!(out, "{grid}")?;
    }
    match rows {
        1 => writeln!(out, "1 row")?,
        rows if rows > shown => writeln!(out, "{rows} rows, the first {shown} shown")?,
        rows => writeln!(out, "{rows} rows")?,
    }
    Ok(())
}

//! One object a row.

use crate::failure::Failure;
use kql_engine::Table;
use kql_engine::cell;
use kql_engine::dynamic::write::string;
use std::io::Write;

pub fn write(table: &Table, out: &mut impl Write) -> Result<(), Failure> {
    let mut text = String::new();
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            text.push('{');
            for (n, (column, array)) in table.schema.columns.iter().zip(batch.columns()).enumerate() {
                if n > 0 {
                    text.push(',');
                }
                string(&column.name, &mut text);
                text.push(':');
                cell::json(array, column.ty, row, &mut text);
            }
            text.push_str("}\n");
        }
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    Ok(())
}

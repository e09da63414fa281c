//! One JSON object per row.

use crate::Error;
use kql_engine::dynamic::write::string;
use kql_engine::{TableStream, cell};
use std::io::Write;

pub fn write(result: TableStream, out: &mut impl Write) -> Result<(), Error> {
    let columns = result.schema.columns.clone();
    let key = |name: &str| {
        let mut key = String::new();
        string(name, &mut key);
        key.push(':');
        key
    };
    let keys: Vec<String> = columns.iter().map(|column| key(&column.name)).collect();
    let mut text = String::new();
    for batch in result.batches() {
        let batch = batch?;
        for row in 0..batch.num_rows() {
            text.push('{');
            for (n, ((column, key), array)) in columns.iter().zip(&keys).zip(batch.columns()).enumerate() {
                if n > 0 {
                    text.push(',');
                }
                text.push_str(key);
                cell::json(array, column.ty, row, &mut text);
            }
            text.push_str("}\n");
        }
        out.write_all(text.as_bytes())?;
        out.flush()?;
        text.clear();
    }
    Ok(())
}

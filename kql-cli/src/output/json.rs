//! One object for all results, in the encodings of Kusto's REST API.

use crate::failure::Failure;
use kql_engine::Table;
use kql_engine::cell;
use kql_engine::dynamic::write::string;
use serde_json::json;
use std::io::Write;

pub fn write(tables: &[Table], out: &mut impl Write) -> Result<(), Failure> {
    let mut text = "{\"tables\": [".to_owned();
    for (i, table) in tables.iter().enumerate() {
        text.push_str(if i > 0 { ", {\"name\": " } else { "{\"name\": " });
        string(&table.name, &mut text);
        text.push_str(", \"columns\": [");
        for (n, column) in table.schema.columns.iter().enumerate() {
            text.push_str(if n > 0 { ", {\"name\": " } else { "{\"name\": " });
            string(&column.name, &mut text);
            text.push_str(", \"type\": ");
            string(column.ty.name(), &mut text);
            text.push('}');
        }
        text.push_str("], \"rows\": [");
        let mut first = true;
        for batch in &table.batches {
            for row in 0..batch.num_rows() {
                text.push_str(if first { "\n[" } else { ",\n[" });
                first = false;
                for (n, (column, array)) in table.schema.columns.iter().zip(batch.columns()).enumerate() {
                    if n > 0 {
                        text.push_str(", ");
                    }
                    cell::json(array, column.ty, row, &mut text);
                }
                text.push(']');
            }
            out.write_all(text.as_bytes())?;
            text.clear();
        }
        text.push(']');
        if let Some(render) = &table.render {
            let mut visualization = json!({"kind": render.kind});
            for (name, value) in &render.properties {
                if name != "kind"
                    && let Some(object) = visualization.as_object_mut()
                {
                    object.insert(name.clone(), json!(value));
                }
            }
            text.push_str(&format!(", \"visualization\": {visualization}"));
        }
        text.push('}');
    }
    text.push_str("]}\n");
    out.write_all(text.as_bytes())?;
    Ok(())
}

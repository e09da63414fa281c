//! One object for all results, in the encodings of Kusto's REST API.

use crate::Error;
use kql_engine::cell;
use kql_engine::dynamic::write::string;
use kql_engine::{Render, TableSchema, TableStream};
use serde_json::json;
use std::io::Write;

pub fn write(results: Vec<TableStream>, out: &mut impl Write) -> Result<(), Error> {
    let mut text = "{\"tables\": [".to_owned();
    for (i, result) in results.into_iter().enumerate() {
        text.push_str(if i > 0 { ", " } else { "" });
        begin(&result.name, &result.schema, &mut text);
        let (columns, render) = (result.schema.columns.clone(), result.render.clone());
        let mut first = true;
        for batch in result.batches() {
            let batch = batch?;
            for row in 0..batch.num_rows() {
                text.push_str(if first { "\n[" } else { ",\n[" });
                first = false;
                for (n, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
                    if n > 0 {
                        text.push_str(", ");
                    }
                    cell::json(array, column.ty, row, &mut text);
                }
                text.push(']');
            }
            out.write_all(text.as_bytes())?;
            out.flush()?;
            text.clear();
        }
        text.push(']');
        if let Some(render) = &render {
            text.push_str(&format!(", \"visualization\": {}", visualization(render)));
        }
        text.push('}');
    }
    text.push_str("]}\n");
    out.write_all(text.as_bytes())?;
    Ok(())
}

fn begin(name: &str, schema: &TableSchema, text: &mut String) {
    text.push_str("{\"name\": ");
    string(name, text);
    text.push_str(", \"columns\": [");
    for (n, column) in schema.columns.iter().enumerate() {
        text.push_str(if n > 0 { ", {\"name\": " } else { "{\"name\": " });
        string(&column.name, text);
        text.push_str(", \"type\": ");
        string(column.ty.name(), text);
        text.push('}');
    }
    text.push_str("], \"rows\": [");
}

fn visualization(render: &Render) -> serde_json::Value {
    let mut visualization = json!({"kind": render.kind});
    for (name, value) in &render.properties {
        if name != "kind"
            && let Some(object) = visualization.as_object_mut()
        {
            object.insert(name.clone(), json!(value));
        }
    }
    visualization
}

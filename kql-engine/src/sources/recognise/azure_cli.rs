//! `az monitor log-analytics query -o json`: flat objects in which every value is a string, missing ones `"None"`.

use super::error::RecordError;
use super::head::JsonHead;
use super::known::Known;
use super::table_name::is_table;
use super::wrapped::{Out, Wrapped};
use serde_json::{Map, Value};

pub(super) static AZURE_CLI: Wrapped =
    Wrapped { name: "az monitor log-analytics query", unwrap, texts: true, inside: None };

pub(super) fn is_azure_cli(head: &JsonHead) -> bool {
    head.string("TableName").is_some_and(|t| t.starts_with("PrimaryResult")) && head.is_all_strings()
}

fn unwrap(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let mut row: Map<String, Value> = serde_json::from_str(record)?;
    row.remove("TableName");
    let absent = |value: &Value| value.as_str() == Some("None");
    row.values_mut().filter(|v| absent(v)).for_each(|v| *v = Value::Null);
    let table = row.get("Type").and_then(Value::as_str).filter(|t| is_table(t, known)).map(Into::into);
    out.rows.push((table, Value::Object(row).to_string()));
    Ok(())
}

//! Responses of the query APIs: columns with their types, and rows.
//!
//! | API | form |
//! | --- | --- |
//! | Log Analytics | `{"tables": [{"name", "columns": [{"name", "type"}], "rows": [[]]}]}` |
//! | Kusto, version 1 | `{"Tables": [{"TableName", "Columns": [{"ColumnName", "DataType", "ColumnType"}], "Rows": [[]]}]}` |
//! | Kusto, version 2 | `[{"FrameType", "TableKind", "Columns", "Rows"}]`, also in fragments |
//! | Defender | `{"Stats", "Schema": [{"Name", "Type"}], "Results": [{}]}` |
//! | Graph | `{"schema": [{"name", "type"}], "results": [{}]}` |
//!
//! Tables about the query (properties, statistics, completion) are skipped. A row whose `Type` names a table
//! belongs to that table; others belong to the table with the file's name.

use super::error::RecordError;
use super::head::JsonHead;
use super::known::Known;
use super::table_name::is_table;
use super::wrapped::{Out, Wrapped};
use crate::types::ScalarType;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

pub(super) static TABLES: Wrapped =
    Wrapped { name: "Log Analytics or Kusto API answer", unwrap: tables, texts: false, inside: None };
pub(super) static FRAMES: Wrapped =
    Wrapped { name: "Kusto API answer (v2)", unwrap: frame, texts: false, inside: None };
pub(super) static RESULTS: Wrapped =
    Wrapped { name: "Defender or Graph API answer", unwrap: results, texts: false, inside: None };

pub(super) fn is_tables(head: &JsonHead) -> bool {
    ["tables", "Tables"].iter().any(|key| {
        let inside = head.raw(key).strip_prefix('[').map(str::trim_start).unwrap_or_default();
        inside.starts_with('{') && inside.to_ascii_lowercase().contains("\"columns\"")
    })
}

pub(super) fn is_frames(head: &JsonHead) -> bool {
    head.string("FrameType").is_some()
}

pub(super) fn is_results(head: &JsonHead) -> bool {
    let has = |a: &str, b: &str| head.begins(a, &['[']) && (head.has(b) || head.raw(a).contains("\"Name\""));
    has("Schema", "Results") || has("schema", "results") || (head.has("Stats") && head.has("Results"))
}

#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow, alias = "Tables")]
    tables: Vec<AnswerTable<'a>>,
}

#[derive(Deserialize)]
struct AnswerTable<'a> {
    #[serde(alias = "TableName", default)]
    name: String,
    #[serde(alias = "Columns", default)]
    columns: Vec<AnswerColumn>,
    #[serde(borrow, alias = "Rows", default)]
    rows: Vec<&'a RawValue>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct AnswerColumn {
    #[serde(alias = "ColumnName", alias = "Name")]
    name: String,
    #[serde(alias = "ColumnType", alias = "Type")]
    r#type: Option<String>,
    #[serde(rename = "DataType")]
    data_type: Option<String>,
}

impl AnswerColumn {
    fn ty(&self) -> Option<ScalarType> {
        let of = |name: &Option<String>| {
            let name = name.as_deref()?;
            let name = name.strip_prefix("System.").or_else(|| name.strip_prefix("Edm.")).unwrap_or(name);
            Some(match name.to_ascii_lowercase().as_str() {
                "boolean" | "sbyte" | "bool" => ScalarType::Bool,
                "int32" | "int16" | "int" => ScalarType::Int,
                "int64" | "long" | "uint32" | "uint64" => ScalarType::Long,
                "double" | "single" | "real" => ScalarType::Real,
                "sqldecimal" | "decimal" | "data.sqltypes.sqldecimal" => ScalarType::Decimal,
                "datetime" | "datetimeoffset" => ScalarType::Datetime,
                "timespan" | "duration" => ScalarType::Timespan,
                "guid" => ScalarType::Guid,
                "object" | "dynamic" => ScalarType::Dynamic,
                "string" => ScalarType::String,
                other => return ScalarType::from_name(other),
            })
        };
        of(&self.r#type).or_else(|| of(&self.data_type))
    }
}

fn tables(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let answer: Answer = serde_json::from_str(record).map_err(RecordError::Response)?;
    // version 1 of Kusto ends with a table of contents that lists which tables are results
    let last = answer.tables.last().map(|t| &t.columns).filter(|c| c.iter().any(|c| c.name == "Kind"));
    let contents: Vec<bool> = match (last, answer.tables.last()) {
        (Some(columns), Some(table)) if answer.tables.len() > 2 => {
            let kind = columns.iter().position(|c| c.name == "Kind").unwrap_or(0);
            let is_result = |row: &&RawValue| {
                serde_json::from_str::<Vec<Value>>(row.get())
                    .is_ok_and(|row| row.get(kind).and_then(Value::as_str) == Some("QueryResult"))
            };
            table.rows.iter().map(is_result).collect()
        }
        _ => Vec::new(),
    };
    let about = ["QueryProperties", "QueryStatus", "@ExtendedProperties", "QueryCompletionInformation", "render"];
    let mut number = 0;
    for (i, table) in answer.tables.iter().enumerate() {
        let result = if contents.is_empty() {
            !about.contains(&table.name.as_str())
        } else {
            contents.get(i).copied().unwrap_or(false)
        };
        if result {
            add(&numbered(number), &table.columns, &table.rows, known, out);
            number += 1;
        } else {
            out.passed += table.rows.len() as u64;
        }
    }
    Ok(())
}

/// The suffix of the table's name for the second and later results.
fn numbered(number: usize) -> String {
    if number == 0 { String::new() } else { format!("{}{number}", super::wrapped::AFTER) }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Frame<'a> {
    frame_type: String,
    #[serde(default)]
    table_kind: String,
    #[serde(default)]
    table_id: i64,
    #[serde(default)]
    columns: Vec<AnswerColumn>,
    #[serde(borrow, default)]
    rows: Vec<&'a RawValue>,
    #[serde(default)]
    table_fragment_type: String,
}

fn frame(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let frame: Frame = serde_json::from_str(record).map_err(RecordError::Response)?;
    let result = frame.table_kind == "PrimaryResult";
    match frame.frame_type.as_str() {
        "DataTable" | "TableHeader" if result => {
            let suffix = numbered(out.headers.len());
            let names = frame.columns.iter().map(|c| c.name.clone()).collect();
            out.headers.push((frame.table_id, suffix.as_str().into(), names));
            add(&suffix, &frame.columns, &frame.rows, known, out);
        }
        "TableFragment" => {
            let header = out.headers.iter().find(|(id, ..)| *id == frame.table_id);
            let Some((_, suffix, names)) = header.cloned() else {
                out.passed += frame.rows.len() as u64;
                return Ok(());
            };
            if frame.table_fragment_type == "DataReplace" {
                return Err(RecordError::Replacement);
            }
            rows(&suffix, &names, &frame.rows, known, out);
        }
        "DataSetCompletion" if record.contains("\"HasErrors\":true") => {
            return Err(RecordError::Incomplete);
        }
        _ => out.passed += frame.rows.len() as u64,
    }
    Ok(())
}

fn add(suffix: &str, columns: &[AnswerColumn], raw: &[&RawValue], known: &Known, out: &mut Out) {
    let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
    let table: Option<Arc<str>> = (!suffix.is_empty()).then(|| suffix.into());
    for column in columns {
        if let Some(ty) = column.ty() {
            out.types.push((table.clone(), column.name.clone(), ty));
        }
    }
    rows(suffix, &names, raw, known, out);
}

fn rows(suffix: &str, names: &[String], raw: &[&RawValue], known: &Known, out: &mut Out) {
    let keys: Vec<String> = names.iter().map(|name| Value::String(name.clone()).to_string()).collect();
    let type_at = names.iter().position(|n| n == "Type");
    let table: Option<Arc<str>> = (!suffix.is_empty()).then(|| suffix.into());
    for row in raw {
        let Ok(values) = serde_json::from_str::<Vec<&RawValue>>(row.get()) else {
            out.refused.push(match serde_json::from_str::<Value>(row.get()) {
                Ok(Value::Object(error)) => {
                    format!(
                        "the response reports an error: {}",
                        super::super::rows::shorten(&Value::Object(error).to_string())
                    )
                }
                _ => "a row is not an array".to_owned(),
            });
            continue;
        };
        if values.len() != keys.len() {
            out.refused.push(format!("a row has {} values, and there are {} columns", values.len(), keys.len()));
            continue;
        }
        let mut text = String::with_capacity(row.get().len() * 2);
        for (key, value) in keys.iter().zip(&values) {
            text.push(if text.is_empty() { '{' } else { ',' });
            text.push_str(key);
            text.push(':');
            text.push_str(value.get());
        }
        text.push_str(if text.is_empty() { "{}" } else { "}" });
        let own = type_at.and_then(|i| serde_json::from_str::<String>(values.get(i)?.get()).ok());
        let own = own.filter(|t| is_table(t, known)).map(Into::into);
        out.rows.push((own.or_else(|| table.clone()), text));
    }
}

#[derive(Deserialize)]
struct Results<'a> {
    #[serde(alias = "Schema", default)]
    schema: Vec<AnswerColumn>,
    #[serde(borrow, alias = "Results", default)]
    results: Vec<&'a RawValue>,
}

fn results(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let answer: Results = serde_json::from_str(record).map_err(RecordError::Response)?;
    for column in &answer.schema {
        if let Some(ty) = column.ty() {
            out.types.push((None, column.name.clone(), ty));
        }
    }
    #[derive(Deserialize)]
    struct Typed {
        #[serde(rename = "Type")]
        ty: Option<String>,
    }
    for row in answer.results {
        let ty = serde_json::from_str::<Typed>(row.get()).ok().and_then(|t| t.ty);
        out.rows.push((ty.filter(|t| is_table(t, known)).map(Into::into), row.get().to_owned()));
    }
    Ok(())
}

//! Answers of the second version: an array of frames. They are written as rows come; clients that read them one by one need
//! the members of each frame in this order.

use super::errors;
use crate::query_error::QueryError;
use crate::query_run::{Event, Finished, RunningQuery};
use crate::streaming::Encoder;
use crate::values::{self, Encoding};
use kql_engine::dynamic::write::string;
use kql_engine::{Column, Render, ScalarType};
use serde_json::{Value, json};
use std::fmt::Write;

/// Writes frames.
#[derive(Default)]
pub struct V2 {
    columns: Vec<Column>,
    /// The number of the next table.
    table: usize,
    /// Whether the current table has rows already.
    has_rows: bool,
    /// Whether a table is not complete.
    is_open: bool,
    id: String,
    activity: String,
}

/// The columns of the tables about the query.
const PROPERTIES: [(&str, ScalarType); 3] =
    [("TableId", ScalarType::Int), ("Key", ScalarType::String), ("Value", ScalarType::Dynamic)];
const COMPLETION: [(&str, ScalarType); 12] = [
    ("Timestamp", ScalarType::Datetime),
    ("ClientRequestId", ScalarType::String),
    ("ActivityId", ScalarType::Guid),
    ("SubActivityId", ScalarType::Guid),
    ("ParentActivityId", ScalarType::Guid),
    ("Level", ScalarType::Int),
    ("LevelName", ScalarType::String),
    ("StatusCode", ScalarType::Int),
    ("StatusCodeName", ScalarType::String),
    ("EventType", ScalarType::Int),
    ("EventTypeName", ScalarType::String),
    ("Payload", ScalarType::String),
];

/// The level of a completed query: clients take lower ones for errors.
const INFORMATION: i32 = 4;

fn columns_of(columns: &[(&str, ScalarType)]) -> Vec<Column> {
    columns.iter().map(|(name, ty)| Column::new(*name, *ty)).collect()
}

/// What `render` asks for, in the form of Kusto's properties.
pub fn visualization(render: Option<&Render>) -> Value {
    let mut value = json!({"Visualization": render.map(|render| render.kind.clone()), "Title": null, "XColumn": null,
        "Series": null, "YColumns": null, "AnomalyColumns": null, "XTitle": null, "YTitle": null, "XAxis": null,
        "YAxis": null, "Legend": null, "YSplit": null, "Accumulate": false, "IsQuerySorted": false, "Kind": null,
        "Ymin": "NaN", "Ymax": "NaN", "Xmin": null, "Xmax": null});
    for (name, text) in render.iter().flat_map(|render| &render.properties) {
        if let Some(object) = value.as_object_mut() {
            let known = object.keys().find(|key| key.eq_ignore_ascii_case(name)).cloned();
            object.insert(known.unwrap_or_else(|| name.clone()), json!(text));
        }
    }
    value
}

/// The time now.
pub fn timestamp() -> String {
    crate::clock::text(std::time::SystemTime::now())
}

impl V2 {
    fn begin_table(&mut self, kind: &str, name: &str, columns: Vec<Column>, out: &mut String) {
        let _ = write!(
            out,
            ",{{\"FrameType\":\"DataTable\",\"TableId\":{},\"TableKind\":\"{kind}\",\"TableName\":",
            self.table
        );
        string(name, out);
        out.push_str(",\"Columns\":[");
        values::columns(&columns, &[("ColumnType", values::type_name)], "ColumnName", out);
        out.push_str("],\"Rows\":[");
        self.columns = columns;
        self.table += 1;
        self.has_rows = false;
        self.is_open = true;
    }

    fn separate(&mut self, out: &mut String) {
        if std::mem::replace(&mut self.has_rows, true) {
            out.push(',');
        }
    }

    fn row(&mut self, row: &Value, out: &mut String) {
        self.separate(out);
        out.push_str(&row.to_string());
    }

    fn end_table(&mut self, out: &mut String) {
        self.is_open = false;
        out.push_str("]}\r\n");
    }

    fn done(&mut self, finished: &Finished, out: &mut String) {
        self.begin_table("QueryCompletionInformation", "QueryCompletionInformation", columns_of(&COMPLETION), out);
        let mut row = |event: i32, name: &str, payload: &Value| {
            let row = json!([
                timestamp(),
                self.id,
                self.activity,
                self.activity,
                self.activity,
                INFORMATION,
                "Info",
                0,
                "S_OK (0)",
                event,
                name,
                payload.to_string()
            ]);
            if std::mem::replace(&mut self.has_rows, true) {
                out.push(',');
            }
            out.push_str(&row.to_string());
        };
        row(4, "QueryInfo", &json!({"Count": 1, "Text": "Query completed successfully"}));
        for notice in &finished.notices {
            row(4, "QueryInfo", &json!({"Count": 1, "Text": notice}));
        }
        let statistics = json!({"ExecutionTime": finished.elapsed.as_secs_f64(),
            "dataset_statistics": [{"table_row_count": finished.rows}]});
        row(5, "QueryResourceConsumption", &statistics);
        self.end_table(out);
        out.push_str(",{\"FrameType\":\"DataSetCompletion\",\"HasErrors\":false,\"Cancelled\":false}]");
    }

    /// The rest of an answer whose query failed after its first rows: an error in the place of a row, and once more at the end.
    fn failed(&mut self, error: &QueryError, out: &mut String) {
        let object = errors::object(error, &self.id);
        if self.is_open {
            self.row(&json!({"OneApiErrors": [object]}), out);
            self.end_table(out);
        }
        let is_cancelled = matches!(error, QueryError::Cancelled);
        let end = json!({"FrameType": "DataSetCompletion", "HasErrors": true, "Cancelled": is_cancelled,
            "OneApiErrors": [object]});
        let _ = write!(out, ",{end}]");
    }
}

impl Encoder for V2 {
    fn begin(&mut self, query: &RunningQuery, out: &mut String) {
        self.id = query.admission().id().to_owned();
        self.activity = query.admission().activity().to_owned();
        out.push_str("[{\"FrameType\":\"DataSetHeader\",\"IsProgressive\":false,\"Version\":\"v2.0\"}\r\n");
        self.begin_table("QueryProperties", "@ExtendedProperties", columns_of(&PROPERTIES), out);
        for (n, table) in query.tables().iter().enumerate() {
            let visualization = visualization(table.render.as_ref()).to_string();
            self.row(&json!([n + 1, "Visualization", visualization]), out);
        }
        self.end_table(out);
    }

    fn event(&mut self, event: Event, out: &mut String) {
        match event {
            Event::Table(table) => self.begin_table("PrimaryResult", &table.name, table.columns, out),
            Event::Rows(batch) => {
                if batch.num_rows() > 0 {
                    self.separate(out);
                    values::rows(&batch, &self.columns, Encoding::Kusto, out);
                }
            }
            Event::TableEnd => self.end_table(out),
            Event::Done(finished) => self.done(&finished, out),
            Event::Failed(error) => self.failed(&error, out),
        }
    }
}

//! Answers of the first version: one object with all tables; if there are several, the last one lists them.

use super::errors;
use super::v2::{timestamp, visualization};
use crate::query_error::QueryError;
use crate::query_run::{Event, Finished, RunningQuery};
use crate::streaming::Encoder;
use crate::values::{self, Encoding};
use kql_engine::{Column, ScalarType};
use serde_json::{Value, json};
use std::fmt::Write;

/// Writes tables.
#[derive(Default)]
pub struct V1 {
    columns: Vec<Column>,
    /// Kind and name of the tables so far.
    tables: Vec<(&'static str, String)>,
    has_rows: bool,
    is_open: bool,
    id: String,
    activity: String,
    visualization: Value,
}

impl V1 {
    fn begin_table(&mut self, kind: &'static str, name: &str, columns: Vec<Column>, out: &mut String) {
        let n = self.tables.len();
        let _ = write!(out, "{}{{\"TableName\":\"Table_{n}\",\"Columns\":[", if n > 0 { "," } else { "" });
        let keys: [values::TypeKey<'_>; 2] = [("DataType", values::data_type), ("ColumnType", values::type_name)];
        values::columns(&columns, &keys, "ColumnName", out);
        out.push_str("],\"Rows\":[");
        self.columns = columns;
        self.tables.push((kind, name.to_owned()));
        self.has_rows = false;
        self.is_open = true;
    }

    fn end_table(&mut self, out: &mut String) {
        self.is_open = false;
        out.push_str("]}");
    }

    fn small(
        &mut self,
        kind: &'static str,
        name: &str,
        columns: &[(&str, ScalarType)],
        rows: &Value,
        out: &mut String,
    ) {
        let columns = columns.iter().map(|(name, ty)| Column::new(*name, *ty)).collect();
        self.begin_table(kind, name, columns, out);
        let rows = rows.to_string();
        out.push_str(rows.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(""));
        self.end_table(out);
    }

    fn done(&mut self, finished: &Finished, out: &mut String) {
        use ScalarType::{Datetime, Guid, Int, Long, String as Text};
        let properties = json!([[self.visualization.to_string()]]);
        self.small("QueryProperties", "@ExtendedProperties", &[("Value", Text)], &properties, out);
        let columns = [
            ("Timestamp", Datetime),
            ("Severity", Int),
            ("SeverityName", Text),
            ("StatusCode", Int),
            ("StatusDescription", Text),
            ("Count", Int),
            ("RequestId", Guid),
            ("ActivityId", Guid),
            ("SubActivityId", Guid),
            ("ClientActivityId", Text),
        ];
        let status = |text: &str| {
            json!([timestamp(), 4, "Info", 0, text, 1, self.activity, self.activity, self.activity, self.id])
        };
        let mut rows = vec![status("Query completed successfully")];
        rows.extend(finished.notices.iter().map(|notice| status(notice)));
        self.small("QueryStatus", "QueryStatus", &columns, &Value::Array(rows), out);
        let listed = self.tables.iter().enumerate();
        let listed =
            listed.map(|(n, (kind, name))| json!([n, kind, name, uuid::Uuid::nil().to_string(), ""])).collect();
        let columns = [("Ordinal", Long), ("Kind", Text), ("Name", Text), ("Id", Text), ("PrettyName", Text)];
        self.small("TableOfContents", "TableOfContents", &columns, &Value::Array(listed), out);
        out.push_str("]}");
    }

    fn failed(&mut self, error: &QueryError, out: &mut String) {
        let message = error.to_string();
        if self.is_open {
            let comma = if self.has_rows { "," } else { "" };
            let _ = write!(out, "{comma}{}", json!({"Exceptions": [message]}));
            self.end_table(out);
        }
        let object = errors::object(error, &self.id);
        let _ = write!(out, "],\"Exceptions\":{},\"OneApiErrors\":{}}}", json!([message]), json!([object]));
    }
}

impl Encoder for V1 {
    fn begin(&mut self, query: &RunningQuery, out: &mut String) {
        self.id = query.admission().id().to_owned();
        self.activity = query.admission().activity().to_owned();
        self.visualization = visualization(query.tables().iter().find_map(|table| table.render.as_ref()));
        out.push_str("{\"Tables\":[");
    }

    fn event(&mut self, event: Event, out: &mut String) {
        match event {
            Event::Table(table) => self.begin_table("QueryResult", &table.name, table.columns, out),
            Event::Rows(batch) => {
                if batch.num_rows() > 0 {
                    if std::mem::replace(&mut self.has_rows, true) {
                        out.push(',');
                    }
                    values::rows(&batch, &self.columns, Encoding::Kusto, out);
                }
            }
            Event::TableEnd => self.end_table(out),
            Event::Done(finished) => self.done(&finished, out),
            Event::Failed(error) => self.failed(&error, out),
        }
    }
}

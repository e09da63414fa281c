//! The tools of an assistant: what each expects, and what it answers. Those that the page has, too, answer what the page gets.

use super::tests_of_query;
use crate::page::{
    answer::{Answer, Ask, Failure},
    editing, explain,
    run::request,
    tables,
};
use crate::query_error::QueryError;
use crate::query_run::{self, Event, QueryRequest, RunningQuery};
use crate::state::AppState;
use crate::values::{self, Encoding};
use axum::extract::State;
use kql_engine::callable::{self, Callable};
use rmcp::model::{JsonObject, Tool, ToolAnnotations};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows of a result unless the assistant asks for another number, and the most it can ask for.
const ROWS: u64 = 50;
const MOST_ROWS: u64 = 1000;

/// Functions in one answer.
const FUNCTIONS: usize = 40;

/// A tool.
pub struct Described {
    /// Its name.
    pub name: &'static str,
    /// What it does.
    about: &'static str,
    /// Its arguments: the name, the type in JSON's schema, whether it is required, what it is.
    arguments: &'static [(&'static str, &'static str, bool, &'static str)],
}

const QUERY: (&str, &str, bool, &str) = ("query", "string", true, "the text of the query");
const NOW: (&str, &str, bool, &str) =
    ("now", "string", false, "the value of now(), such as 2026-03-10T12:00:00Z, so that ago() fits the data");

static ALL: [Described; 7] = [
    Described {
        name: "check",
        about: "Parses and binds a query without running it: all errors and warnings with their positions and suggestions, \
                and the columns of the result.",
        arguments: &[QUERY],
    },
    Described {
        name: "run",
        about: "Runs a query and returns its results: columns with types, and rows in the encoding of Kusto's REST API.",
        arguments: &[
            QUERY,
            ("limit", "integer", false, "the number of rows of each result, 50 unless given, 1000 at most"),
            NOW,
            ("parameters", "object", false, "values of 'declare query_parameters', as texts"),
        ],
    },
    Described {
        name: "tables",
        about: "The tables with data, and their columns. With a filter, also tables of Sentinel and Defender that are known \
                and have no data here.",
        arguments: &[("filter", "string", false, "a part of a table's name")],
    },
    Described {
        name: "schema",
        about: "The columns of a table with their types, and some of its rows.",
        arguments: &[("name", "string", true, "the name of the table")],
    },
    Described {
        name: "functions",
        about: "Signatures and descriptions of functions, aggregates and plugins.",
        arguments: &[("filter", "string", true, "a name, or a part of names and descriptions")],
    },
    Described {
        name: "test",
        about: "Runs a query over rows that are given, and compares its results with what is expected. Nothing is read from \
                files.",
        arguments: &[
            QUERY,
            (
                "tests",
                "string",
                true,
                "YAML: a list 'tests' of maps with 'name', 'given' (rows as maps, by table) and 'expect' (rows, or {count: N}); \
                 beside it, 'now' and 'defaults' (values of columns, by table)",
            ),
        ],
    },
    Described {
        name: "why",
        about: "Follows rows of a table through a query: which step leaves them out, and the values that its condition had.",
        arguments: &[
            QUERY,
            ("condition", "string", true, "a condition that selects the rows, such as DeviceName == 'PC-1'"),
            ("table", "string", false, "the table of the rows, if the query reads several"),
            ("limit", "integer", false, "the number of rows, 20 unless given"),
            NOW,
        ],
    },
];

/// All tools.
pub fn all() -> &'static [Described] {
    &ALL
}

/// A tool as the protocol describes it.
pub fn described(tool: &Described) -> Tool {
    let property = |(name, ty, _, about): &(&str, &str, bool, &str)| {
        ((*name).to_owned(), json!({"type": ty, "description": about}))
    };
    let properties: JsonObject = tool.arguments.iter().map(property).collect();
    let required: Vec<&str> =
        tool.arguments.iter().filter(|(_, _, required, _)| *required).map(|(name, ..)| *name).collect();
    let mut schema = JsonObject::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("properties".to_owned(), Value::Object(properties));
    schema.insert("required".to_owned(), json!(required));
    schema.insert("additionalProperties".to_owned(), json!(false));
    let hints = ToolAnnotations::new().read_only(true).destructive(false).idempotent(true).open_world(false);
    Tool::new(tool.name, tool.about, Arc::new(schema)).with_annotations(hints)
}

/// Calls a tool.
///
/// # Errors
/// What the assistant is told: a sentence, or an object with a message and diagnostics.
pub async fn call(state: &Arc<AppState>, name: &str, arguments: Value) -> Result<String, Value> {
    // rows can be nested more deeply than a JSON value of this program
    if name == "run" {
        return run(state, read(renamed(name, arguments)?)?).await;
    }
    answer(state, name, renamed(name, arguments)?).await.map(|value| value.to_string())
}

/// The arguments as the page calls them.
fn renamed(name: &str, mut arguments: Value) -> Result<Value, Value> {
    known_arguments(name, &arguments)?;
    // the page calls it the text
    if let Some(query) = arguments.as_object_mut().and_then(|object| object.remove("query")) {
        arguments["text"] = query;
    }
    Ok(arguments)
}

async fn answer(state: &Arc<AppState>, name: &str, arguments: Value) -> Result<Value, Value> {
    let shared = State(state.clone());
    match name {
        "check" => told(editing::check(shared, Ask(read(arguments)?)).await),
        "tables" => tables_like(told(tables::tables(shared).await)?, &read::<Filter>(arguments)?.filter),
        "schema" => told(tables::table(shared, Ask(read(arguments)?)).await),
        "functions" => Ok(functions(&read::<Filter>(arguments)?.filter)),
        "test" => {
            let tests_of_query::Given { text, tests } = read(arguments)?;
            told(tests_of_query::run(state, text, tests).await)
        }
        "why" => told(explain::why(shared, Ask(read(arguments)?)).await),
        _ => Err(json!(format!("There is no tool '{name}'."))),
    }
}

/// Refuses arguments that the tool does not have: they would be ignored.
fn known_arguments(name: &str, given: &Value) -> Result<(), Value> {
    let Some(tool) = ALL.iter().find(|tool| tool.name == name) else { return Ok(()) };
    let known: Vec<&str> = tool.arguments.iter().map(|(name, ..)| *name).collect();
    let unknown = given.as_object().and_then(|object| object.keys().find(|key| !known.contains(&key.as_str())));
    match unknown {
        Some(unknown) => {
            Err(json!(format!("The tool '{name}' has no argument '{unknown}'; it has {}.", known.join(", "))))
        }
        None => Ok(()),
    }
}

fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, Value> {
    serde_json::from_value(arguments).map_err(|error| {
        let message = error.to_string().replace("`text`", "'query'").replace('`', "'");
        json!(format!("The arguments are not complete: {message}."))
    })
}

fn told(answer: Result<Answer<Value>, Failure>) -> Result<Value, Value> {
    answer.map(|Answer(value)| brief(value)).map_err(|failure| failure.object())
}

/// An answer with columns as one text, `Name:string, Size:long`: known tables have hundreds.
fn brief(value: Value) -> Value {
    match value {
        Value::Array(items) => items.into_iter().map(brief).collect(),
        Value::Object(object) => {
            let short = |(key, value): (String, Value)| match value {
                Value::Array(columns) if key == "columns" => (key, columns_text(&columns).into()),
                value => (key, brief(value)),
            };
            Value::Object(object.into_iter().map(short).collect())
        }
        value => value,
    }
}

fn columns_text(columns: &[Value]) -> String {
    let text = |key: &Value| key.as_str().unwrap_or_default().to_owned();
    let columns = columns.iter().map(|column| format!("{}:{}", text(&column["text"]), text(&column["type"])));
    columns.collect::<Vec<_>>().join(", ")
}

/// A part of a name.
#[derive(Deserialize)]
struct Filter {
    #[serde(default)]
    filter: String,
}

fn tables_like(all: Value, filter: &str) -> Result<Value, Value> {
    let filter = filter.to_lowercase();
    let Value::Array(tables) = all else { return Ok(all) };
    let wanted = |table: &Value| {
        let name = table["name"].as_str().unwrap_or_default().to_lowercase();
        name.contains(&filter) && (!filter.is_empty() || table["kind"] != "schema")
    };
    Ok(Value::Array(tables.into_iter().filter(wanted).collect()))
}

/// Those of this name, else those with this text in their names or descriptions.
fn functions(filter: &str) -> Value {
    let filter = filter.trim().trim_end_matches("()").to_lowercase();
    let named: Vec<Callable> =
        callable::all().filter(|c| c.names().any(|name| name.eq_ignore_ascii_case(&filter))).collect();
    let fits = |c: &Callable| {
        c.names().any(|name| name.to_lowercase().contains(&filter)) || c.summary().to_lowercase().contains(&filter)
    };
    let found: Vec<Callable> = if named.is_empty() { callable::all().filter(fits).collect() } else { named };
    let object =
        |c: &Callable| json!({"name": c.name(), "kind": c.kind(), "signatures": c.signatures(), "about": c.summary()});
    let shown: Vec<Value> = found.iter().take(FUNCTIONS).map(object).collect();
    json!({"functions": shown, "found": found.len()})
}

/// A query to run.
#[derive(Deserialize)]
struct Question {
    text: String,
    #[serde(default)]
    limit: Option<u64>,
    #[serde(default)]
    now: Option<String>,
    #[serde(default)]
    parameters: BTreeMap<String, Value>,
}

async fn run(state: &Arc<AppState>, question: Question) -> Result<String, Value> {
    let Question { text, limit, now, parameters } = question;
    let as_text = |value: Value| match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    let asked = QueryRequest {
        parameters: parameters.into_iter().map(|(name, value)| (name, as_text(value))).collect(),
        take: Some(limit.unwrap_or(ROWS).clamp(1, MOST_ROWS)),
        untruncated: false,
        ..request(text.clone(), None, now)
    };
    let failed = |error: QueryError| Failure::of(&error, &text).object();
    let query = query_run::start(state, asked).await.map_err(failed)?;
    results(query).await.map_err(failed)
}

/// All results of a query, as JSON.
async fn results(mut query: RunningQuery) -> Result<String, QueryError> {
    let (mut out, mut columns, mut is_first) = ("{\"results\":[".to_owned(), Vec::new(), true);
    while let Some(event) = query.next().await {
        match event {
            Event::Table(table) => {
                columns = table.columns;
                let described = json!({"name": table.name, "columns": columns_text(&editing::columns_of(&columns))});
                out.push_str(if out.ends_with('[') { "" } else { "," });
                out.push_str(described.to_string().trim_end_matches('}'));
                out.push_str(",\"rows\":[");
                is_first = true;
            }
            Event::Rows(batch) if batch.num_rows() == 0 => {}
            Event::Rows(batch) => {
                if !is_first {
                    out.push(',');
                }
                is_first = false;
                values::rows(&batch, &columns, Encoding::Kusto, &mut out);
            }
            Event::TableEnd => out.push_str("]}"),
            Event::Failed(error) => return Err(error),
            Event::Done(end) => {
                let rest = json!({
                    "rows": end.rows, "more_rows_left_out": end.truncated, "notices": end.notices,
                    "elapsed_ms": end.elapsed.as_secs_f64() * 1000.0,
                });
                out.push_str("],");
                out.push_str(rest.to_string().trim_start_matches('{'));
                return Ok(out);
            }
        }
    }
    Err(QueryError::Defect)
}

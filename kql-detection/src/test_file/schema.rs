//! The JSON Schema of test files, so that editors complete and check them.

use super::expect::EXPECT_KEYS;
use super::read::{CASE_KEYS, FILE_KEYS, PROFILES};
use serde_json::{Map, Value, json};

/// The schema of a test file.
pub fn json_schema() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Tests of a KQL detection",
        "type": "object",
        "additionalProperties": false,
        "required": ["tests"],
        "properties": object(&FILE_KEYS, file_key),
        "$defs": {
            "row": { "type": "object", "description": "Columns and their values; $id names the row in messages; {$is: VALUE} is a value that is no pattern." },
            "rows": { "oneOf": [{ "type": "array", "items": { "$ref": "#/$defs/row" } }, { "$ref": "#/$defs/row" }] },
            "table": {
                "description": "Rows, or paths of files (NDJSON, JSON, CSV, Parquet, Arrow, EVTX), or a list of both.",
                "oneOf": [
                    { "type": "string" },
                    { "$ref": "#/$defs/row" },
                    { "type": "array", "items": { "oneOf": [{ "type": "string" }, { "$ref": "#/$defs/row" }] } },
                    { "type": "null" },
                ],
            },
            "test": {
                "type": "object",
                "additionalProperties": false,
                "properties": object(&CASE_KEYS, case_key),
                "oneOf": [{ "required": ["expect"] }, { "required": ["each"] }],
            },
            "expect": {
                "oneOf": [
                    { "enum": ["none", "some"] },
                    { "type": "object", "additionalProperties": false, "properties": object(&EXPECT_KEYS, expect_key) },
                ],
            },
        },
    })
}

fn object(keys: &[&str], describe: fn(&str) -> Value) -> Map<String, Value> {
    keys.iter().map(|key| ((*key).to_owned(), describe(key))).collect()
}

fn file_key(key: &str) -> Value {
    match key {
        "query" | "rule" => {
            json!({ "type": "string", "description": "The file of the rule; by default that of the same stem." })
        }
        "now" => now(),
        "profile" => json!({ "enum": PROFILES, "description": "Which built-in tables there are." }),
        "params" => params(),
        "tables" => json!({
            "type": "object",
            "additionalProperties": { "$ref": "#/$defs/table" },
            "description": "Tables of all tests; also _GetWatchlist('NAME'), saved functions, and addresses of externaldata.",
        }),
        "schemas" => json!({
            "type": ["string", "array"],
            "items": { "type": "string" },
            "description": "Files with the columns of tables: {\"Table\": [[\"column\", \"type\"], ...]}, as for --schemas.",
        }),
        "functions" => json!({
            "type": ["string", "array"],
            "items": { "type": "string" },
            "description": "Files of saved functions: JSON, a parser's YAML, or .kql with let functions.",
        }),
        "defaults" => json!({
            "type": "object",
            "additionalProperties": { "$ref": "#/$defs/row" },
            "description": "For each table, the values that rows leave out.",
        }),
        _ => json!({ "type": "array", "items": { "$ref": "#/$defs/test" } }),
    }
}

fn case_key(key: &str) -> Value {
    match key {
        "name" => json!({ "type": "string" }),
        "now" => now(),
        "params" => params(),
        "given" => json!({ "type": "object", "additionalProperties": { "$ref": "#/$defs/table" } }),
        "each" => json!({ "type": "string", "description": "The table of which each row is a case of its own." }),
        "hit" => json!({ "$ref": "#/$defs/rows", "description": "Rows that the query finds." }),
        "miss" => json!({ "$ref": "#/$defs/rows", "description": "Rows that the query does not find." }),
        _ => json!({ "$ref": "#/$defs/expect" }),
    }
}

fn expect_key(key: &str) -> Value {
    match key {
        "rows" => json!({ "$ref": "#/$defs/rows", "description": "These rows and no others, by the columns named." }),
        "contains" => json!({ "$ref": "#/$defs/rows", "description": "At least these rows." }),
        "count" => json!({ "type": ["integer", "string"], "description": "3, \">=1\" or \"1..3\"" }),
        "columns" => json!({ "type": "array", "items": { "type": ["string", "object"] } }),
        "alerts" => json!({ "type": ["string", "integer"], "description": "fires, silent, or a number of alerts" }),
        "entities" => json!({ "type": "object", "description": "For each entity type, its values." }),
        "result" => json!({
            "type": ["integer", "string"],
            "description": "Which result of the query: its number from 1, or its name; the last one by default.",
        }),
        "snapshot" => json!({ "type": "string", "description": "A file of rows; kql test --update writes it." }),
        _ => json!({ "type": "string", "description": "A part of the message with which the query fails." }),
    }
}

fn now() -> Value {
    json!({ "type": "string", "description": "What now() is, as 2026-03-10T12:00:00Z." })
}

fn params() -> Value {
    json!({ "type": "object", "description": "Values of query parameters, or of let scalars of the query." })
}

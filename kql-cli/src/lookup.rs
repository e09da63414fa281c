//! `kql schema` and `kql functions`: the tables, columns and functions that a query can name. In a session, `.schema` and
//! `.help` print the same.

use crate::arguments::{Functions, LookupFormat, Schema};
use crate::failure::Failure;
use kql_engine::callable::{self, Callable};
use kql_engine::{Engine, TableSchema};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufWriter, Write};

/// Prints the tables, or the columns of one.
pub fn schema(arguments: &Schema) -> Result<(), Failure> {
    let engine = crate::run::build(arguments.environment.engine()?)?;
    let with_data = engine.data_tables();
    let mut out = BufWriter::new(std::io::stdout());
    if let Some(name) = &arguments.table {
        let schema = columns_of(&engine, name)?;
        match arguments.format {
            LookupFormat::Table => out.write_all(columns(&schema).as_bytes())?,
            LookupFormat::Json => writeln!(out, "{}", table_object(name, with_data.contains(name), &schema))?,
        }
        return Ok(out.flush()?);
    }
    let names = engine.table_names();
    let width = widest(names.iter().map(String::as_str));
    let mut errors = Vec::new();
    for name in &names {
        let schema = match columns_of(&engine, name) {
            Ok(schema) => schema,
            Err(Failure::Query(error)) => {
                errors.push(error);
                continue;
            }
            Err(other) => return Err(other),
        };
        let has_data = with_data.contains(name);
        match arguments.format {
            LookupFormat::Json => writeln!(out, "{}", table_object(name, has_data, &schema))?,
            LookupFormat::Table => {
                let count = crate::words::plural(schema.columns.len() as u64, "column");
                let data = if has_data { ", data" } else { "" };
                writeln!(out, "{name:width$}  {count}{data}")?;
            }
        }
    }
    out.flush()?;
    errors.iter().for_each(|error| crate::message::message!("error: {error}"));
    if errors.is_empty() { Ok(()) } else { Err(Failure::Reported) }
}

/// Prints the functions, or the description of one.
pub fn functions(arguments: &Functions) -> Result<(), Failure> {
    let mut out = BufWriter::new(std::io::stdout());
    match (&arguments.name, arguments.format) {
        (Some(name), LookupFormat::Table) => out.write_all(function(name)?.as_bytes())?,
        (Some(name), LookupFormat::Json) => {
            let found: Vec<Callable> = callable::named(without_brackets(name)).collect();
            if found.is_empty() {
                return Err(Failure::Query(unknown_function(without_brackets(name))));
            }
            for callable in found {
                writeln!(out, "{}", function_object(callable))?;
            }
        }
        (None, format) => {
            let mut all: Vec<Callable> = callable::all().collect();
            all.sort_by_key(|callable| callable.name());
            let width = widest(all.iter().map(|callable| callable.name()));
            for callable in all {
                match format {
                    LookupFormat::Json => writeln!(out, "{}", function_object(callable))?,
                    LookupFormat::Table => {
                        let (name, kind, summary) = (callable.name(), callable.kind(), callable.summary());
                        writeln!(out, "{name:width$}  {kind:9}  {summary}")?;
                    }
                }
            }
        }
    }
    Ok(out.flush()?)
}

fn widest<'n>(names: impl Iterator<Item = &'n str>) -> usize {
    names.map(|name| name.chars().count()).max().unwrap_or(0)
}

/// The columns of a table.
///
/// # Errors
/// If there is no such table, or its data cannot be read.
pub fn columns_of(engine: &Engine, name: &str) -> Result<TableSchema, Failure> {
    match engine.table_schema(name) {
        Some(schema) => schema.map_err(|e| Failure::Query(e.to_string())),
        None => {
            let names = engine.table_names();
            let like = kql_parser::suggest(name, names.iter().map(String::as_str));
            let like = like.map_or_else(String::new, |like| format!(" Did you mean {like}?"));
            Err(Failure::Query(format!("There is no table {name}.{like}")))
        }
    }
}

/// A line for each column, with its type.
pub fn columns(schema: &TableSchema) -> String {
    let width = widest(schema.columns.iter().map(|column| column.name.as_str()));
    let mut out = String::new();
    schema.columns.iter().for_each(|c| _ = writeln!(out, "{:width$}  {}", c.name, c.ty));
    out
}

fn table_object(name: &str, has_data: bool, schema: &TableSchema) -> Value {
    let columns: Vec<Value> =
        schema.columns.iter().map(|c| json!({ "name": c.name, "type": c.ty.to_string() })).collect();
    json!({ "table": name, "data": has_data, "columns": columns })
}

fn without_brackets(name: &str) -> &str {
    name.trim_end_matches("()")
}

/// The description of a function or an operator.
///
/// # Errors
/// If there is none with this name.
pub fn function(name: &str) -> Result<String, Failure> {
    let name = without_brackets(name);
    let mut out = String::new();
    callable::named(name).for_each(|callable| entry(&mut out, callable));
    if let Some(f) = kql_engine::functions::scalar_operator(name) {
        let _ = writeln!(out, "{} is an operator of expressions. {}", f.name, f.summary);
    }
    if !out.is_empty() {
        return Ok(out);
    }
    if kql_parser::operator_names().any(|operator| operator == name) {
        return Ok(format!("{name} is an operator: {}\n", callable::link(&format!("{name}-operator"))));
    }
    Err(Failure::Query(unknown_function(name)))
}

fn unknown_function(name: &str) -> String {
    let like = kql_parser::suggest(name, callable::all().flat_map(Callable::names));
    let like = like.map_or_else(String::new, |like| format!(" Did you mean {like}()?"));
    format!("There is no function {name}().{like}")
}

fn entry(out: &mut String, callable: Callable) {
    if !out.is_empty() {
        out.push('\n');
    }
    callable.signatures().iter().for_each(|signature| _ = writeln!(out, "{signature}"));
    let _ = writeln!(out, "{}", callable.summary());
    let aliases: Vec<&str> = callable.names().skip(1).collect();
    if !aliases.is_empty() {
        let _ = writeln!(out, "aliases: {}", aliases.join(", "));
    }
    let _ = writeln!(out, "{}", callable::link(callable.page()));
}

fn function_object(callable: Callable) -> Value {
    json!({
        "name": callable.name(),
        "aliases": callable.names().skip(1).collect::<Vec<_>>(),
        "kind": callable.kind(),
        "signatures": callable.signatures(),
        "summary": callable.summary(),
        "page": callable::link(callable.page()),
    })
}

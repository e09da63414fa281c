//! Commands about databases and the columns of their tables.

use super::command::Command;
use super::context::Context;
use super::functions;
use super::reply::Reply;
use crate::catalog::Catalog;
use crate::query_error::QueryError;
use crate::store::SavedFunction;
use crate::values::dotnet;
use kql_engine::ScalarType::{Bool, Guid, String as Text};
use kql_engine::{Column, Engine, TableSchema};
use serde_json::{Map, Value, json};

/// `.show databases`, `... entities`, `... schema as json`
pub async fn databases(context: &Context<'_>, command: &mut Command<'_>) -> Result<Option<Reply>, QueryError> {
    if command.takes("entities") {
        return entities(context).await.map(Some);
    }
    command.takes_kind(kql_parser::Kind::OpenParen);
    let named = if command.rest().starts_with("schema") { None } else { command.optional_name() };
    command.takes_kind(kql_parser::Kind::CloseParen);
    if command.takes("schema") {
        return schema(context, command, named.as_deref().unwrap_or(context.database)).await;
    }
    Ok(Some(list(context)))
}

fn list(context: &Context<'_>) -> Reply {
    let columns = [
        ("DatabaseName", Text),
        ("PersistentStorage", Text),
        ("Version", Text),
        ("IsCurrent", Bool),
        ("DatabaseAccessMode", Text),
        ("PrettyName", Text),
        ("ReservedSlot1", Bool),
        ("DatabaseId", Guid),
        ("InTransitionTo", Text),
        ("SuspensionState", Text),
    ];
    let access = if context.state.settings.read_only { "ReadOnly" } else { "ReadWrite" };
    let row = vec![
        json!(context.database),
        json!(""),
        json!("v1.0"),
        json!(true),
        json!(access),
        json!(context.database),
        Value::Null,
        json!(uuid::Uuid::nil().to_string()),
        json!(""),
        json!(""),
    ];
    Reply::of(&columns, vec![row])
}

/// `.show database D`, `... schema`, `... schema as json`, `... details`
pub async fn database(context: &Context<'_>, command: &mut Command<'_>) -> Result<Option<Reply>, QueryError> {
    // `schema` is a word of the command, unless it is quoted
    let begins = command.rest().trim_start().to_ascii_lowercase();
    let is_word = |word: &str| {
        begins.strip_prefix(word).is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let named =
        if is_word("schema") || is_word("details") || is_word("cslschema") { None } else { command.optional_name() };
    let name = named.as_deref().unwrap_or(context.database);
    if command.takes("schema") {
        return schema(context, command, name).await;
    }
    if command.takes("cslschema") {
        return script(context).await.map(Some);
    }
    if command.is_over() || command.takes("details") {
        return Ok(Some(list(context)));
    }
    Ok(None)
}

/// The schema of a database: as JSON, as a script, or as rows.
pub async fn schema(
    context: &Context<'_>,
    command: &mut Command<'_>,
    database: &str,
) -> Result<Option<Reply>, QueryError> {
    if command.takes_all(&["as", "json"]) {
        return as_json(context, database).await.map(Some);
    }
    if command.takes_all(&["as", "csl"]) {
        return script(context).await.map(Some);
    }
    rows(context, database).await.map(Some)
}

/// The columns of tables that clients list: those with rows, and those that clients created.
async fn listed(context: &Context<'_>) -> Result<Vec<(String, TableSchema)>, QueryError> {
    let engine = context.state.catalog.engine().await?;
    let names: Vec<String> = context.state.catalog.tables().into_iter().map(|(name, _)| name).collect();
    blocking(move || {
        let with_columns = names.into_iter().filter_map(|name| {
            let schema = engine.table_schema(&name)?.ok()?;
            Some((name, schema))
        });
        with_columns.collect()
    })
    .await
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, QueryError> {
    tokio::task::spawn_blocking(work).await.map_err(|_| QueryError::Defect)
}

async fn rows(context: &Context<'_>, database: &str) -> Result<Reply, QueryError> {
    let columns = [
        ("DatabaseName", Text),
        ("TableName", Text),
        ("ColumnName", Text),
        ("ColumnType", Text),
        ("IsDefaultTable", Bool),
        ("IsDefaultColumn", Bool),
        ("PrettyName", Text),
        ("Version", Text),
        ("Folder", Text),
        ("DocString", Text),
    ];
    let row = |table: &str, column: Option<&Column>| {
        let name = column.map_or(Value::from(""), |c| json!(c.name));
        let ty = column.map_or(Value::from(""), |c| json!(dotnet(c.ty)));
        vec![
            json!(database),
            json!(table),
            name,
            ty,
            json!(false),
            json!(false),
            json!(""),
            json!("v1.0"),
            json!(""),
            json!(""),
        ]
    };
    let mut rows = vec![row("", None)];
    for (name, schema) in listed(context).await? {
        rows.push(row(&name, None));
        rows.extend(schema.columns.iter().map(|column| row(&name, Some(column))));
    }
    Ok(Reply::of(&columns, rows))
}

/// The commands that create the tables and functions.
async fn script(context: &Context<'_>) -> Result<Reply, QueryError> {
    let mut lines = Vec::new();
    for (name, schema) in listed(context).await? {
        let columns: Vec<String> =
            schema.columns.iter().map(|c| format!("{}:{}", crate::catalog::bracketed(&c.name), c.ty)).collect();
        lines.push(format!(".create-merge table {} ({})", crate::catalog::bracketed(&name), columns.join(", ")));
    }
    for SavedFunction { name, parameters, body, .. } in context.state.catalog.functions() {
        lines.push(format!(".create-or-alter function {name}{parameters} {{ {body} }}"));
    }
    let rows = lines.into_iter().map(|line| vec![json!(line)]).collect();
    Ok(Reply::of(&[("DatabaseSchemaScript", Text)], rows))
}

async fn as_json(context: &Context<'_>, database: &str) -> Result<Reply, QueryError> {
    let engine = context.state.catalog.engine().await?;
    let catalog = context.state.catalog.clone();
    let name = database.to_owned();
    let text = blocking(move || catalog.described(&name, || described(&catalog, &engine, &name))).await?;
    Ok(Reply::of(&[("DatabaseSchema", Text)], vec![vec![json!(&*text)]]))
}

/// All tables that a query can name, and all functions.
fn described(catalog: &Catalog, engine: &Engine, name: &str) -> String {
    let mut tables = Map::new();
    for table in engine.table_names() {
        if let Some(Ok(schema)) = engine.table_schema(&table) {
            let meta = catalog.ingested(&table).unwrap_or_default();
            let value = json!({"Name": table, "Folder": meta.folder, "DocString": meta.docstring,
                "OrderedColumns": ordered(&schema)});
            tables.insert(table, value);
        }
    }
    let functions = catalog.functions();
    let functions: Map<String, Value> =
        functions.iter().map(|function| (function.name.clone(), function_json(engine, function))).collect();
    let database = json!({"Name": name, "Tables": tables, "ExternalTables": {}, "MaterializedViews": {},
        "EntityGroups": {}, "MajorVersion": 1, "MinorVersion": 0, "Functions": functions,
        "DatabaseAccessMode": "ReadWrite", "ExternalTablesAllowed": false});
    let mut databases = Map::new();
    databases.insert(name.to_owned(), database);
    json!({"Plugins": [], "Databases": databases}).to_string()
}

fn function_json(engine: &Engine, function: &SavedFunction) -> Value {
    let SavedFunction { name, body, folder, docstring, .. } = function;
    // whether it returns a table is seen from a call, if it can be called without arguments
    let checked = engine.check(&format!("{name}()"));
    let output: Vec<Value> = checked.columns.as_deref().unwrap_or_default().iter().map(column).collect();
    json!({"Name": name, "InputParameters": functions::parameters(function), "Body": format!("{{ {body} }}"),
        "Folder": folder, "DocString": docstring, "FunctionKind": "Unknown", "OutputColumns": output})
}

fn column(column: &Column) -> Value {
    json!({"Name": column.name, "Type": dotnet(column.ty), "CslType": crate::values::type_name(column.ty)})
}

fn ordered(schema: &TableSchema) -> Value {
    schema.columns.iter().map(column).collect()
}

async fn entities(context: &Context<'_>) -> Result<Reply, QueryError> {
    let columns = [
        ("DatabaseName", Text),
        ("EntityType", Text),
        ("EntityName", Text),
        ("DocString", Text),
        ("Folder", Text),
        ("CslInputSchema", Text),
        ("Content", Text),
        ("CslOutputSchema", Text),
        ("Properties", Text),
    ];
    let catalog = &context.state.catalog;
    let mut rows = Vec::new();
    for (name, schema) in listed(context).await? {
        let meta = catalog.ingested(&name).unwrap_or_default();
        rows.push(vec![
            json!(context.database),
            json!("Table"),
            json!(name),
            json!(meta.docstring),
            json!(meta.folder),
            json!(""),
            json!(""),
            json!(csl(&schema)),
            json!(""),
        ]);
    }
    for function in catalog.functions() {
        let SavedFunction { name, parameters, body, folder, docstring } = function;
        rows.push(vec![
            json!(context.database),
            json!("Function"),
            json!(name),
            json!(docstring),
            json!(folder),
            json!(parameters),
            json!(body),
            json!(""),
            json!(""),
        ]);
    }
    Ok(Reply::of(&columns, rows))
}

fn csl(schema: &TableSchema) -> String {
    let all: Vec<String> =
        schema.columns.iter().map(|c| format!("{}:{}", c.name, crate::values::type_name(c.ty))).collect();
    all.join(",")
}

async fn columns(context: &Context<'_>, name: &str) -> Result<TableSchema, QueryError> {
    let engine = context.state.catalog.engine().await?;
    let table = name.to_owned();
    match blocking(move || engine.table_schema(&table)).await? {
        Some(Ok(schema)) => Ok(schema),
        Some(Err(error)) => Err(QueryError::of(error.into(), "")),
        None => Err(QueryError::NotFound(format!("Entity '{name}' of kind 'Table' was not found."))),
    }
}

/// `.show table T cslschema`
pub async fn of_table(context: &Context<'_>, name: &str) -> Result<Reply, QueryError> {
    let schema = columns(context, name).await?;
    let meta = context.state.catalog.ingested(name).unwrap_or_default();
    let header = [("TableName", Text), ("Schema", Text), ("DatabaseName", Text), ("Folder", Text), ("DocString", Text)];
    let row =
        vec![json!(name), json!(csl(&schema)), json!(context.database), json!(meta.folder), json!(meta.docstring)];
    Ok(Reply::of(&header, vec![row]))
}

/// `.show table T schema as json`
pub async fn of_table_as_json(context: &Context<'_>, name: &str) -> Result<Reply, QueryError> {
    let schema = columns(context, name).await?;
    let meta = context.state.catalog.ingested(name).unwrap_or_default();
    let text = json!({"Name": name, "OrderedColumns": ordered(&schema)}).to_string();
    let header = [("TableName", Text), ("Schema", Text), ("DatabaseName", Text), ("Folder", Text), ("DocString", Text)];
    let row = vec![json!(name), json!(text), json!(context.database), json!(meta.folder), json!(meta.docstring)];
    Ok(Reply::of(&header, vec![row]))
}

/// `.show table T`
pub async fn columns_of_table(context: &Context<'_>, name: &str) -> Result<Reply, QueryError> {
    let schema = columns(context, name).await?;
    let header = [("AttributeName", Text), ("AttributeType", Text), ("ExtentsCount", kql_engine::ScalarType::Long)];
    let row = |column: &Column| vec![json!(column.name), json!(column.ty.name()), json!(1)];
    Ok(Reply::of(&header, schema.columns.iter().map(row).collect()))
}

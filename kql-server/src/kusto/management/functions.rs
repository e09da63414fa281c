//! Commands about functions.

use super::command::Command;
use super::context::Context;
use super::reply::Reply;
use crate::catalog::IfExists;
use crate::query_error::QueryError;
use crate::store::SavedFunction;
use kql_engine::ScalarType::String as Text;
use kql_parser::Diagnostic;
use kql_parser::ast::{LetValue, ParameterType, StatementKind};
use serde_json::{Value, json};

const COLUMNS: [(&str, kql_engine::ScalarType); 5] =
    [("Name", Text), ("Parameters", Text), ("Body", Text), ("Folder", Text), ("DocString", Text)];

/// The body of a function in braces.
fn braced(function: &SavedFunction) -> String {
    let body = function.body.trim();
    if body.starts_with('{') && body.ends_with('}') { body.to_owned() } else { format!("{{ {body} }}") }
}

fn row(function: &SavedFunction) -> Vec<Value> {
    let SavedFunction { name, parameters, folder, docstring, .. } = function;
    vec![json!(name), json!(parameters), json!(braced(function)), json!(folder), json!(docstring)]
}

/// `.show functions`, `.show function F`
pub fn show(context: &Context<'_>, name: Option<&str>) -> Result<Reply, QueryError> {
    let mut functions = context.state.catalog.functions();
    if let Some(name) = name {
        functions.retain(|function| function.name == name);
        if functions.is_empty() {
            return Err(unknown(name));
        }
    }
    Ok(Reply::of(&COLUMNS, functions.iter().map(row).collect()))
}

fn unknown(name: &str) -> QueryError {
    QueryError::NotFound(format!("Entity '{name}' of kind 'Function' was not found."))
}

/// `.create function`, `.create-or-alter function`, `.alter function`, `.drop function`; `None` for another one.
pub async fn change(context: &Context<'_>, command: &mut Command<'_>, verb: &str) -> Result<Option<Reply>, QueryError> {
    let catalog = &context.state.catalog;
    if verb == "drop" {
        let name = command.name()?;
        let keeps = command.takes("ifexists");
        if !catalog.drop_function(&name).await? && !keeps {
            return Err(unknown(&name));
        }
        return Ok(Some(Reply::of(&[("Name", Text)], vec![vec![json!(name)]])));
    }
    let mut if_exists = match verb {
        "create" => IfExists::Refuse,
        "create-or-alter" | "alter" => IfExists::Replace,
        _ => return Ok(None),
    };
    if command.takes("ifnotexists") {
        if_exists = IfExists::Keep;
    }
    let properties = command.properties()?;
    let name = command.name()?;
    if verb == "alter" && !catalog.functions().iter().any(|function| function.name == name) {
        return Err(unknown(&name));
    }
    let property = |wanted: &str| {
        let found = properties.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let parameters = command.parentheses()?.to_owned();
    let body = command.rest().trim();
    let Some(inner) = body.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return Err(command.expected("the body of the function in braces"));
    };
    let body = inner.trim().to_owned();
    let function = SavedFunction {
        name: name.clone(),
        parameters,
        body,
        folder: property("folder"),
        docstring: property("docstring"),
    };
    check(&function)?;
    catalog.create_function(function, if_exists).await?;
    show(context, Some(&name)).map(Some)
}

/// An error if the function does not parse. What it names can be created later.
fn check(function: &SavedFunction) -> Result<(), QueryError> {
    let text = definition(function);
    let diagnostics = kql_parser::parse(&text).diagnostics;
    if diagnostics.iter().any(Diagnostic::is_error) {
        return Err(QueryError::of(kql_engine::Error::Query(diagnostics), &text));
    }
    Ok(())
}

fn definition(function: &SavedFunction) -> String {
    format!("let f = {} {};", function.parameters, braced(function))
}

/// The parameters of a function as schemas list them.
pub fn parameters(function: &SavedFunction) -> Value {
    let text = definition(function);
    let parsed = kql_parser::parse(&text).query.statements;
    let Some(StatementKind::Let(definition)) = parsed.into_iter().next().map(|statement| statement.kind) else {
        return json!([]);
    };
    let LetValue::Function(parsed) = definition.value else { return json!([]) };
    let shown = parsed.parameters.iter().map(|parameter| {
        let mut value = json!({"Name": parameter.name.text});
        match &parameter.ty {
            ParameterType::Tabular(columns, _) => {
                let columns = columns.iter().map(|column| {
                    let ty = kql_engine::ScalarType::from_name(&column.ty.text).unwrap_or(Text);
                    json!({"Name": column.name.text, "Type": crate::values::dotnet(ty), "CslType": ty.name()})
                });
                value["Columns"] = columns.collect();
            }
            ParameterType::Scalar(ty) => {
                let ty = kql_engine::ScalarType::from_name(&ty.text).unwrap_or(Text);
                value["Type"] = json!(crate::values::dotnet(ty));
                value["CslType"] = json!(ty.name());
            }
        }
        if let Some(default) = &parameter.default {
            value["CslDefaultValue"] = json!(default.span.text(&text));
        }
        value
    });
    shown.collect()
}

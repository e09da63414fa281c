//! The YAML of Sentinel parsers, which are functions.

use serde::Deserialize;

/// A Sentinel parser.
pub struct Parser {
    /// The function's name.
    pub name: String,
    /// Its parameters, with or without parentheses.
    pub parameters: String,
    /// Its body.
    pub body: String,
}

#[derive(Deserialize)]
struct ParserFile {
    #[serde(alias = "FunctionName", alias = "ParserName", alias = "functionAlias")]
    name: String,
    #[serde(alias = "FunctionQuery", alias = "ParserQuery", alias = "query")]
    body: String,
    #[serde(alias = "FunctionParams", alias = "ParserParams", default)]
    parameters: Vec<ParserParameter>,
}

#[derive(Deserialize)]
struct ParserParameter {
    #[serde(rename = "Name")]
    name: String,
    #[serde(rename = "Type")]
    ty: String,
    #[serde(rename = "Default", default)]
    default: Option<serde_json::Value>,
}

/// Why a YAML file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum YamlError {
    /// The file is not a parser.
    #[error("not the YAML of a parser: {0}")]
    Parser(#[source] serde_saphyr::Error),
}

/// The function of a parser's YAML.
pub fn parser(text: &str) -> Result<Parser, YamlError> {
    let file: ParserFile = serde_saphyr::from_str(text).map_err(YamlError::Parser)?;
    let parameters: Vec<String> = file
        .parameters
        .iter()
        .map(|p| match &p.default {
            Some(value) => format!("{}:{}={}", p.name, p.ty, default(value, &p.ty)),
            None => format!("{}:{}", p.name, p.ty),
        })
        .collect();
    Ok(Parser { name: file.name, parameters: parameters.join(", "), body: file.body })
}

/// A default value as a literal.
fn default(value: &serde_json::Value, ty: &str) -> String {
    match value {
        serde_json::Value::String(text) if ty == "string" => serde_json::Value::String(text.clone()).to_string(),
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

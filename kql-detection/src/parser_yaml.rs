//! The YAML of Sentinel parsers, which are functions.

use crate::problem::{Problem, Source};
use crate::yaml::{self, Node};

/// A Sentinel parser.
pub(crate) struct Parser {
    /// The function's name.
    pub name: String,
    /// Its parameters, without parentheses.
    pub parameters: String,
    /// Its body.
    pub body: String,
}

/// The function of a parser's YAML.
///
/// # Errors
/// The file is not valid YAML, or not that of a parser.
pub(crate) fn parser(source: &Source) -> Result<Parser, Problem> {
    let documents = yaml::read(source)?;
    let Some(document) = documents.first() else { return Err(source.whole("not the YAML of a parser: it is empty")) };
    let text = |keys: &[&str]| {
        let found = keys.iter().find_map(|key| document.get(key)?.text());
        found.map(str::to_owned).ok_or_else(|| {
            let key = keys.first().copied().unwrap_or_default();
            source.problem(document.place, format!("not the YAML of a parser: it has no {key}"), None)
        })
    };
    let name = text(&["FunctionName", "ParserName", "functionAlias", "name"])?;
    let body = text(&["FunctionQuery", "ParserQuery", "query", "body"])?;
    let parameters = ["FunctionParams", "ParserParams", "parameters"].iter().find_map(|key| document.get(key)?.list());
    let parameters: Vec<String> = parameters.unwrap_or_default().iter().filter_map(parameter).collect();
    Ok(Parser { name, parameters: parameters.join(", "), body })
}

fn parameter(node: &Node) -> Option<String> {
    let (name, ty) = (node.get("Name")?.text()?, node.get("Type")?.text()?);
    Some(match node.get("Default") {
        Some(value) => format!("{name}:{ty}={}", default(value, ty)),
        None => format!("{name}:{ty}"),
    })
}

/// A default value as a literal.
fn default(value: &Node, ty: &str) -> String {
    let text = value.text().unwrap_or_default();
    if ty == "string" && !value.is_null() {
        serde_json::Value::String(text.to_owned()).to_string()
    } else {
        text.to_owned()
    }
}

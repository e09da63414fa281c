//! The values that a test gives for parameters of the query, and for its scalar `let` statements.

use super::time::{declared_parameters, let_value};
use super::value::{Values, shown};
use crate::problem::{Placed, Problem, Source};
use crate::test_file::{Case, TestFile};
use crate::yaml::Node;
use kql_engine::value::Value;
use kql_engine::{Engine, ScalarType};

/// The parameters of a test.
#[derive(Clone, Copy)]
pub(super) struct Params<'f> {
    pub file: &'f TestFile,
    pub case: &'f Case,
    pub source: &'f Source,
}

impl<'f> Params<'f> {
    /// Its own, and those of the file that it does not have.
    fn all(self) -> impl Iterator<Item = &'f (Placed<String>, Node)> {
        let own = move |name: &str| self.case.params.iter().any(|(own, _)| own.value == name);
        let shared = self.file.settings.params.iter().filter(move |(name, _)| !own(&name.value));
        self.case.params.iter().chain(shared)
    }

    /// The values of the parameters that the query declares, as the engine takes them. Names that the query does not have
    /// are a fault.
    pub fn declared(self, query: &str, engine: &Engine) -> Result<Vec<(String, String)>, Vec<Problem>> {
        if self.all().next().is_none() {
            return Ok(Vec::new());
        }
        let (declared, values) = (declared_parameters(query), Values::new(engine));
        let (mut given, mut problems) = (Vec::new(), Vec::new());
        for (name, node) in self.all() {
            let Some((_, ty)) = declared.iter().find(|(declared, _)| *declared == name.value) else {
                if let_value(query, &name.value).is_none() {
                    let message = format!("the query has no parameter and no scalar let '{}'", name.value);
                    problems.push(self.source.problem(name.place, message, None));
                }
                continue;
            };
            match self.typed(&values, name, node, *ty) {
                Ok(value) => given.push((name.value.clone(), written(&value, *ty))),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(given) } else { Err(problems) }
    }

    /// The query with the values of its scalar `let` statements.
    pub fn with_values(self, query: &str, engine: &Engine) -> Result<String, Vec<Problem>> {
        let mut text = query.to_owned();
        if self.all().next().is_none() {
            return Ok(text);
        }
        let (declared, values) = (declared_parameters(query), Values::new(engine));
        let mut problems = Vec::new();
        for (name, node) in self.all().filter(|(name, _)| declared.iter().all(|(own, _)| *own != name.value)) {
            let Some(at) = let_value(&text, &name.value) else { continue };
            let defined = text.get(..at.end as usize).unwrap_or_default();
            let ty = type_of(engine, defined, &name.value).unwrap_or_else(|| match at.text(&text).trim_start() {
                text if text.starts_with(['"', '\'', '@']) => ScalarType::String,
                _ => values.natural_type(node),
            });
            match self.typed(&values, name, node, ty) {
                Ok(value) => text.replace_range(at.start as usize..at.end as usize, &literal(&value, ty)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(text) } else { Err(problems) }
    }

    fn typed(self, values: &Values, name: &Placed<String>, node: &Node, ty: ScalarType) -> Result<Value, Problem> {
        let wrong = |reason: String, help: Option<&str>| {
            let message = format!("the parameter '{}': {reason}", name.value);
            self.source.problem(node.place, message, help.map(str::to_owned))
        };
        let Some(text) = node.text().map(str::trim) else {
            return match ty {
                ScalarType::Dynamic => values.of(node, ty).map_err(|reason| wrong(reason, None)),
                _ => Err(wrong(format!("expected a {ty}, not {}", node.noun()), None)),
            };
        };
        // alone, a number would be one of days
        if ty == ScalarType::Timespan && text.parse::<f64>().is_ok() {
            return Err(wrong(format!("'{text}' is not a {ty}"), Some("write it with its unit, such as 5m, 1h or 2d")));
        }
        values.of(node, ty).map_err(|reason| wrong(reason, None))
    }
}

/// The type of a `let` scalar; `None` if the statements up to it cannot run alone.
fn type_of(engine: &Engine, defined: &str, name: &str) -> Option<ScalarType> {
    let prepared = engine.prepare(&format!("{defined};\nprint ['{name}']")).ok()?;
    let ty = prepared.schemas().last()?.columns.first()?.ty;
    (ty != ScalarType::Unknown).then_some(ty)
}

/// The text of a value.
fn written(value: &Value, ty: ScalarType) -> String {
    match value {
        // a dynamic that is a text would be shown without quotes
        Value::Text(json) if ty == ScalarType::Dynamic => json.clone(),
        value => shown(value, ty),
    }
}

/// A value as it is written in a query.
fn literal(value: &Value, ty: ScalarType) -> String {
    let text = written(value, ty);
    match ty {
        ScalarType::String | ScalarType::Unknown => serde_json::Value::String(text).to_string(),
        _ if matches!(value, Value::Null) => format!("{ty}(null)"),
        ScalarType::Long => text,
        ty => format!("{ty}({text})"),
    }
}

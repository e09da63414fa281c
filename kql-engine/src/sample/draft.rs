//! What is known of a value before it is chosen: a text with certain parts, a bag with certain properties.

use crate::types::ScalarType;
use crate::value::Value;
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;

/// A step into a dynamic.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// A property.
    Key(String),
    /// An element.
    Place(usize),
}

/// What is known of a value.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Draft {
    /// The value itself, and its type.
    pub exact: Option<(Value, ScalarType)>,
    /// How a text begins.
    pub prefix: String,
    /// How a text ends.
    pub suffix: String,
    /// What a text has between.
    pub pieces: Vec<String>,
    /// The parts of a dynamic.
    pub parts: BTreeMap<Step, Draft>,
    /// The text is JSON of this.
    pub json: Option<Box<Draft>>,
    /// The text is XML of this.
    pub xml: Option<Box<Draft>>,
    /// The parts of a text with something between them.
    pub joined: Option<String>,
}

impl Draft {
    pub fn exact(value: Value, ty: ScalarType) -> Draft {
        Draft { exact: Some((value, ty)), ..Draft::default() }
    }

    pub fn text(value: &str) -> Draft {
        Draft::exact(Value::Text(value.to_owned()), ScalarType::String)
    }

    pub fn piece(text: &str) -> Draft {
        Draft { pieces: vec![text.to_owned()], ..Draft::default() }
    }

    /// A dynamic with this at a step.
    pub fn at(step: Step, inner: Draft) -> Draft {
        Draft { parts: [(step, inner)].into(), ..Draft::default() }
    }

    /// What both say; where they differ, what this one says.
    pub fn merged(mut self, other: Draft) -> Draft {
        self.exact = self.exact.or(other.exact);
        if self.prefix.len() < other.prefix.len() {
            self.prefix = other.prefix;
        }
        if self.suffix.len() < other.suffix.len() {
            self.suffix = other.suffix;
        }
        for piece in other.pieces {
            if !self.pieces.contains(&piece) {
                self.pieces.push(piece);
            }
        }
        for (step, part) in other.parts {
            let own = self.parts.remove(&step).unwrap_or_default();
            self.parts.insert(step, own.merged(part));
        }
        self.json = both(self.json, other.json);
        self.xml = both(self.xml, other.xml);
        self.joined = self.joined.or(other.joined);
        self
    }

    /// A value of a type that is like this.
    pub fn value(&self, ty: ScalarType) -> Option<Value> {
        match ty {
            ScalarType::Dynamic => Some(Value::Text(self.as_json().to_string())),
            ScalarType::String | ScalarType::Unknown => Some(Value::Text(self.as_text())),
            _ => match &self.exact {
                Some((value, own)) if *own == ty => Some(value.clone()),
                _ => None,
            },
        }
    }

    pub fn as_text(&self) -> String {
        if let Some((value, ty)) = &self.exact {
            return text_of(value, *ty);
        }
        if let Some(json) = &self.json {
            return json.as_json().to_string();
        }
        if let Some(xml) = &self.xml {
            return super::xml::text(xml);
        }
        if let Some(between) = &self.joined {
            let last = self.parts.keys().filter_map(|step| match step {
                Step::Place(place) => Some(*place),
                Step::Key(_) => None,
            });
            let part = |place: usize| {
                self.parts.get(&Step::Place(place)).map_or_else(|| "x".to_owned(), |part| part.as_text())
            };
            return (0..=last.max().unwrap_or(0)).map(part).collect::<Vec<_>>().join(between);
        }
        let mut out = self.prefix.clone();
        for piece in &self.pieces {
            if out.to_lowercase().contains(&piece.to_lowercase()) {
                continue;
            }
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(piece);
        }
        if !out.to_lowercase().ends_with(&self.suffix.to_lowercase()) {
            if !self.pieces.is_empty() {
                out.push(' ');
            }
            out.push_str(&self.suffix);
        }
        out
    }

    fn as_json(&self) -> Json {
        if let Some((value, ty)) = &self.exact {
            return json_of(value, *ty);
        }
        let places = self.parts.keys().filter_map(|step| match step {
            Step::Place(place) => Some(*place),
            Step::Key(_) => None,
        });
        if let Some(last) = places.max() {
            let part = |place: usize| self.parts.get(&Step::Place(place)).map_or(Json::Null, Draft::as_json);
            return (0..=last).map(part).collect();
        }
        if self.parts.is_empty() {
            return Json::String(self.as_text());
        }
        let mut bag = Map::new();
        for (step, part) in &self.parts {
            if let Step::Key(key) = step {
                bag.insert(key.clone(), part.as_json());
            }
        }
        Json::Object(bag)
    }
}

/// What both say, if there are two.
fn both(own: Option<Box<Draft>>, other: Option<Box<Draft>>) -> Option<Box<Draft>> {
    match (own, other) {
        (Some(own), Some(other)) => Some(Box::new(own.merged(*other))),
        (own, other) => own.or(other),
    }
}

/// The text of a value, as `tostring()` writes it.
pub(super) fn text_of(value: &Value, ty: ScalarType) -> String {
    match (value, ty) {
        (Value::Text(text), _) => text.clone(),
        (Value::Null, _) => String::new(),
        (Value::Long(ticks), ScalarType::Datetime) => format!("{}Z", kql_parser::time::datetime_text(*ticks)),
        (Value::Long(ticks), ScalarType::Timespan) => kql_parser::time::timespan_text(*ticks),
        (Value::Bool(value), _) => (if *value { "True" } else { "False" }).to_owned(),
        (Value::Int(value), _) => value.to_string(),
        (Value::Long(value), _) => value.to_string(),
        (Value::Real(value), _) => value.to_string(),
        (Value::Decimal(_), _) => String::new(),
    }
}

/// A value inside a dynamic.
pub(super) fn json_of(value: &Value, ty: ScalarType) -> Json {
    match (value, ty) {
        (Value::Null, _) => Json::Null,
        (Value::Text(text), ScalarType::Dynamic) => {
            serde_json::from_str(text).unwrap_or_else(|_| Json::String(text.clone()))
        }
        (Value::Bool(value), _) => Json::Bool(*value),
        (Value::Int(value), _) => Json::from(*value),
        (Value::Long(value), ScalarType::Long | ScalarType::Int) => Json::from(*value),
        (Value::Real(value), _) => serde_json::Number::from_f64(*value).map_or(Json::Null, Json::Number),
        _ => Json::String(text_of(value, ty)),
    }
}

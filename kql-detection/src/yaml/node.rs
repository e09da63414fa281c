//! A node of the tree.

use crate::problem::{Place, Placed};

/// How deep lists and maps can be nested.
pub const DEPTH: usize = 100;

/// A value of a YAML or JSON file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// Where it is written. What an alias stands for keeps the place of the original.
    pub place: Place,
}

/// What a node is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A text, a number, a truth value or null.
    Scalar {
        /// The text.
        text: String,
        /// Whether it is written without quotes, and so may be a number, a truth value or null.
        plain: bool,
        /// For each line of the text, the byte of the file where it starts; empty if the file has it in another form:
        /// folded, or with escapes.
        lines: Vec<usize>,
    },
    /// A list.
    List(Vec<Node>),
    /// Keys and their values, in the order of the file.
    Map(Vec<(Node, Node)>),
}

impl Node {
    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Scalar { text, .. } => Some(text),
            _ => None,
        }
    }

    /// The text of a scalar with its place.
    pub fn placed_text(&self) -> Option<Placed<String>> {
        self.text().map(|text| Placed { value: text.to_owned(), place: self.place })
    }

    /// Where the lines of a scalar are in the file, if they are there as they are.
    pub fn lines(&self) -> &[usize] {
        match &self.kind {
            Kind::Scalar { lines, .. } => lines,
            _ => &[],
        }
    }

    /// The items of a list.
    pub fn list(&self) -> Option<&[Node]> {
        match &self.kind {
            Kind::List(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a map.
    pub fn map(&self) -> Option<&[(Node, Node)]> {
        match &self.kind {
            Kind::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The value of a key. Null if the file says so; `None` if the node is not a map or does not have the key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.map()?.iter().find(|(k, _)| k.text() == Some(key)).map(|(_, value)| value)
    }

    /// Whether it is null: `null`, `~`, or nothing.
    pub fn is_null(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, plain: true, .. } if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// A word for messages.
    pub fn noun(&self) -> &'static str {
        match &self.kind {
            _ if self.is_null() => "nothing",
            Kind::Scalar { .. } => "a single value",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a map",
        }
    }
}

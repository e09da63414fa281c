//! The columns that an operator drops.

use kql_parser::Span;

/// The columns that an operator drops.
#[derive(Clone, Debug)]
pub struct Dropped {
    /// The name of the operator, as it is written.
    pub operator: &'static str,
    /// The position of its name.
    pub at: Span,
    /// The names of the columns; of one that is renamed, the new name too.
    pub names: Vec<(String, Option<String>)>,
}

impl Dropped {
    /// Whether it drops a column with this name, and how it renames it.
    pub fn find(&self, name: &str) -> Option<Option<&str>> {
        let (_, new) = self.names.iter().find(|(old, _)| old == name)?;
        Some(new.as_deref())
    }
}

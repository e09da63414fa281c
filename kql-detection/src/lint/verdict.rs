//! What is found about conditions that are the same for every row.

use kql_parser::Span;

/// What the walk found.
#[derive(Debug, Default)]
pub struct Verdicts {
    /// Conditions that are always the same.
    pub fixed: Vec<Fixed>,
    /// Items of lists that another condition excludes.
    pub dead: Vec<DeadItems>,
}

/// A condition that is the same for every row that reaches it.
#[derive(Clone, Debug)]
pub struct Fixed {
    /// The condition.
    pub at: Span,
    /// Its value.
    pub value: bool,
    /// Why, as the end of a sentence.
    pub because: String,
    /// The condition that it follows from.
    pub follows_from: Option<Span>,
}

/// Items of a list that can never be the value of the column.
#[derive(Clone, Debug)]
pub struct DeadItems {
    /// The condition with the list.
    pub at: Span,
    /// The items.
    pub items: Vec<String>,
    /// The condition that excludes them.
    pub excluded_by: Span,
}

//! What a test file says.

use crate::problem::{Place, Placed, Source};
use crate::yaml::Node;
use std::path::PathBuf;

/// A test file.
#[derive(Clone, Debug)]
pub struct TestFile {
    /// The file and its text.
    pub source: Source,
    /// The file of the rule, if the test file names one.
    pub rule: Option<Placed<PathBuf>>,
    /// What all tests of the file share.
    pub settings: Settings,
    /// The tests, in the order of the file.
    pub cases: Vec<Case>,
}

/// Columns and their values.
pub type Cells = Vec<(Placed<String>, Node)>;

/// What tests share.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// What `now()` is.
    pub now: Option<Placed<String>>,
    /// `sentinel`, `defender` or `unified`.
    pub profile: Option<Placed<String>>,
    /// Values of query parameters, or of `let` scalars of the query.
    pub params: Vec<(Placed<String>, Node)>,
    /// Tables, watchlists, saved functions and external data.
    pub tables: Vec<Given>,
    /// Files of schemas.
    pub schemas: Vec<Placed<PathBuf>>,
    /// Files of saved functions.
    pub functions: Vec<Placed<PathBuf>>,
    /// For each table, the values that its rows leave out.
    pub defaults: Vec<(Placed<String>, Cells)>,
}

/// A test.
#[derive(Clone, Debug)]
pub struct Case {
    /// Its name.
    pub name: Placed<String>,
    /// What `now()` is in this test.
    pub now: Option<Placed<String>>,
    /// Parameters of this test.
    pub params: Vec<(Placed<String>, Node)>,
    /// The tables of this test.
    pub given: Vec<Given>,
    /// What the query must find.
    pub expect: Option<Expect>,
    /// Rows of a table, each a case of its own.
    pub each: Option<Each>,
}

/// Rows of a table that are cases of their own.
#[derive(Clone, Debug)]
pub struct Each {
    /// The table.
    pub table: Placed<String>,
    /// Rows that the query must find.
    pub hit: Vec<GivenRow>,
    /// Rows that it must not find.
    pub miss: Vec<GivenRow>,
}

/// The rows of a table.
#[derive(Clone, Debug)]
pub struct Given {
    /// The table.
    pub table: Placed<String>,
    /// Rows and files, in the order of the file.
    pub parts: Vec<Part>,
}

/// A part of a table.
#[derive(Clone, Debug)]
pub enum Part {
    /// A row.
    Row(GivenRow),
    /// A file of rows.
    File(Placed<PathBuf>),
}

/// A row as it is written.
#[derive(Clone, Debug)]
pub struct GivenRow {
    /// Its name in messages (`$id`).
    pub id: Option<String>,
    /// Its cells.
    pub cells: Vec<(Placed<String>, Node)>,
    /// Its place.
    pub place: Place,
}

/// What a query must find.
#[derive(Clone, Debug)]
pub struct Expect {
    /// The place of the expectation.
    pub place: Place,
    /// Which result of the query is meant: its number from 1, or its name; the last one by default.
    pub result: Option<Placed<String>>,
    /// Each thing that must hold.
    pub all: Vec<Expected>,
}

/// One thing that must hold.
#[derive(Clone, Debug)]
pub enum Expected {
    /// These rows and no others; each row names some of its columns.
    Rows(Vec<GivenRow>, Place),
    /// At least these rows.
    Contains(Vec<GivenRow>, Place),
    /// A number of rows.
    Count(Count, Place),
    /// The columns, in order.
    Columns(Vec<ExpectColumn>, Place),
    /// Whether the rule makes an alert, or how many.
    Alerts(Count, Place),
    /// The entities of the alerts: for each type, the values.
    Entities(Vec<ExpectEntity>, Place),
    /// The rows of a file.
    Snapshot(Placed<PathBuf>),
    /// An error of the query that has this text.
    Error(Placed<String>),
}

/// A range of numbers, bounds included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The smallest number.
    pub low: u64,
    /// The largest number; `None` for any.
    pub high: Option<u64>,
}

/// A column with its type, if it matters.
#[derive(Clone, Debug)]
pub struct ExpectColumn {
    /// The name.
    pub name: Placed<String>,
    /// The type.
    pub ty: Option<Placed<String>>,
}

/// The entities of a type.
#[derive(Clone, Debug)]
pub struct ExpectEntity {
    /// `Account`, `Host`, `IP` ...
    pub kind: Placed<String>,
    /// For each entity, a value, or a map of identifiers and values.
    pub values: Vec<Node>,
}

impl Count {
    /// Exactly this number.
    pub fn exactly(n: u64) -> Count {
        Count { low: n, high: Some(n) }
    }

    /// At least this number.
    pub fn at_least(n: u64) -> Count {
        Count { low: n, high: None }
    }

    /// Whether the number is in the range.
    pub fn has(self, n: u64) -> bool {
        n >= self.low && self.high.is_none_or(|high| n <= high)
    }
}

impl std::fmt::Display for Count {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (self.low, self.high) {
            (low, Some(high)) if low == high => write!(f, "{low}"),
            (0, Some(high)) => write!(f, "at most {high}"),
            (low, Some(high)) => write!(f, "{low} to {high}"),
            (low, None) => write!(f, "at least {low}"),
        }
    }
}

//! Operators that split and search text: `parse`, `parse-kv`, `search`, `find`, `reduce`.

use super::{ColumnDeclaration, Expr, Name, OperatorParameters, Property, TypeName};
use crate::Span;

/// `parse parameters value with pattern`, also `parse-where`
#[derive(Clone, PartialEq, Debug)]
pub struct Parse {
    /// `kind=simple`, `kind=regex flags=U`, `kind=relaxed`
    pub parameters: OperatorParameters,
    /// The text to parse.
    pub value: Expr,
    /// In the order of the text.
    pub pattern: Vec<ParsePart>,
}

/// A part of the pattern of `parse`.
#[derive(Clone, PartialEq, Debug)]
pub struct ParsePart {
    /// What it is.
    pub kind: ParsePartKind,
    /// Its position in the text.
    pub span: Span,
}

/// The forms of a part of a pattern.
#[derive(Clone, PartialEq, Debug)]
pub enum ParsePartKind {
    /// `*`
    Star,
    /// `'text'`: the value with its escapes decoded
    Text(String),
    /// `name`, `name: long`
    Column(Name, Option<TypeName>),
}

/// `parse-kv value as (columns) with (properties)`
#[derive(Clone, PartialEq, Debug)]
pub struct ParseKv {
    /// The text to parse.
    pub value: Expr,
    /// The keys that become columns.
    pub columns: Vec<ColumnDeclaration>,
    /// `pair_delimiter`, `kv_delimiter`, `quote`, `escape`, `greedy`, `regex`
    pub properties: Vec<Property>,
}

/// `T datascope=hotcache`: which data of a table is read
#[derive(Clone, PartialEq, Debug)]
pub struct DataScope {
    /// `all`, `hotcache`
    pub value: Name,
    /// From `datascope` to the end.
    pub span: Span,
}

/// `search parameters in (tables) condition`
#[derive(Clone, PartialEq, Debug)]
pub struct Search {
    /// `kind=case_sensitive`
    pub parameters: OperatorParameters,
    /// `datascope=all`
    pub scope: Option<DataScope>,
    /// `in (A, B*)`
    pub tables: Option<SearchTables>,
    /// `'term' and x: 'y'`, `*`
    pub condition: Expr,
}

/// `in (A, B*, (C | as D))`
#[derive(Clone, PartialEq, Debug)]
pub struct SearchTables {
    /// Names, paths, wildcards, and in `find` `A | as B`.
    pub tables: Vec<Expr>,
    /// From `in` to the end.
    pub span: Span,
}

/// `find parameters in (tables) where condition project columns`
#[derive(Clone, PartialEq, Debug)]
pub struct Find {
    /// `datascope=all`
    pub scope: Option<DataScope>,
    /// `withsource=name`
    pub parameters: OperatorParameters,
    /// `in (A, B*)`
    pub tables: Option<SearchTables>,
    /// After `where`.
    pub condition: Expr,
    /// `project a, b: long`, `project-smart`
    pub project: Option<FindProject>,
    /// `__projectAway a`
    pub project_away: Vec<FindColumn>,
}

/// The columns that `find` returns.
#[derive(Clone, PartialEq, Debug)]
pub enum FindProject {
    /// `project a, b: long, pack(*)`
    Columns(Vec<FindColumn>),
    /// `project-smart`
    Smart,
}

/// A column of `find ... project`.
#[derive(Clone, PartialEq, Debug)]
pub struct FindColumn {
    /// What it is.
    pub kind: FindColumnKind,
    /// Its position in the text.
    pub span: Span,
}

/// The forms of a column of `find ... project`.
#[derive(Clone, PartialEq, Debug)]
pub enum FindColumnKind {
    /// `*`
    Star,
    /// `pack(*)`
    Pack,
    /// `pack_all()`
    PackAll,
    /// `name`, `name: long`
    Column(Name, Option<TypeName>),
}

/// `reduce parameters by value with properties`
#[derive(Clone, PartialEq, Debug)]
pub struct Reduce {
    /// `kind=source`
    pub parameters: OperatorParameters,
    /// The text whose patterns are found.
    pub by: Expr,
    /// `threshold=0.1`, `characters=' '`
    pub properties: Vec<Property>,
}

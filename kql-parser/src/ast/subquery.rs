//! Operators that contain a query: `mv-apply`, `partition`, `fork`, `facet`, `macro-expand`.

use super::{Expr, MvExpandColumn, Name, OperatorParameters, Pipeline, Statement};
use crate::Span;

/// `(where x | take 5)`: operators over the rows of the enclosing operator
#[derive(Clone, PartialEq, Debug)]
pub struct Subquery {
    /// Usually without a source; in `fork`, and with `__contextual_datatable`, it can have one.
    pub pipeline: Pipeline,
    /// The parentheses and everything between them.
    pub span: Span,
}

/// `mv-apply parameters columns limit n on (subquery)`
#[derive(Clone, PartialEq, Debug)]
pub struct MvApply {
    /// `with_itemindex=name`
    pub parameters: OperatorParameters,
    /// The columns that are expanded together.
    pub columns: Vec<MvExpandColumn>,
    /// `limit n`
    pub limit: Option<Expr>,
    /// `id value`, internal to Kusto
    pub id: Option<Expr>,
    /// The operators that run on the items of each row.
    pub subquery: Subquery,
}

/// `partition parameters by column in scope (subquery)`
#[derive(Clone, PartialEq, Debug)]
pub struct Partition {
    /// `hint.strategy=native`
    pub parameters: OperatorParameters,
    /// The column by whose values the rows are split.
    pub by: Expr,
    /// `in f()`: the values
    pub scope: Option<Expr>,
    /// The query that runs on each part.
    pub query: PartitionQuery,
}

/// What `partition` does with each part.
#[derive(Clone, PartialEq, Debug)]
pub enum PartitionQuery {
    /// `(where x | take 5)`: operators over the rows of a part
    Subquery(Subquery),
    /// `{ T | where x == column }`: a separate query, in which the column is a constant
    Query(Expr, Span),
}

/// `__partitionby column id value (subquery)`
#[derive(Clone, PartialEq, Debug)]
pub struct PartitionBy {
    /// `hint.*`
    pub parameters: OperatorParameters,
    /// The column by whose values the rows are split.
    pub by: Expr,
    /// `id value`
    pub id: Option<Expr>,
    /// The operators that run on each part.
    pub subquery: Subquery,
}

/// `name = (subquery)`
#[derive(Clone, PartialEq, Debug)]
pub struct ForkBranch {
    /// The name of the result.
    pub name: Option<Name>,
    /// The operators that run on all rows.
    pub subquery: Subquery,
}

/// `facet by columns with (subquery)`
#[derive(Clone, PartialEq, Debug)]
pub struct Facet {
    /// The columns; each returns a table of its values.
    pub by: Vec<Expr>,
    /// `with (take 5)`, `with take 5`
    pub with: Option<Subquery>,
}

/// `macro-expand parameters group as name (statements)`
#[derive(Clone, PartialEq, Debug)]
pub struct MacroExpand {
    /// `kind=outer`, `isfuzzy=true`
    pub parameters: OperatorParameters,
    /// `entity_group [A, B]`, a name, or a call
    pub group: Expr,
    /// `as X`: the name of the current entity in the query
    pub name: Option<Name>,
    /// The statements that run for each entity; the last one is the result.
    pub body: Vec<Statement>,
    /// The parentheses and everything between them.
    pub body_span: Span,
}

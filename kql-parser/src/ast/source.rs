//! Sources of a pipeline that are written out in the query, and those that only Kusto itself writes.

use super::{ColumnDeclaration, Expr, Name, OperatorParameters, Property, Summarize};
use crate::Span;

/// `datatable (columns) [values]`
#[derive(Clone, PartialEq, Debug)]
pub struct Datatable {
    /// Parameters before the columns; Kusto has none.
    pub parameters: OperatorParameters,
    /// The declared columns.
    pub columns: Vec<ColumnDeclaration>,
    /// The values, row by row, flat.
    pub values: Vec<Expr>,
    /// The brackets and everything between them.
    pub values_span: Span,
}

/// `externaldata (columns) [uris] with (properties)`
#[derive(Clone, PartialEq, Debug)]
pub struct Externaldata {
    /// Parameters before the columns; Kusto has none.
    pub parameters: OperatorParameters,
    /// The declared columns.
    pub columns: Vec<ColumnDeclaration>,
    /// The URIs.
    pub uris: Vec<Expr>,
    /// `format = "csv"`, `ignoreFirstRecord = true`
    pub properties: Vec<Property>,
}

/// `inline_external_table (columns) kind=storage partition by (p: datetime = bin(t, 1d)) pathformat = (...)
/// dataformat=csv ('uri') with (properties)`
#[derive(Clone, PartialEq, Debug)]
pub struct InlineExternalTable {
    /// The declared columns; `kind=delta` needs none.
    pub columns: Vec<ColumnDeclaration>,
    /// `storage`, `delta`
    pub kind: Name,
    /// `partition by (p: datetime = bin(t, 1d))`
    pub partitions: Vec<PartitionColumn>,
    /// `pathformat = ('a/' p '/b')`
    pub path: Vec<PathPart>,
    /// `dataformat=csv`
    pub format: Option<Name>,
    /// The connection strings.
    pub uris: Vec<Expr>,
    /// `a = b`
    pub properties: Vec<Property>,
}

/// `p: datetime = bin(t, 1d)`
#[derive(Clone, PartialEq, Debug)]
pub struct PartitionColumn {
    /// Name and type.
    pub column: ColumnDeclaration,
    /// The expression it is computed from.
    pub value: Option<Expr>,
}

/// A part of a path format.
#[derive(Clone, PartialEq, Debug)]
pub enum PathPart {
    /// `'a/'`
    Text(String),
    /// `p`
    Column(Name),
    /// `datetime_pattern('yyyy', p)`
    Datetime(String, Name),
}

/// `__contextual_datatable id (columns)`
#[derive(Clone, PartialEq, Debug)]
pub struct ContextualDatatable {
    /// The id of the table.
    pub id: Expr,
    /// The declared columns.
    pub columns: Vec<ColumnDeclaration>,
}

/// `materialized-view-combine (name) base (T) delta (T) aggregations (summarize ...)`
#[derive(Clone, PartialEq, Debug)]
pub struct MaterializedViewCombine {
    /// The view.
    pub name: Expr,
    /// The materialized rows.
    pub base: Expr,
    /// The rows that were added since.
    pub delta: Expr,
    /// How the two are combined.
    pub aggregations: Summarize,
}

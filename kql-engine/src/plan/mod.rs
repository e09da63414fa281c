//! The meaning of a query: columns by id, every expression with its type and position. Data only.
//!
//! Column ids are unique within a relation, not within a query: a `let` that is used twice is one shared subtree, and
//! code that joins or unites two relations gives their columns new ids. Row order is explicit: a [`Relation`] names the
//! columns that its rows are ordered by, and every node on the way keeps them, so that lowering can sort only where the
//! order is observed.

mod build;
mod columns;
mod dropped;
mod error;
mod graph;
mod memory;
mod print;
mod row_by_row;
mod traverse;

use crate::encoded::Encoded;
use crate::registry::{AggregateFunction, ScalarFunction};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::{Column, ScalarType};
use crate::value::Value;
use arrow::array::{ArrayRef, BooleanArray, RecordBatch, StringArray};
use datafusion::common::DataFusionError;
use kql_parser::Span;
use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

pub use crate::registry::{ColumnId, Expr, ExprKind, PlanColumn, StageId};
pub use build::{identity, limit, missing, project, replaced, side_by_side, with_new_ids};
pub use columns::ColumnIds;
pub use dropped::Dropped;
pub use error::TableFunctionError;
pub use graph::{
    Graph, GraphCall, GraphCallKind, GraphColumn, GraphCycles, GraphNodes, GraphOver, GraphPattern, GraphPatternEdge,
    GraphStep,
};
pub use memory::{batch_of, in_memory};
pub use print::print;
pub(crate) use row_by_row::is_row_by_row;
pub use traverse::{each_node, is_handed_on, stages_of};

/// The internal name of the column with the positions of the rows in a table: no user column can have this name.
pub const ROW: &str = "\0row";

/// A table under construction: a node, the columns that a user sees, and the order of its rows.
#[derive(Clone, Debug, Default)]
pub struct Relation {
    /// The node that computes its rows.
    pub node: Arc<Node>,
    /// The visible columns, in order.
    pub columns: Vec<PlanColumn>,
    /// The sort keys of the rows; empty if the order is arbitrary.
    pub order: Order,
    /// The keys of the last `sort`, each with the column whose values it orders.
    pub sorted_by: Arc<Vec<(ColumnId, ColumnId)>>,
    /// Whether the query defines the order (`sort`, `top`, `serialize`): window functions require that.
    pub serialized: bool,
    /// Whether undeclared columns can be named (a table whose columns are not known).
    pub open: bool,
    /// Columns that can be named, but are not included in `*`.
    pub hidden: Vec<PlanColumn>,
    /// For an open relation: the `let` that defines it, so that columns named in one place are known wherever it is used.
    pub origin: Option<usize>,
    /// Its name in `withsource`.
    pub name: Option<String>,
    /// `render`, which only annotates.
    pub render: Option<Render>,
    /// Inside `mv-apply` and `partition`: the parts that every operator processes separately.
    pub partition: Option<Arc<Partition>>,
    /// The name of this result in the query, if the query returns several.
    pub title: Option<String>,
    /// The tables of an operator that returns several (`fork`, `facet`); the relation itself has no columns then.
    pub tables: Vec<Relation>,
    /// The result of `make-graph`; the relation itself has no columns then.
    pub graph: Option<Arc<Graph>>,
    /// Columns of a result that have the same value in every row, and are not computed.
    pub constants: Arc<HashMap<ColumnId, Value>>,
    /// The operators before it that dropped columns, so that a message about an unknown name can point at one.
    pub dropped: Arc<Vec<Arc<Dropped>>>,
}

/// The parts of a table that operators process separately. Its columns are hidden, and no operator drops them.
#[derive(Clone, Debug)]
pub struct Partition {
    /// The columns that identify the parts.
    pub keys: Vec<PlanColumn>,
    /// The columns with one value for each part.
    pub carried: Vec<PlanColumn>,
}

/// Sort keys, most significant first.
pub type Order = Vec<OrderKey>;

/// One sort key.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OrderKey {
    /// The column.
    pub column: ColumnId,
    /// Smallest first.
    pub ascending: bool,
    /// Nulls before all others.
    pub nulls_first: bool,
}

/// `render kind with (properties)`
#[derive(Clone, PartialEq, Debug)]
pub struct Render {
    /// `timechart`, `table` ...
    pub kind: String,
    /// In the order of the text.
    pub properties: Vec<(String, String)>,
}

/// How rows are computed.
#[derive(Clone, Debug, Default)]
pub enum Node {
    /// No rows, no columns.
    #[default]
    Nothing,
    /// Rows in memory, columns by position.
    Memory {
        /// The columns.
        columns: Vec<PlanColumn>,
        /// The rows, of the types of [`crate::types`].
        batches: Arc<Vec<RecordBatch>>,
    },
    /// The rows of a subquery that runs first, columns by position; the last column numbers the rows.
    Stage {
        /// The subquery.
        stage: StageId,
        /// The columns.
        columns: Vec<PlanColumn>,
    },
    /// The input with columns that refer to other rows.
    Window {
        /// The input.
        input: Arc<Node>,
        /// The order of the rows; arbitrary if empty.
        order: Order,
        /// The columns that identify the parts; each part is processed separately.
        partition: Vec<ColumnId>,
        /// The column that numbers the rows of a part from 1, in their order.
        row: ColumnId,
        /// The columns added.
        calls: Vec<WindowCall>,
    },
    /// The input with columns that are extracted from a text.
    Extract {
        /// The input.
        input: Arc<Node>,
        /// The text.
        value: Expr,
        /// How the columns are read.
        extractor: Arc<dyn Extractor>,
        /// The columns added.
        columns: Vec<(ColumnId, ScalarType)>,
        /// The column with true for texts that match.
        matched: ColumnId,
    },
    /// A table by name; the columns, by name in the table.
    Scan {
        /// The table's name in the catalogue or the data.
        table: String,
        /// Id and name of the columns.
        columns: Vec<PlanColumn>,
    },
    /// Rows written in the query.
    Values {
        /// The columns, the row number last.
        columns: Vec<PlanColumn>,
        /// Constant expressions, row by row, without the row number.
        rows: Vec<Vec<Expr>>,
    },
    /// `range x from a to b step c`
    Range {
        /// The column.
        column: PlanColumn,
        /// The number of the row, starting with 0: the values can descend.
        row: ColumnId,
        /// First, last, step.
        bounds: Box<[Expr; 3]>,
    },
    /// The rows of its input, which a traced run counts. Plans of other runs do not have it.
    Probe {
        /// The input.
        input: Arc<Node>,
        /// The index of the step in [`Query::steps`].
        step: usize,
    },
    /// Rows for which the predicate is true.
    Filter {
        /// The input.
        input: Arc<Node>,
        /// A bool.
        predicate: Expr,
    },
    /// New columns from old ones; columns not listed are dropped.
    Project {
        /// The input.
        input: Arc<Node>,
        /// In order.
        columns: Vec<(ColumnId, Expr)>,
    },
    /// The first rows, in the given order.
    Limit {
        /// The input.
        input: Arc<Node>,
        /// The number of rows: a constant expression.
        count: Expr,
        /// The order that determines which are first; empty for any.
        order: Order,
        /// The columns that identify the parts; the limit applies to each part.
        partition: Vec<ColumnId>,
    },
    /// Groups and their aggregates; without groups, one row.
    Aggregate {
        /// The input.
        input: Arc<Node>,
        /// The group keys.
        groups: Vec<(ColumnId, Expr)>,
        /// The aggregates.
        aggregates: Vec<Aggregate>,
        /// The order of the input, for aggregates that observe it.
        order: Order,
    },
    /// Combined rows of two tables; the columns of the right one have different ids.
    Join {
        /// The kind of join.
        kind: JoinKind,
        /// Left table.
        left: Arc<Node>,
        /// Right table.
        right: Arc<Node>,
        /// Pairs of keys that must be equal: left, right, of the same type.
        on: Vec<(Expr, Expr)>,
    },
    /// One row of `input` for each distinct value of the keys: the first in order.
    FirstOf {
        /// The input.
        input: Arc<Node>,
        /// The keys.
        keys: Vec<Expr>,
        /// Columns to keep, in order.
        columns: Vec<(ColumnId, ScalarType)>,
        /// The order that determines which row is first; empty for any.
        order: Order,
    },
    /// Rows of several tables one after the other. A column that a table lacks is missing in its rows
    /// ([`Value::missing`]): tables with data are few, and the columns of all tables that a workspace knows are many.
    Union {
        /// The tables, each with some of the columns.
        inputs: Vec<Arc<Node>>,
        /// The columns.
        columns: Vec<(ColumnId, ScalarType)>,
    },
    /// A row for each element of arrays or bags.
    MvExpand {
        /// The input.
        input: Arc<Node>,
        /// The columns that are expanded together.
        columns: Vec<Expanded>,
        /// The column that numbers the elements of one row, from 0.
        index: ColumnId,
        /// The maximum number of elements per row.
        limit: Option<Expr>,
    },
}

/// A column that refers to other rows: `prev()`, `row_number()` and similar functions.
#[derive(Clone, Debug)]
pub struct WindowCall {
    /// The result.
    pub id: ColumnId,
    /// Its type.
    pub ty: ScalarType,
    /// The function; its `eval` is a window.
    pub function: &'static ScalarFunction,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// Extracts columns from a text: the compiled form of `parse` and `parse-kv`.
pub trait Extractor: fmt::Debug + Send + Sync {
    /// Whether each text matches, and the columns; a string column has no nulls.
    fn extract(&self, texts: &StringArray) -> Result<(BooleanArray, Vec<ArrayRef>), DataFusionError>;

    /// What kind it is, and what it was made from, as data.
    fn encode(&self) -> Result<(&'static str, Encoded), DataFusionError>;
}

/// A function over all rows of a subquery at once: the compiled form of plugins such as `basket`, and of `scan`.
pub trait TableFunction: fmt::Debug + Send + Sync {
    /// The operator or plugin that it belongs to, as it is written in KQL.
    fn name(&self) -> &str;

    /// Calls `f` with the expressions that the function evaluates.
    fn expressions(&self, f: &mut dyn FnMut(&Expr));

    /// Adds the result for the rows in their order, its columns by position. The error is a sentence for the user.
    fn run(&self, input: &StoredRows, compiler: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError>;
}

/// Compiles expressions, for functions that process rows one by one.
pub trait Compiler {
    /// Compiles an expression over values of these columns, by position.
    fn compile(&self, columns: &[PlanColumn], e: &Expr) -> Result<Box<dyn Compiled>, DataFusionError>;

    /// Adds a sentence about the rows to the notices of the result.
    fn note(&self, sentence: &str);
}

/// A compiled expression.
pub trait Compiled {
    /// Its value for each row.
    fn values(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, DataFusionError>;

    /// Its value for one row: an array of length 1, from arrays of length 1.
    fn value(&self, row: &[ArrayRef]) -> Result<ArrayRef, DataFusionError> {
        self.values(row, 1)
    }
}

/// An expanded column.
#[derive(Clone, Debug)]
pub struct Expanded {
    /// The result.
    pub id: ColumnId,
    /// Its type: dynamic, or that of `to typeof()`.
    pub ty: ScalarType,
    /// The dynamic that is expanded.
    pub value: Expr,
    /// Whether a bag returns `[key, value]` instead of `{key: value}`.
    pub bag_as_array: bool,
}

/// An aggregate.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// The function.
    pub function: &'static AggregateFunction,
    /// Its arguments.
    pub args: Vec<Expr>,
    /// Type of the result in the signature (of `outputs[0]`).
    pub ty: ScalarType,
    /// The columns it returns.
    pub outputs: Vec<(ColumnId, ScalarType)>,
    /// Its position in the text.
    pub span: Span,
}

/// The kinds of joins.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[allow(missing_docs)] // named as in KQL; innerunique is FirstOf under Inner
pub enum JoinKind {
    Inner,
    LeftOuter,
    RightOuter,
    FullOuter,
    LeftSemi,
    LeftAnti,
    RightSemi,
    RightAnti,
}

/// A subquery that runs first.
#[derive(Clone, Debug)]
pub struct Stage {
    /// Its id in expressions.
    pub id: StageId,
    /// The relation to run.
    pub relation: Relation,
    /// How the result is used.
    pub kind: StageKind,
}

/// How a subquery's result is used.
#[derive(Clone, Debug)]
pub enum StageKind {
    /// `toscalar`: the first column of the first row.
    Scalar,
    /// `in (T)`: all values of the first column, as a dynamic array.
    List,
    /// All rows; a function can convert them to other rows.
    Table(Option<Arc<dyn TableFunction>>),
}

/// The result of a subquery.
#[derive(Clone, Debug)]
pub enum StageResult {
    /// A value.
    Value(Value),
    /// Rows; the last column is their number.
    Rows(Arc<StoredRows>),
}

/// A bound query.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Subqueries, each after those it depends on.
    pub stages: Vec<Stage>,
    /// Results of subqueries that had to be known while the query was bound.
    pub computed: HashMap<StageId, StageResult>,
    /// The results, in the order of the statements.
    pub results: Vec<Relation>,
    /// The URLs of external data, without duplicates.
    pub external: Vec<String>,
    /// The steps that a traced run counts.
    pub steps: Vec<StepInfo>,
}

/// A step of a pipeline, for a traced run.
#[derive(Clone, Debug)]
pub struct StepInfo {
    /// Its position in the text.
    pub span: Span,
    /// The position of the operator's name; `None` for the beginning of a pipeline.
    pub name: Option<Span>,
    /// The pipeline: where its text starts.
    pub pipeline: usize,
    /// Its place in the pipeline, from 0 for the source.
    pub place: usize,
}

impl Relation {
    /// The columns that a query can name: the visible ones, followed by those that `*` does not include.
    pub fn nameable(&self) -> impl Iterator<Item = &PlanColumn> {
        self.columns.iter().chain(&self.hidden)
    }

    /// The visible columns that the plan computes.
    pub fn computed_columns(&self) -> impl Iterator<Item = &PlanColumn> {
        self.columns.iter().filter(|c| !self.constants.contains_key(&c.id))
    }

    /// The keys of the last `sort` that still define the order, with the columns whose values they order.
    pub fn ordered_keys(&self) -> impl Iterator<Item = (ColumnId, ColumnId)> {
        let first = self.order.first().map(|key| key.column);
        // the order of the parts of a table is another than that of the rows in them
        let holds = move |place: usize, key: ColumnId| {
            Some(key) == first || (place > 0 && self.order.get(place).is_some_and(|own| own.column == key))
        };
        self.sorted_by.iter().enumerate().take_while(move |(at, (key, _))| holds(*at, *key)).map(|(_, keys)| *keys)
    }

    /// The places of the visible columns that define the order of its rows, most significant first, as far as they are
    /// visible; empty if the query leaves the order open.
    pub fn ordered_by(&self) -> Vec<usize> {
        let place = |id: ColumnId| self.columns.iter().position(|column| column.id == id);
        self.ordered_keys().filter(|_| self.serialized).map_while(|(_, shown)| place(shown)).collect()
    }

    /// Its columns as a schema.
    pub fn schema(&self) -> crate::types::TableSchema {
        crate::types::TableSchema { columns: self.columns.iter().map(|c| Column::new(c.name.clone(), c.ty)).collect() }
    }
}

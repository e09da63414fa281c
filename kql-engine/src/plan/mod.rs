//! What a query means: columns by id, every expression typed and with its place. Data only.
//!
//! Column ids are unique within a relation, not within a query: a `let` that is used twice is one shared subtree, and
//! whoever joins or unites two relations gives their columns new ids. Row order is explicit: a [`Relation`] names the
//! columns its rows are ordered by, and every node on the way keeps them, so that lowering can sort where the order is
//! observed and nowhere else.

mod build;
mod columns;
mod error;
mod graph;
mod memory;
mod print;
mod traverse;

use crate::registry::{AggregateFunction, ScalarFunction};
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
pub use error::TableFunctionError;
pub use graph::{
    Graph, GraphCall, GraphCallKind, GraphColumn, GraphCycles, GraphNodes, GraphOver, GraphPattern, GraphPatternEdge,
    GraphStep,
};
pub use memory::{batch_of, in_memory};
pub use print::print;
pub use traverse::{is_handed_on, stages_of};

/// What a scan calls the column of its rows' places in the table: no column of a user's can be called so.
pub const ROW: &str = "\0row";

/// A table in the making: a node, the columns a user sees of it, and the order of its rows.
#[derive(Clone, Debug, Default)]
pub struct Relation {
    /// How its rows are made.
    pub node: Arc<Node>,
    /// The visible columns, in order.
    pub columns: Vec<PlanColumn>,
    /// What the rows are ordered by; empty where the order is arbitrary.
    pub order: Order,
    /// Whether a user asked for the order (`sort`, `top`, `serialize`): window functions need it.
    pub serialized: bool,
    /// Whether columns that nobody declared may be named (a table whose columns are not known).
    pub open: bool,
    /// Columns that may be named, and for which `*` does not stand.
    pub hidden: Vec<PlanColumn>,
    /// Of an open relation: which `let` it was made by, so that columns named of it are known wherever it is used.
    pub origin: Option<usize>,
    /// The name it goes by in `withsource`.
    pub name: Option<String>,
    /// `render`, which only annotates.
    pub render: Option<Render>,
    /// Inside `mv-apply` and `partition`: the parts that every operator works on by itself.
    pub partition: Option<Arc<Partition>>,
    /// What the query calls this result, where it gives several.
    pub title: Option<String>,
    /// The tables of an operator that gives several (`fork`, `facet`); the relation itself has no columns then.
    pub tables: Vec<Relation>,
    /// What `make-graph` gives; the relation itself has no columns then.
    pub graph: Option<Arc<Graph>>,
    /// Columns of a result that are the same in every row, and are not computed.
    pub constants: Arc<HashMap<ColumnId, Value>>,
}

/// The parts of a table that operators work on one by one. Its columns are hidden, and no operator loses them.
#[derive(Clone, Debug)]
pub struct Partition {
    /// What makes the parts.
    pub keys: Vec<PlanColumn>,
    /// What has one value for each part.
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
    /// In the order written.
    pub properties: Vec<(String, String)>,
}

/// How rows are made.
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
    /// The rows of a subquery that is run first, columns by position; the last numbers the rows.
    Stage {
        /// Which.
        stage: StageId,
        /// The columns.
        columns: Vec<PlanColumn>,
    },
    /// The input with columns that look at other rows.
    Window {
        /// Where from.
        input: Arc<Node>,
        /// The order of the rows; arbitrary where it is empty.
        order: Order,
        /// Rows that have these in common are looked at by themselves.
        partition: Vec<ColumnId>,
        /// The column that numbers the rows of a part from 1, in their order.
        row: ColumnId,
        /// The columns added.
        calls: Vec<WindowCall>,
    },
    /// The input with columns that are read out of a text.
    Extract {
        /// Where from.
        input: Arc<Node>,
        /// The text.
        value: Expr,
        /// How the columns are read.
        extractor: Arc<dyn Extractor>,
        /// The columns added.
        columns: Vec<(ColumnId, ScalarType)>,
        /// The column that says whether the text has the form.
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
        /// Constant expressions, row by row; the row number is not among them.
        rows: Vec<Vec<Expr>>,
    },
    /// `range x from a to b step c`
    Range {
        /// The column.
        column: PlanColumn,
        /// The number of the row, from 0: the values may go down.
        row: ColumnId,
        /// First, last, step.
        bounds: Box<[Expr; 3]>,
    },
    /// Rows for which the predicate is true.
    Filter {
        /// Where from.
        input: Arc<Node>,
        /// A bool.
        predicate: Expr,
    },
    /// New columns from old ones; columns not listed are gone.
    Project {
        /// Where from.
        input: Arc<Node>,
        /// In order.
        columns: Vec<(ColumnId, Expr)>,
    },
    /// The first rows, in the order given.
    Limit {
        /// Where from.
        input: Arc<Node>,
        /// How many: a constant expression.
        count: Expr,
        /// The order that says which are first; empty for any.
        order: Order,
        /// So many of each part of the rows that have these in common.
        partition: Vec<ColumnId>,
    },
    /// Groups and their aggregates; without groups, one row.
    Aggregate {
        /// Where from.
        input: Arc<Node>,
        /// The group keys.
        groups: Vec<(ColumnId, Expr)>,
        /// The aggregates.
        aggregates: Vec<Aggregate>,
        /// The order of the input, for aggregates that observe it.
        order: Order,
    },
    /// Rows of two tables side by side; the right one's columns have ids of their own.
    Join {
        /// Which rows.
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
        /// Where from.
        input: Arc<Node>,
        /// The keys.
        keys: Vec<Expr>,
        /// Columns to keep, in order.
        columns: Vec<(ColumnId, ScalarType)>,
        /// The order that says which row is first; empty for any.
        order: Order,
    },
    /// Rows of several tables one after the other, columns by position.
    Union {
        /// The tables, each with the columns in order.
        inputs: Vec<Arc<Node>>,
        /// The columns.
        columns: Vec<(ColumnId, ScalarType)>,
    },
    /// A row for each element of arrays or bags.
    MvExpand {
        /// Where from.
        input: Arc<Node>,
        /// What is expanded, in step.
        columns: Vec<Expanded>,
        /// The column that numbers the elements of one row, from 0.
        index: ColumnId,
        /// Most elements of one row.
        limit: Option<Expr>,
    },
}

/// A column that looks at other rows: `prev()`, `row_number()` and kin.
#[derive(Clone, Debug)]
pub struct WindowCall {
    /// The result.
    pub id: ColumnId,
    /// Its type.
    pub ty: ScalarType,
    /// Which function; its row's `eval` is a window.
    pub function: &'static ScalarFunction,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// How columns are read out of a text: the compiled form of `parse` and `parse-kv`.
pub trait Extractor: fmt::Debug + Send + Sync {
    /// Whether each text has the form, and the columns; a string column has no nulls.
    fn extract(&self, texts: &StringArray) -> (BooleanArray, Vec<ArrayRef>);
}

/// What is done with all rows of a subquery at once: the compiled form of plugins such as `basket`, and of `scan`.
pub trait TableFunction: fmt::Debug + Send + Sync {
    /// Calls `f` with the expressions that the function computes.
    fn expressions(&self, f: &mut dyn FnMut(&Expr));

    /// The result, its columns by position, of the rows in their order.
    fn run(&self, input: &[RecordBatch], compiler: &dyn Compiler) -> Result<Vec<RecordBatch>, TableFunctionError>;
}

/// Makes expressions ready to be computed, for functions that work row by row.
pub trait Compiler {
    /// An expression over values of these columns, by position.
    fn compile(&self, columns: &[PlanColumn], e: &Expr) -> Result<Box<dyn Compiled>, DataFusionError>;

    /// Says something about the rows that the result's notices tell.
    fn note(&self, sentence: &str);
}

/// An expression ready to be computed.
pub trait Compiled {
    /// Its value for each row.
    fn values(&self, columns: &[ArrayRef], rows: usize) -> Result<ArrayRef, DataFusionError>;

    /// Its value for one row: an array of one, from arrays of one.
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
    /// Whether a bag gives `[key, value]` rather than `{key: value}`.
    pub bag_as_array: bool,
}

/// An aggregate.
#[derive(Clone, Debug)]
pub struct Aggregate {
    /// Which.
    pub function: &'static AggregateFunction,
    /// Its arguments.
    pub args: Vec<Expr>,
    /// Type of the result as the signature has it (of `outputs[0]`).
    pub ty: ScalarType,
    /// The columns it gives.
    pub outputs: Vec<(ColumnId, ScalarType)>,
    /// Where it is written.
    pub span: Span,
}

/// Which rows a join gives.
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

/// A subquery that is run first.
#[derive(Clone, Debug)]
pub struct Stage {
    /// How expressions name it.
    pub id: StageId,
    /// What to run; its first column counts.
    pub relation: Relation,
    /// What becomes of the result.
    pub kind: StageKind,
}

/// What becomes of a subquery's result.
#[derive(Clone, Debug)]
pub enum StageKind {
    /// `toscalar`: the first column of the first row.
    Scalar,
    /// `in (T)`: all values of the first column, as a dynamic array.
    List,
    /// All rows; a function makes others of them.
    Table(Option<Arc<dyn TableFunction>>),
}

/// The result of a subquery.
#[derive(Clone, Debug)]
pub enum StageResult {
    /// A value.
    Value(Value),
    /// Rows, the last column their number.
    Rows(Arc<Vec<RecordBatch>>),
}

/// A bound query.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// Subqueries, each after those it needs.
    pub stages: Vec<Stage>,
    /// Results of subqueries that had to be known before the query could be bound.
    pub computed: HashMap<StageId, StageResult>,
    /// The results, in the order of the statements.
    pub results: Vec<Relation>,
    /// The addresses of external data, each once.
    pub external: Vec<String>,
}

impl Relation {
    /// The columns that a query may name: the visible ones, and behind them those for which `*` does not stand.
    pub fn nameable(&self) -> impl Iterator<Item = &PlanColumn> {
        self.columns.iter().chain(&self.hidden)
    }

    /// The visible columns that the plan computes.
    pub fn computed_columns(&self) -> impl Iterator<Item = &PlanColumn> {
        self.columns.iter().filter(|c| !self.constants.contains_key(&c.id))
    }

    /// Its columns as a schema.
    pub fn schema(&self) -> crate::types::TableSchema {
        crate::types::TableSchema { columns: self.columns.iter().map(|c| Column::new(c.name.clone(), c.ty)).collect() }
    }
}

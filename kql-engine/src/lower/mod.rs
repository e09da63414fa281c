//! From plan to DataFusion's `LogicalPlan`. No other module builds DataFusion nodes.
//!
//! If binding succeeded, lowering cannot fail: an error here is a defect of the engine.

mod aggregate;
mod barrier;
mod expr;
mod extract;
mod memory;
mod mv_expand;
mod node;
mod order_key;
pub(crate) mod probe;
mod range;
mod running_windows;
mod segment;
mod udaf;
mod values;
mod window;

pub(crate) use barrier::Barrier;
pub(crate) use extract::ExtractUdf;
pub(crate) use order_key::OrderKeyUdf;
pub(crate) use probe::RecordingExec;
pub(crate) use range::RangeStream;
pub(crate) use running_windows::{RunningWindows, RunningWindowsExec};
pub(crate) use segment::PlannedExec;
pub(crate) use udaf::Udaf;

use crate::geo_ip::GeoIp;
use crate::notes::Notes;
use crate::plan::{ColumnId, Node, Order, Relation, StageId, StageResult};
use crate::strategy::Strategy;
use crate::trace::Tracing;
use datafusion::catalog::TableProvider;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Column, Result, exec_err};
use datafusion::execution::session_state::SessionState;
use datafusion::logical_expr::{Expr, LogicalPlan, LogicalPlanBuilder, Projection, SortExpr};
use kql_parser::Diagnostic;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

/// Provides tables to scans.
pub trait Tables {
    /// The rows of a table that the query named.
    fn provider(&self, name: &str) -> Result<Arc<dyn TableProvider>>;

    /// The database for IP addresses, if the user provides one.
    fn places(&self) -> Option<Arc<GeoIp>> {
        None
    }

    /// What the run records, if it is traced.
    fn tracing(&self) -> Option<&Arc<Tracing>> {
        None
    }

    /// The notes of the run.
    fn notes(&self) -> Notes {
        Notes::default()
    }
}

/// The state of lowering one plan.
pub struct Lowering<'a> {
    /// Computes constants.
    pub state: &'a SessionState,
    /// Finds tables.
    pub tables: &'a dyn Tables,
    /// Results of the subqueries that ran before.
    pub stages: &'a HashMap<StageId, StageResult>,
    /// Shared subtrees are lowered once.
    lowered: RefCell<HashMap<*const Node, Lowered>>,
    /// How large the expressions of columns are, written out down to the tables.
    sizes: RefCell<HashMap<ColumnId, usize>>,
    /// The diagnostic for a constant that cannot be used, such as an invalid regular expression.
    diagnostic: RefCell<Option<Diagnostic>>,
}

struct Lowered {
    /// Kept so that no other node gets its address.
    _node: Arc<Node>,
    plan: LogicalPlan,
    /// How many nodes stand above each other.
    depth: usize,
}

impl<'a> Lowering<'a> {
    /// Starts with nothing lowered.
    pub fn new(state: &'a SessionState, tables: &'a dyn Tables, stages: &'a HashMap<StageId, StageResult>) -> Self {
        Lowering {
            state,
            tables,
            stages,
            lowered: RefCell::default(),
            sizes: RefCell::default(),
            diagnostic: RefCell::default(),
        }
    }

    /// Whether the plan should find groups and first rows by sorting.
    fn sorts(&self) -> bool {
        self.state.config().get_extension::<Strategy>().is_some_and(|strategy| *strategy == Strategy::Sorting)
    }

    /// The error of the query that was found, if any.
    pub fn take_diagnostic(&self) -> Option<Diagnostic> {
        self.diagnostic.borrow_mut().take()
    }

    /// The plan of a result: its rows in order, its columns by position. The user's names, which can be anything, are set
    /// outside of the plan.
    pub fn result(&self, relation: &Relation) -> Result<LogicalPlan> {
        let plan = self.node(&relation.node)?;
        let plan = sorted(plan, &relation.order, None)?;
        if has_columns(&plan, relation.computed_columns().map(|c| c.id)) {
            return Ok(plan);
        }
        let columns = relation.computed_columns().map(|c| column(c.id).alias(result_name(c.id)));
        projected(plan, columns.collect())
    }
}

/// Whether a plan has just these columns, in this order, and so needs no projection: for each one, DataFusion looks up all
/// columns by name several times.
fn has_columns(plan: &LogicalPlan, columns: impl Iterator<Item = ColumnId>) -> bool {
    plan.schema().fields().iter().map(|field| field.name().as_str()).eq(columns.map(name))
}

/// Columns that rows can have between two steps: the time that DataFusion needs grows with the square of their number.
const MOST_COLUMNS: usize = 10_000;

fn check_width(columns: usize) -> Result<()> {
    if columns > MOST_COLUMNS {
        return exec_err!(
            "Rows of this query have {columns} columns, and can have at most {MOST_COLUMNS}. Use project to name the ones \
             it needs."
        );
    }
    Ok(())
}

/// A projection, built without DataFusion's builder, which searches the whole plan for every column; a search over many
/// tables has thousands of columns and expressions.
fn projected(plan: LogicalPlan, exprs: Vec<Expr>) -> Result<LogicalPlan> {
    check_width(exprs.len())?;
    let exprs = {
        let schema = plan.schema();
        let tables: HashMap<&str, _> = schema.iter().map(|(table, field)| (field.name().as_str(), table)).collect();
        let with_table = |e: Expr| match e {
            Expr::Column(column) if column.relation.is_none() => {
                let table = tables.get(column.name.as_str()).copied().flatten().cloned();
                Ok(Transformed::yes(Expr::Column(Column::new(table, column.name))))
            }
            other => Ok(Transformed::no(other)),
        };
        exprs.into_iter().map(|e| e.transform(with_table).data()).collect::<Result<Vec<_>>>()?
    };
    Ok(LogicalPlan::Projection(Projection::try_new(exprs, Arc::new(plan))?))
}

/// A column by its id.
fn column(id: ColumnId) -> Expr {
    Expr::Column(Column::new_unqualified(name(id)))
}

/// The internal name of a scanned table.
const TABLE: &str = "t";

/// A column of a table that has the internal names, qualified with the table.
fn table_column(id: ColumnId) -> Expr {
    Expr::Column(Column::new(Some(TABLE), name(id))).alias(name(id))
}

/// The internal name of a column.
fn name(id: ColumnId) -> String {
    format!("c{}", id.0)
}

/// The name of a column in the last projection, which can have a column twice.
fn result_name(id: ColumnId) -> String {
    format!("r{}", id.0)
}

/// Above this number of first rows, [`Strategy::Sorting`] sorts all rows.
const HEAP: usize = 10_000;

/// The plan with its rows in order, limited to the first `fetch`.
fn sorted(plan: LogicalPlan, order: &Order, fetch: Option<usize>) -> Result<LogicalPlan> {
    let builder = LogicalPlanBuilder::from(plan);
    // DataFusion's top-k does not accept 0
    if order.is_empty() || fetch == Some(0) {
        return match fetch {
            Some(n) => builder.limit(0, Some(n))?.build(),
            None => builder.build(),
        };
    }
    let keys: Vec<SortExpr> = order.iter().map(|k| column(k.column).sort(k.ascending, k.nulls_first)).collect();
    builder.sort_with_limit(keys, fetch)?.build()
}

//! From AST to plan: names to symbols, types, overloads, result names. Reports all errors of a query, not just the first.
//!
//! The binder does not know how a plan runs.

mod assignments;
pub mod callable;
mod calls;
mod coerce;
pub mod dropped;
mod environment;
mod expression;
mod graph;
mod groups;
mod invented;
mod literals;
mod meaning;
mod open;
mod patterns;
mod plan_size;
mod result_names;
mod scope;
mod service;
mod special;
mod statements;
mod steps;
mod table;
mod times;

pub use assignments::{Assigned, ColumnNames, gives_several, plain_column};
pub use environment::{Arrivals, Environment, ExternalMissing, StoredFunction};
pub use expression::{Row, Side, balanced};
pub use graph::{PatternNames, PatternVariable};
pub use groups::grouped;
pub(crate) use invented::InventedColumns;
pub use open::known;
pub use plan_size::MAX_PLAN_SIZE;
pub use scope::{Scope, Symbol, UserFunction, UserPattern};

use crate::meaning::Parts;
use crate::plan::{
    Aggregate, ColumnId, ColumnIds, ExprKind, Node, OrderKey, PlanColumn, Query, Relation, Stage, StageId, WindowCall,
};
use crate::types::ScalarType;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};
use std::collections::HashMap;
use std::sync::Arc;

/// A bound query and its diagnostics.
#[derive(Debug)]
pub struct Bound {
    /// The plan; must not run if a diagnostic is an error.
    pub query: Query,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The columns that the query has named of watchlists whose rows are made up.
    pub of_watchlists: InventedColumns,
}

/// Binds a query against the tables and functions of `environment`.
pub fn bind(query: &ast::Query, environment: &dyn Environment) -> Bound {
    let mut binder = Binder::new(environment);
    binder.statements(&query.statements);
    binder.finish()
}

/// Binds a query, and records what its parts stand for.
pub fn bind_with_parts(query: &ast::Query, environment: &dyn Environment) -> (Bound, Parts) {
    let mut binder = Binder::new(environment);
    binder.recorder = Some(meaning::Recorder::default());
    binder.statements(&query.statements);
    let parts = binder.recorder.take().map(|recorder| recorder.parts).unwrap_or_default();
    (binder.finish(), parts)
}

/// The state of binding one query.
pub struct Binder<'a> {
    /// Where tables and saved functions come from.
    pub environment: &'a dyn Environment,
    /// The innermost scope of `let` names.
    pub scope: Scope,
    query: Query,
    diagnostics: Vec<Diagnostic>,
    /// Gives columns their ids.
    pub ids: ColumnIds,
    /// The number of unnamed columns so far.
    unnamed: u32,
    /// Aggregates found so far, if aggregates are allowed.
    aggregates: Option<Vec<Aggregate>>,
    /// Calls of functions that refer to other rows, since the operator began.
    windows: Vec<WindowCall>,
    /// While the body of a saved function is bound, whose spans refer to another text: the call, and the function's name.
    inside: Option<(Span, String)>,
    /// The nesting depth of calls of users' functions.
    depth: u32,
    /// The nesting depth of tables: a subquery cannot see the rows of the enclosing table.
    table_depth: u32,
    /// In `graph-match` and similar operators: the names of the pattern, and the functions over them found so far.
    pub pattern: Option<PatternNames>,
    /// The options of `set` so far.
    options: HashMap<String, kql_parser::ast::Expr>,
    /// The time given by `set query_now`.
    now: Option<i64>,
    /// The names used of relations whose columns are not known.
    open: open::OpenNames,
    /// The watchlists whose rows are made up, and their origins.
    watchlists: Vec<(String, usize)>,
    /// How large the plan has become.
    plan_size: plan_size::PlanSize,
    /// What the parts of the query stand for, if a tool asks for it.
    recorder: Option<meaning::Recorder>,
}

impl<'a> Binder<'a> {
    fn new(environment: &'a dyn Environment) -> Self {
        Binder {
            environment,
            scope: Scope::default(),
            query: Query::default(),
            diagnostics: Vec::new(),
            ids: ColumnIds::default(),
            unnamed: 0,
            aggregates: None,
            windows: Vec::new(),
            inside: None,
            depth: 0,
            table_depth: 0,
            pattern: None,
            options: HashMap::new(),
            now: None,
            open: open::OpenNames::default(),
            watchlists: Vec::new(),
            plan_size: plan_size::PlanSize::default(),
            recorder: None,
        }
    }

    fn finish(mut self) -> Bound {
        self.diagnostics.sort_by_key(|d| d.span);
        self.diagnostics.dedup();
        let of_watchlists = self.named_of_watchlists();
        Bound { query: self.query, diagnostics: self.diagnostics, of_watchlists }
    }

    /// Adds a message. Inside a saved function it points at the call.
    pub fn report(&mut self, mut diagnostic: Diagnostic) {
        if let Some((span, name)) = &self.inside {
            // a vendor's parser names columns that not every table has: such a query is only checked, and its columns are
            // known
            if !self.environment.evaluates() && matches!(diagnostic.code, codes::UNKNOWN_NAME | codes::DUPLICATE_COLUMN)
            {
                diagnostic.severity = kql_parser::Severity::Warning;
            }
            diagnostic.message = format!("In the function '{name}': {}", diagnostic.message);
            diagnostic.span = *span;
            diagnostic.labels.clear();
        }
        self.diagnostics.push(diagnostic);
    }

    /// Whether the body of a saved function is being bound.
    pub fn in_saved_function(&self) -> bool {
        self.inside.is_some()
    }

    /// Adds an error.
    pub fn error(&mut self, code: kql_parser::Code, span: Span, message: impl Into<String>) {
        self.report(Diagnostic::error(code, span, message));
    }

    /// A new column id.
    pub fn new_id(&mut self) -> ColumnId {
        self.ids.fresh()
    }

    /// A new visible column.
    pub fn new_column(&mut self, name: impl Into<String>, ty: ScalarType) -> PlanColumn {
        self.ids.column(name, ty)
    }

    /// The rows of a relation, for operators whose columns depend on them; `None` if nothing can run, or if the
    /// query already has errors.
    pub fn evaluate(
        &mut self,
        relation: &Relation,
    ) -> Option<Result<Arc<crate::stored_rows::StoredRows>, crate::error::Error>> {
        if self.diagnostics.iter().any(Diagnostic::is_error) {
            return None;
        }
        self.environment.evaluate(&mut self.query, relation)
    }

    /// Whether rows can be computed while the query is bound.
    pub fn evaluates(&self) -> bool {
        self.environment.evaluates()
    }

    /// Records the URL of external data.
    pub fn add_external(&mut self, address: &str) {
        if self.query.external.iter().all(|a| a != address) {
            self.query.external.push(address.to_owned());
        }
    }

    /// Registers a subquery to be run before the plan that uses it.
    pub fn add_stage(&mut self, relation: Relation, kind: crate::plan::StageKind) -> StageId {
        let id = StageId(self.query.stages.len() as u32);
        self.query.stages.push(Stage { id, relation, kind });
        id
    }

    /// Binds something in which aggregates are allowed; those it finds are added to `aggregates`.
    pub fn with_aggregates<R>(&mut self, aggregates: &mut Vec<Aggregate>, f: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.aggregates.replace(std::mem::take(aggregates));
        let result = f(self);
        *aggregates = std::mem::replace(&mut self.aggregates, outer).unwrap_or_default();
        result
    }

    /// The input, plus columns for the functions that refer to other rows in the expressions bound since the last call.
    /// The columns are after the visible ones; the rows keep their order.
    pub fn with_windows(&mut self, input: Relation) -> Relation {
        let mut calls = std::mem::take(&mut self.windows);
        let mut relation = input;
        while !calls.is_empty() {
            // a call that uses another call's result comes after it
            let pending: Vec<ColumnId> = calls.iter().map(|c| c.id).collect();
            let (now, later): (Vec<WindowCall>, Vec<WindowCall>) = calls.into_iter().partition(|call| {
                let mut waits = false;
                for arg in &call.args {
                    arg.walk(&mut |e| waits |= matches!(&e.kind, ExprKind::Column(id) if pending.contains(id)));
                }
                !waits
            });
            calls = if now.is_empty() { Vec::new() } else { later };
            relation = self.window(relation, now);
        }
        relation
    }

    /// The input with its rows numbered, plus columns that refer to other rows; ordered by the number.
    pub fn window(&mut self, input: Relation, calls: Vec<WindowCall>) -> Relation {
        let row = self.new_id();
        let partition: Vec<ColumnId> = input.partition.iter().flat_map(|p| p.keys.iter().map(|k| k.id)).collect();
        let node = Node::Window { input: input.node.clone(), order: input.order.clone(), partition, row, calls };
        // rows with equal order keep the order that the window saw
        let (order, sorted_by) = match input.partition {
            Some(_) => (input.order.clone(), input.sorted_by.clone()),
            None => (
                vec![OrderKey { column: row, ascending: true, nulls_first: true }],
                Arc::new(input.ordered_keys().map(|(_, shown)| (row, shown)).collect()),
            ),
        };
        Relation { node: Arc::new(node), order, sorted_by, ..input }
    }

    /// A relation without columns or rows, used after an error was reported.
    pub fn empty_relation(&mut self) -> Relation {
        Relation {
            node: Arc::new(Node::Values { columns: Vec::new(), rows: Vec::new() }),
            columns: Vec::new(),
            open: true,
            ..Relation::default()
        }
    }
}

/// The name of the column, if the expression is only that name.
pub fn plain_column_name(e: &ast::Expr, row: Row) -> Option<String> {
    plain_column(e, row).map(|c| c.name.clone())
}

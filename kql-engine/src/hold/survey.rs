//! What queries read, and what they need, found without running them.

use super::QueryReads;
use super::needs::Needs;
use crate::budget;
use crate::database::CatalogSnapshot;
use crate::deep_stack::on_deep_stack;
use crate::engine_core::{EngineCore, compile};
use crate::lower::Lowering;
use crate::plan::{self, Expr, ExprKind, Node, Query, each_node};
use crate::strategy::Strategy;
use kql_parser::Diagnostic;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio_util::sync::CancellationToken;

/// For each table the columns that queries read.
pub(super) type Wanted = BTreeMap<String, BTreeSet<String>>;

/// What is known about queries.
#[derive(Default)]
pub(super) struct Survey {
    /// What each query reads, in their order.
    pub(super) reads: Vec<QueryReads>,
    /// What each query needs.
    pub(super) needs: Vec<Needs>,
    /// The columns that any of them reads.
    pub(super) wanted: Wanted,
}

struct One {
    reads: QueryReads,
    needs: Needs,
    wanted: Wanted,
}

/// What the queries read. Nothing runs: the columns of a query that depend on its rows are not known.
pub(super) fn survey(core: &Arc<EngineCore>, snapshot: &CatalogSnapshot, queries: &[&str]) -> Survey {
    let found: Mutex<Vec<(usize, One)>> = Mutex::default();
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..core.limits.partitions.clamp(1, 64) {
            scope.spawn(|| {
                on_deep_stack(|| {
                    loop {
                        let at = next.fetch_add(1, Ordering::Relaxed);
                        let Some(text) = queries.get(at) else { return };
                        let one = of_query(core, snapshot, text);
                        found.lock().unwrap_or_else(PoisonError::into_inner).push((at, one));
                    }
                });
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.sort_by_key(|(at, _)| *at);
    let mut survey = Survey::default();
    for (_, One { reads, needs, wanted }) in found {
        survey.reads.push(reads);
        survey.needs.push(needs);
        for (table, columns) in wanted {
            survey.wanted.entry(table).or_default().extend(columns);
        }
    }
    survey
}

fn of_query(core: &Arc<EngineCore>, snapshot: &CatalogSnapshot, text: &str) -> One {
    let _entered = budget::enter(core.budget(&CancellationToken::new()));
    let bound = catch_unwind(AssertUnwindSafe(|| {
        let (mut bound, _) = compile(text, &snapshot.at(core.time()));
        let is_valid = !bound.diagnostics.iter().any(Diagnostic::is_error);
        let mut needs = Needs::Nothing;
        if is_valid {
            crate::rewrite::rewrite(&mut bound.query);
            needs = Needs::of(&bound.query);
            // what does not run is still checked
            if needs != Needs::Nothing {
                bound.diagnostics.extend(of_constants(core, snapshot, &bound.query));
            }
        }
        (bound, needs)
    }));
    // a defect is reported when the query runs
    let Ok((bound, needs)) = bound else {
        return One { reads: QueryReads::default(), needs: Needs::Nothing, wanted: Wanted::new() };
    };
    let mut wanted = Wanted::new();
    for (table, columns) in columns_read(&bound.query) {
        if snapshot.has_rows(&table) {
            wanted.entry(snapshot.own_name(&table).to_owned()).or_default().extend(columns);
        }
    }
    let mut tables = crate::database::tables(&bound.query);
    tables.sort();
    let with_data = tables.iter().filter(|name| snapshot.has_rows(name)).cloned().collect();
    One { reads: QueryReads { diagnostics: bound.diagnostics, tables, with_data, can_have_rows: true }, needs, wanted }
}

/// The error about a constant that a function cannot use, such as an invalid regular expression: lowering finds it.
fn of_constants(core: &Arc<EngineCore>, snapshot: &CatalogSnapshot, query: &Query) -> Option<Diagnostic> {
    let (state, stages) = (core.local_session(Strategy::InMemory), HashMap::new());
    let lowering = Lowering::new(&state, snapshot, &stages);
    let mut lower = |e: &Expr| {
        e.walk(&mut |part| {
            if matches!(part.kind, ExprKind::Call(..)) && has_no_stage(part) {
                let _ = lowering.expr(part);
            }
        });
    };
    each_node(query, &mut |node| node.expressions(&mut lower));
    lowering.take_diagnostic()
}

fn has_no_stage(e: &Expr) -> bool {
    let mut found = false;
    e.walk(&mut |part| found |= matches!(part.kind, ExprKind::Stage(_)));
    !found
}

/// The columns of each table that the query reads.
fn columns_read(query: &Query) -> Wanted {
    let mut wanted = Wanted::new();
    each_node(query, &mut |node| {
        if let Node::Scan { table, columns } = node {
            let names = columns.iter().filter(|column| column.name != plan::ROW).map(|column| column.name.clone());
            wanted.entry(table.clone()).or_default().extend(names);
        }
    });
    wanted
}

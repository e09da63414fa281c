//! What a traced run records: how many rows reach each step, how often each condition is true, and which rows of a table
//! get how far.
//!
//! A run that is not traced has none of this in its plan.

mod carry;
mod marks;

pub(crate) use carry::carry;
pub(crate) use marks::{MARK, numbers};

use crate::plan::{ColumnId, StepInfo};
use datafusion::physical_plan::ExecutionPlan;
use kql_parser::Span;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The most followed rows that are kept for one step or condition, and the most keys of a side of a join.
const MOST_KEPT: usize = 10_000;

/// What a traced run records beside the numbers of rows.
#[derive(Clone, Debug, Default)]
pub struct TraceOptions {
    /// The table whose rows are followed.
    pub follow: Option<Follow>,
    /// Whether nothing is counted: then only [`Trace::sources`] is there, and the run is nearly as fast as one that is not
    /// traced. For tables in memory only: a file may be filtered before its rows are numbered.
    pub only_sources: bool,
    /// Whether each item of a list (`in`, `has_any`) is counted by itself.
    pub items: bool,
}

/// Rows that are followed through a query.
#[derive(Clone, Debug)]
pub struct Follow {
    /// Their table.
    pub table: String,
    /// Their numbers, as a trace returns them; `None` for all rows.
    pub rows: Option<BTreeSet<i64>>,
}

/// What a traced run has recorded.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    /// The steps of all pipelines, in the order of the text.
    pub steps: Vec<Step>,
    /// The conditions that were computed, by their position in the text.
    pub leaves: BTreeMap<(u32, u32), Leaf>,
    /// The keys of joins, by the position of the first key in the text.
    pub joins: BTreeMap<(u32, u32), JoinKeys>,
    /// For each result and each of its rows, the numbers of the followed rows that it was made from; empty if rows could
    /// not be followed to the result.
    pub sources: Vec<Vec<Vec<i64>>>,
}

/// A step of a pipeline: its source, or an operator.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its position in the text.
    pub span: Span,
    /// The operator as it is written; `source` for the beginning of a pipeline.
    pub name: String,
    /// The pipeline that it belongs to.
    pub pipeline: usize,
    /// Its place in the pipeline, from 0 for the source.
    pub place: usize,
    /// Whether it ran.
    pub ran: bool,
    /// How often it is in the plan: a `let` can be used several times, and what each use returned is added up.
    pub times: u64,
    /// The rows that it returned.
    pub rows: u64,
    /// Their size in memory.
    pub bytes: u64,
    /// The processor time of the operators that this step became; `None` for those that measure none.
    pub time: Option<Duration>,
    /// What these operators wrote to temporary files, in bytes.
    pub spilled: u64,
    /// The followed rows among those it returned, or that its rows were made from; up to 10,000.
    pub followed: BTreeSet<i64>,
    /// Whether rows can be followed through it.
    pub can_follow: bool,
}

/// A condition without `and` and `or`.
#[derive(Clone, Debug, Default)]
pub struct Leaf {
    /// Rows for which it was true.
    pub is_true: u64,
    /// Rows for which it was false.
    pub is_false: u64,
    /// Rows for which it was null, which counts as false.
    pub is_null: u64,
    /// For each item of its list, the rows that the item alone would find; empty without a list.
    pub items: Vec<u64>,
    /// Its value for followed rows.
    pub rows: BTreeMap<i64, Vec<LeafValue>>,
}

/// The value of a condition for a row, and those of its operands.
#[derive(Clone, Debug, PartialEq)]
pub struct LeafValue {
    /// True, false, or null.
    pub value: Option<bool>,
    /// The positions of the operands that are not constants, and their values as displayed.
    pub operands: Vec<(Span, String)>,
}

/// The keys of a join.
#[derive(Clone, Debug, Default)]
pub struct JoinKeys {
    /// Those of the left side.
    pub left: SideKeys,
    /// Those of the right side.
    pub right: SideKeys,
}

/// The keys of a side of a join.
#[derive(Clone, Debug, Default)]
pub struct SideKeys {
    /// Those of the followed rows.
    pub followed: BTreeMap<i64, Vec<Vec<String>>>,
    /// All different ones, up to 10,000.
    pub all: BTreeSet<Vec<String>>,
}

/// The recorder of a run.
#[derive(Debug, Default)]
pub(crate) struct Tracing {
    pub options: TraceOptions,
    records: Mutex<Records>,
}

#[derive(Debug, Default)]
struct Records {
    steps: HashMap<usize, StepRecord>,
    leaves: BTreeMap<(u32, u32), Leaf>,
    joins: BTreeMap<(u32, u32), JoinKeys>,
    /// The columns with the numbers of followed rows.
    marks: HashSet<ColumnId>,
    /// The steps through which rows cannot be followed.
    lost: HashSet<usize>,
    plans: Vec<Arc<dyn ExecutionPlan>>,
}

#[derive(Debug, Default)]
struct StepRecord {
    /// How often a plan that ran has it.
    times: u64,
    rows: u64,
    bytes: u64,
    followed: BTreeSet<i64>,
    time: Option<Duration>,
    spilled: u64,
}

impl Tracing {
    pub(crate) fn new(options: TraceOptions) -> Tracing {
        Tracing { options, ..Tracing::default() }
    }

    fn records(&self) -> MutexGuard<'_, Records> {
        self.records.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a column with the numbers of followed rows.
    pub(crate) fn add_mark(&self, id: ColumnId) {
        self.records().marks.insert(id);
    }

    pub(crate) fn is_mark(&self, id: ColumnId) -> bool {
        self.records().marks.contains(&id)
    }

    pub(crate) fn lose(&self, step: usize) {
        self.records().lost.insert(step);
    }

    /// Keeps a plan, to read its metrics at the end.
    pub(crate) fn add_plan(&self, plan: Arc<dyn ExecutionPlan>) {
        self.records().plans.push(plan);
    }

    pub(crate) fn take_plans(&self) -> Vec<Arc<dyn ExecutionPlan>> {
        std::mem::take(&mut self.records().plans)
    }

    /// Adds what the operators of a step have measured.
    pub(crate) fn add_cost(&self, step: usize, time: Option<Duration>, spilled: u64) {
        let mut records = self.records();
        let record = records.steps.entry(step).or_default();
        record.spilled += spilled;
        if let Some(time) = time {
            *record.time.get_or_insert_default() += time;
        }
    }

    /// A plan that ran has this step once more.
    pub(crate) fn add_use(&self, step: usize) {
        if let Some(record) = self.records().steps.get_mut(&step) {
            record.times += 1;
        }
    }

    /// A step begins to run.
    pub(crate) fn start(&self, step: usize) {
        self.records().steps.entry(step).or_default();
    }

    /// Adds rows that a step has returned.
    pub(crate) fn add_rows(&self, step: usize, rows: u64, bytes: u64, followed: impl IntoIterator<Item = i64>) {
        let mut records = self.records();
        let record = records.steps.entry(step).or_default();
        record.rows += rows;
        record.bytes += bytes;
        for row in followed {
            if record.followed.len() >= MOST_KEPT {
                break;
            }
            record.followed.insert(row);
        }
    }

    /// Changes what is known of a condition.
    pub(crate) fn leaf(&self, at: Span, change: impl FnOnce(&mut Leaf)) {
        change(self.records().leaves.entry((at.start, at.end)).or_default());
    }

    /// Changes what is known of the keys of a join.
    pub(crate) fn join(&self, at: Span, change: impl FnOnce(&mut JoinKeys)) {
        change(self.records().joins.entry((at.start, at.end)).or_default());
    }

    /// Everything recorded, with the steps in the order of the text; a part of the text that the plan has several times is
    /// one step.
    pub(crate) fn finish(&self, steps: &[StepInfo], text: &str) -> Trace {
        let mut records = self.records();
        let mut merged: BTreeMap<(u32, u32, usize, usize), Step> = BTreeMap::new();
        for (id, info) in steps.iter().enumerate() {
            let record = records.steps.remove(&id);
            let ran = record.is_some();
            let record = record.unwrap_or_default();
            let lost = records.lost.contains(&id);
            let key = (info.span.start, info.span.end, info.pipeline, info.place);
            let step = merged.entry(key).or_insert_with(|| Step {
                span: info.span,
                name: info.name.map_or("source", |name| name.text(text)).to_owned(),
                pipeline: info.pipeline,
                place: info.place,
                ran: false,
                times: 0,
                rows: 0,
                bytes: 0,
                time: None,
                spilled: 0,
                followed: BTreeSet::new(),
                can_follow: true,
            });
            step.ran |= ran;
            step.times += record.times;
            step.rows += record.rows;
            step.bytes += record.bytes;
            step.spilled += record.spilled;
            step.can_follow &= !lost;
            step.followed.extend(record.followed);
            if let Some(time) = record.time {
                *step.time.get_or_insert_default() += time;
            }
        }
        Trace {
            steps: merged.into_values().collect(),
            leaves: std::mem::take(&mut records.leaves),
            joins: std::mem::take(&mut records.joins),
            sources: Vec::new(),
        }
    }
}

impl Leaf {
    /// Adds the value of the condition for a followed row.
    pub(crate) fn keep(&mut self, row: i64, value: LeafValue) {
        if self.rows.len() >= MOST_KEPT && !self.rows.contains_key(&row) {
            return;
        }
        let kept = self.rows.entry(row).or_default();
        if kept.len() < 8 && !kept.contains(&value) {
            kept.push(value);
        }
    }
}

impl SideKeys {
    /// Adds a key, and the followed rows that have it.
    pub(crate) fn add(&mut self, key: Vec<String>, rows: Vec<i64>) {
        for row in rows {
            if self.followed.len() < MOST_KEPT || self.followed.contains_key(&row) {
                let kept = self.followed.entry(row).or_default();
                if kept.len() < 8 && !kept.contains(&key) {
                    kept.push(key.clone());
                }
            }
        }
        if self.all.len() < MOST_KEPT {
            self.all.insert(key);
        }
    }
}

//! `scan`: matches rows in their order against steps that store earlier rows.
//!
//! Every step has a state: the last row of each step up to it. A row is tested against the steps from the last to the
//! first. If the previous step has a state and the row meets the condition, that state moves on; otherwise, a step
//! that has a state itself takes the row.
//! <https://learn.microsoft.com/kusto/query/scan-operator>

use super::sort::{self, DynamicKeys};
use crate::bind::{Binder, Row};
use crate::plan::{
    Compiled, Compiler, Expr, Partition, PlanColumn, Relation, StageKind, TableFunction, TableFunctionError,
};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, new_empty_array, new_null_array};
use arrow::compute::concat;
use datafusion::common::DataFusionError;
use kql_parser::ast::{self, ScanOutput};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

pub(super) fn bind(binder: &mut Binder, scan: &ast::Scan, input: Relation, span: Span) -> Relation {
    let input = match scan.order.as_slice() {
        [] => input,
        keys => sort::by_keys(binder, keys, input, DynamicKeys::Rejected),
    };
    if !scan.partition.is_empty() {
        binder.error(
            codes::UNSUPPORTED_SYNTAX,
            span,
            "scan with partition by is not supported yet; put partition by around scan instead.",
        );
        return Relation { open: true, ..input };
    }
    if !input.serialized {
        binder.report(
            Diagnostic::error(codes::ORDER_NEEDED, span, "scan needs sorted input.")
                .with_help("add sort, top or serialize before it"),
        );
        return Relation { open: true, ..input };
    }
    // the function gets the visible columns, and after them the columns that identify the parts
    let keys: Vec<PlanColumn> = input.partition.iter().flat_map(|p| p.keys.clone()).collect();
    let carried: Vec<PlanColumn> = input.partition.iter().flat_map(|p| p.carried.clone()).collect();
    let mut given = input.columns.clone();
    given.extend(keys.iter().chain(&carried).cloned());
    let mut declared: Vec<(PlanColumn, Expr)> = Vec::new();
    for parameter in &scan.declare {
        let ast::ParameterType::Scalar(ty) = &parameter.ty else {
            binder.error(codes::INVALID_TYPE_NAME, parameter.name.span, "Expected a scalar type.");
            continue;
        };
        let ty = binder.scalar_type(ty);
        let default = match &parameter.default {
            Some(default) => binder.expr(default, Row::default()).convert(ty),
            None => Expr { span: parameter.name.span, ..crate::plan::missing(ty) },
        };
        declared.push((binder.new_column(parameter.name.text.clone(), ty), default));
    }
    // the columns that each step stores
    let own: Vec<PlanColumn> = input.columns.iter().chain(declared.iter().map(|(c, _)| c)).cloned().collect();
    let states: Vec<(String, Vec<PlanColumn>)> = scan
        .steps
        .iter()
        .map(|s| {
            let columns = own.iter().map(|c| PlanColumn { id: binder.new_id(), ..c.clone() }).collect();
            (s.name.text.clone(), columns)
        })
        .collect();
    let row = Row { columns: &own, steps: &states, ..Row::default() };
    let mut steps = Vec::with_capacity(scan.steps.len());
    for step in &scan.steps {
        let condition = binder.predicate(&step.condition, row);
        let mut assignments = Vec::new();
        for assignment in &step.assignments {
            let value = binder.expr(&assignment.value, row);
            // a declared column hides one of the input
            match own.iter().rposition(|c| c.name == assignment.name.text) {
                Some(place) => {
                    let ty = own.get(place).map_or(value.ty, |c| c.ty);
                    assignments.push((place, value.convert(ty)));
                }
                None => {
                    let name = &assignment.name.text;
                    let message = format!("The column '{name}' is neither declared in scan nor part of its input.");
                    binder.error(codes::UNKNOWN_NAME, assignment.name.span, message);
                }
            }
        }
        steps.push(Step { condition, assignments, output: step.output.unwrap_or(ScanOutput::All) });
    }
    let match_id = super::parameter(&scan.parameters, &["with_match_id"]).map(|(name, _)| name.to_owned());
    let mut columns: Vec<PlanColumn> = given
        .iter()
        .chain(declared.iter().map(|(c, _)| c))
        .map(|c| PlanColumn { id: binder.new_id(), ..c.clone() })
        .collect();
    if let Some(name) = &match_id {
        columns.push(binder.new_column(name.clone(), ScalarType::Long));
    }
    let broken = steps.iter().any(|s| s.condition.is_error() || s.assignments.iter().any(|(_, e)| e.is_error()))
        || declared.iter().any(|(_, e)| e.is_error());
    let visible = input.columns.len();
    let parts = keys.len();
    let hidden: Vec<PlanColumn> = columns.iter().skip(visible).take(parts + carried.len()).cloned().collect();
    let shown: Vec<PlanColumn> = columns
        .iter()
        .enumerate()
        .filter(|(i, _)| *i < visible || *i >= visible + hidden.len())
        .map(|(_, c)| c.clone())
        .collect();
    if broken {
        return Relation { columns: shown, ..binder.empty_relation() };
    }
    let function = ScanFunction {
        visible,
        parts,
        given: given.len(),
        columns: own,
        states: states.into_iter().map(|(_, columns)| columns).collect(),
        defaults: declared.into_iter().map(|(_, e)| e).collect(),
        steps,
        match_id: match_id.is_some(),
        types: columns.iter().map(|c| c.ty).collect(),
    };
    let name = input.name.clone();
    let node = crate::plan::project(&input, crate::plan::identity(&given));
    let whole = Relation { node, columns: given, partition: None, ..input };
    // the rows of a part are consecutive
    let whole = parted_order(whole, &keys);
    let staged = binder.staged(whole, StageKind::Table(Some(Arc::new(function))), Some(columns));
    let (new_keys, new_carried) = hidden.split_at(parts.min(hidden.len()));
    let partition = (parts > 0).then(|| Arc::new(Partition { keys: new_keys.to_vec(), carried: new_carried.to_vec() }));
    Relation { columns: shown, partition, serialized: true, name, ..staged }
}

fn parted_order(relation: Relation, keys: &[PlanColumn]) -> Relation {
    let mut order: Vec<crate::plan::OrderKey> =
        keys.iter().map(|k| crate::plan::OrderKey { column: k.id, ascending: true, nulls_first: true }).collect();
    order.extend(relation.order.iter().filter(|k| keys.iter().all(|c| c.id != k.column)).copied());
    Relation { order, ..relation }
}

#[derive(Debug)]
struct Step {
    condition: Expr,
    /// Index among the columns of a row, and value.
    assignments: Vec<(usize, Expr)>,
    output: ScanOutput,
}

#[derive(Debug)]
struct ScanFunction {
    /// The number of returned columns that a user sees.
    visible: usize,
    /// The number of columns after them that identify the parts.
    parts: usize,
    /// The number of returned columns.
    given: usize,
    /// The columns of a row: visible and declared.
    columns: Vec<PlanColumn>,
    /// The columns for the state of each step.
    states: Vec<Vec<PlanColumn>>,
    defaults: Vec<Expr>,
    steps: Vec<Step>,
    match_id: bool,
    types: Vec<ScalarType>,
}

/// The number of rows that are returned at once.
const CHUNK: usize = 4096;

/// The last row of each step up to one: visible and declared values, each in an array of length 1.
type Memory = Vec<Option<Vec<ArrayRef>>>;

#[derive(Clone)]
struct State {
    memory: Memory,
    match_id: i64,
    /// A row of `output=last` that is not returned yet.
    pending: Option<Vec<ArrayRef>>,
}

struct Running<'s> {
    scan: &'s ScanFunction,
    conditions: Vec<Box<dyn Compiled>>,
    assignments: Vec<Vec<(usize, Box<dyn Compiled>)>>,
    defaults: Vec<ArrayRef>,
    states: Vec<Option<State>>,
    next_match: i64,
    out: Vec<Vec<ArrayRef>>,
}

impl TableFunction for ScanFunction {
    fn name(&self) -> &str {
        "scan"
    }

    fn expressions(&self, f: &mut dyn FnMut(&Expr)) {
        self.defaults.iter().for_each(&mut *f);
        for step in &self.steps {
            f(&step.condition);
            step.assignments.iter().for_each(|(_, e)| f(e));
        }
    }

    fn run(&self, input: &StoredRows, compiler: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let layout: Vec<PlanColumn> = self.columns.iter().chain(self.states.iter().flatten()).cloned().collect();
        let compile = |e: &Expr| compiler.compile(&layout, e);
        let mut conditions = Vec::new();
        let mut assignments = Vec::new();
        for step in &self.steps {
            conditions.push(compile(&step.condition)?);
            let mut compiled = Vec::new();
            for (place, e) in &step.assignments {
                compiled.push((*place, compile(e)?));
            }
            assignments.push(compiled);
        }
        let mut defaults = Vec::new();
        for e in &self.defaults {
            let nothing: Vec<ArrayRef> = layout.iter().map(|c| new_null_array(&c.ty.arrow(), 1)).collect();
            defaults.push(compile(e)?.value(&nothing)?);
        }
        let mut running = Running {
            scan: self,
            conditions,
            assignments,
            defaults,
            states: vec![None; self.steps.len()],
            next_match: 0,
            out: vec![Vec::new(); self.types.len()],
        };
        let mut part: Option<Vec<ArrayRef>> = None;
        for batch in input.batches()? {
            let batch = &batch?;
            for i in 0..batch.num_rows() {
                let values: Vec<ArrayRef> = batch.columns().iter().map(|a| a.slice(i, 1)).collect();
                let key = values.get(self.visible..self.visible + self.parts).unwrap_or_default().to_vec();
                if part.as_ref() != Some(&key) {
                    running.finish();
                    running.states.fill(None);
                    running.next_match = 0;
                    part = Some(key);
                }
                running.row(&values)?;
            }
            if running.out.first().is_some_and(|column| column.len() >= CHUNK) {
                running.hand_on(out)?;
            }
        }
        running.finish();
        running.hand_on(out)
    }
}

impl Running<'_> {
    /// The values that an expression of a step sees: the row, and the stored rows of the steps.
    fn seen(&self, row: &[ArrayRef], memory: Option<&Memory>) -> Vec<ArrayRef> {
        let mut seen: Vec<ArrayRef> = row.get(..self.scan.visible).unwrap_or_default().to_vec();
        seen.extend(self.defaults.iter().cloned());
        for (step, columns) in self.scan.states.iter().enumerate() {
            match memory.and_then(|m| m.get(step)).and_then(Option::as_ref) {
                Some(values) => seen.extend(values.iter().cloned()),
                None => {
                    for (i, column) in columns.iter().enumerate() {
                        seen.push(match i.checked_sub(self.scan.visible).and_then(|d| self.defaults.get(d)) {
                            Some(default) => default.clone(),
                            None if column.ty == ScalarType::String => {
                                Arc::new(arrow::array::StringArray::from(vec![""])) as ArrayRef
                            }
                            None => new_null_array(&column.ty.arrow(), 1),
                        });
                    }
                }
            }
        }
        seen
    }

    fn meets(&self, step: usize, row: &[ArrayRef], memory: Option<&Memory>) -> Result<bool, DataFusionError> {
        let Some(condition) = self.conditions.get(step) else { return Ok(false) };
        let value = condition.value(&self.seen(row, memory))?;
        let bools = value.as_any().downcast_ref::<BooleanArray>();
        Ok(bools.is_some_and(|b| !b.is_empty() && b.is_valid(0) && b.value(0)))
    }

    fn row(&mut self, row: &[ArrayRef]) -> Result<(), DataFusionError> {
        for step in (0..self.scan.steps.len()).rev() {
            let before = step.checked_sub(1).and_then(|b| self.states.get(b).cloned().flatten());
            if let Some(before) = before
                && self.meets(step, row, Some(&before.memory))?
            {
                if let Some(slot) = step.checked_sub(1).and_then(|b| self.states.get_mut(b)) {
                    *slot = None;
                }
                self.give_out(before.pending.clone());
                self.take_in(step, row, State { pending: None, ..before })?;
                continue;
            }
            let own = self.states.get(step).cloned().flatten();
            if step > 0 && own.is_none() {
                continue;
            }
            if self.meets(step, row, own.as_ref().map(|s| &s.memory))? {
                // a first step that is already in a match stays in it
                let state = own.unwrap_or_else(|| {
                    let match_id = self.next_match;
                    self.next_match += 1;
                    State { memory: Vec::new(), match_id, pending: None }
                });
                self.take_in(step, row, state)?;
            }
        }
        Ok(())
    }

    /// Stores the row in the step, and returns it if the step's output requires that.
    fn take_in(&mut self, step: usize, row: &[ArrayRef], mut state: State) -> Result<(), DataFusionError> {
        let mut values: Vec<ArrayRef> = row.get(..self.scan.visible).unwrap_or_default().to_vec();
        values.extend(self.defaults.iter().cloned());
        let seen = self.seen(row, Some(&state.memory));
        for (place, assignment) in self.assignments.get(step).map(Vec::as_slice).unwrap_or_default() {
            if let Some(slot) = values.get_mut(*place) {
                *slot = assignment.value(&seen)?;
            }
        }
        let (visible, declared) = values.split_at(self.scan.visible.min(values.len()));
        let mut cells: Vec<ArrayRef> = visible.to_vec();
        cells.extend_from_slice(row.get(self.scan.visible..self.scan.given).unwrap_or_default());
        cells.extend_from_slice(declared);
        if self.scan.match_id {
            cells.push(Arc::new(Int64Array::from(vec![state.match_id])));
        }
        state.memory.resize(self.scan.steps.len(), None);
        if let Some(slot) = state.memory.get_mut(step) {
            *slot = Some(values);
        }
        match self.scan.steps.get(step).map(|s| s.output) {
            Some(ScanOutput::All) => self.give_out(Some(cells)),
            Some(ScanOutput::Last) => state.pending = Some(cells),
            _ => {}
        }
        if let Some(slot) = self.states.get_mut(step) {
            *slot = Some(state);
        }
        Ok(())
    }

    /// Stores the rows that were returned so far.
    fn hand_on(&mut self, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let mut arrays: Vec<ArrayRef> = Vec::with_capacity(self.out.len());
        for (cells, ty) in self.out.iter().zip(&self.scan.types) {
            arrays.push(if cells.is_empty() {
                new_empty_array(&ty.arrow())
            } else {
                concat(&cells.iter().map(AsRef::as_ref).collect::<Vec<&dyn Array>>())?
            });
        }
        self.out.iter_mut().for_each(Vec::clear);
        Ok(out.extend(crate::plan::batch_of(self.scan.types.iter().copied(), arrays))?)
    }

    fn give_out(&mut self, cells: Option<Vec<ArrayRef>>) {
        for (column, cell) in self.out.iter_mut().zip(cells.into_iter().flatten()) {
            column.push(cell);
        }
    }

    /// At the end of a part: returns the pending rows.
    fn finish(&mut self) {
        let pending: Vec<Option<Vec<ArrayRef>>> = self.states.iter_mut().flatten().map(|s| s.pending.take()).collect();
        pending.into_iter().for_each(|cells| self.give_out(cells));
    }
}

//! `rolling_percentile`: a percentile of the last bins, bin by bin. Exact: the nearest rank.
//!
//! <https://learn.microsoft.com/kusto/query/rolling-percentile-plugin>

use super::Plugin;
use super::timeline::{self, Axis, Numbered};
use crate::bind::Binder;
use crate::plan::{Compiler, Expr, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, ArrayRef, Int64Array, UInt32Array};
use arrow::compute::{concat, sort_to_indices, take};
use kql_parser::ast;
use kql_parser::codes;
use std::sync::Arc;

pub static ROLLING_PERCENTILE: Plugin = Plugin {
    name: "rolling_percentile",
    signature: "(value, percentile: number, time, bin, bins: long, [dimension], ...)",
    summary: "For each bin, a percentile over a window of bins that ends with it.",
    page: "rolling-percentile-plugin",
    bind,
};

fn bind(binder: &mut Binder, evaluate: &ast::Evaluate, input: Relation) -> Relation {
    bound(binder, evaluate, &input).unwrap_or_else(|| binder.empty_relation())
}

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation) -> Option<Relation> {
    let [value, percentage, index, size, bins, dimensions @ ..] = evaluate.call.args.as_slice() else {
        timeline::too_few(binder, evaluate, 5);
        return None;
    };
    let value_span = value.span;
    let value = super::column_of(binder, value, input)?;
    if !value.ty.is_summable() {
        let message = "The argument value must be summable: a number, timespan or datetime.";
        binder.error(codes::SUMMABLE_EXPECTED, value_span, message);
        return None;
    }
    let bound = binder.fixed(percentage);
    let mut text = String::new();
    let share = match bound.as_constant() {
        Some(Value::Real(real)) => {
            crate::render::real(*real, &mut text);
            *real
        }
        Some(value) if bound.ty.is_integer() => {
            let whole = value.as_long()?;
            text = whole.to_string();
            whole as f64
        }
        _ => {
            if bound.ty != ScalarType::Unknown {
                binder.error(
                    codes::NUMBER_EXPECTED,
                    percentage.span,
                    "Percentile must be a constant of type long or real.",
                );
            }
            return None;
        }
    };
    if !(0.0..=100.0).contains(&share) {
        binder.error(codes::INVALID_ARGUMENT, percentage.span, "Percentile must be between 0 and 100.");
        return None;
    }
    let time = timeline::time_column(binder, index, input)?;
    let step = timeline::number(binder, size, "BinSize", time.ty, Axis::Length)?;
    let count = timeline::number(binder, bins, "BinsPerWindow", time.ty, Axis::Count)?;
    let dimensions = dimensions.iter().map(|d| super::column_of(binder, d, input)).collect::<Option<Vec<_>>>()?;
    let span = evaluate.call_span;
    for dimension in &dimensions {
        crate::operators::not_dynamic(binder, &Expr::column(dimension, span));
    }
    let mut columns = vec![binder.new_column(time.name.clone(), time.ty)];
    columns.extend(dimensions.iter().map(|d| binder.new_column(d.name.clone(), d.ty)));
    columns.push(binder.new_column(format!("rolling_{count}_percentile_{}_{text}", value.name), value.ty));
    let read = [&time, &value].into_iter().chain(&dimensions).map(|c| Expr::column(c, span)).collect();
    let rows = timeline::rows(binder, input, read);
    let types = columns.iter().map(|c| c.ty).collect();
    let rolling = Rolling { types, share, step, count };
    Some(binder.staged(rows, StageKind::Table(Some(Arc::new(rolling))), Some(columns)))
}

#[derive(Debug)]
struct Rolling {
    types: Vec<ScalarType>,
    share: f64,
    step: i64,
    count: i64,
}

/// A value in a bin of a group.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    group: u32,
    bin: i64,
    /// Its position among all values.
    rank: usize,
}

impl TableFunction for Rolling {
    fn name(&self) -> &str {
        "rolling_percentile"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, compiler: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let loaded = input.load()?;
        // the values once more, their order and ranks, and the entries while they are sorted
        let _held = input.reserve(input.rows().saturating_mul(80))?;
        let values: Vec<&dyn Array> =
            loaded.batches.iter().filter_map(|b| b.columns().get(1).map(AsRef::as_ref)).collect();
        if values.is_empty() {
            return Ok(());
        }
        let values = concat(&values)?;
        let order = sort_to_indices(&values, None, None)?;
        let mut ranks = vec![0; values.len()];
        for (rank, row) in order.values().iter().enumerate() {
            if let Some(slot) = ranks.get_mut(*row as usize) {
                *slot = rank;
            }
        }
        let (mut groups, mut entries, mut row) = (Numbered::default(), Vec::new(), 0);
        for batch in input.batches()? {
            let batch = &batch?;
            let [time, _, dimensions @ ..] = batch.columns() else { continue };
            let times = timeline::longs(time)?;
            for (i, group) in groups.add(dimensions, batch.num_rows())?.into_iter().enumerate() {
                let bin = timeline::window(times.value(i), self.step, 0).filter(|_| times.is_valid(i));
                if let (Some(bin), Some(rank), true) = (bin, ranks.get(row), values.is_valid(row)) {
                    entries.push(Entry { group, bin, rank: *rank });
                }
                row += 1;
            }
        }
        entries.sort_unstable();
        let (mut numbers, mut bins, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        let (found, gaps) = self.roll(&entries, values.len());
        if gaps {
            compiler.note(GAPS);
        }
        for (group, bin, rank) in found {
            numbers.push(group);
            bins.push(bin);
            rows.push(order.values().get(rank).copied());
        }
        if numbers.is_empty() {
            return Ok(());
        }
        let bins: ArrayRef = Arc::new(Int64Array::from(bins));
        let mut arrays = vec![timeline::typed(bins, self.types.first().copied())?];
        arrays.extend(groups.columns(&numbers)?);
        arrays.push(take(&values, &UInt32Array::from(rows), None)?);
        Ok(out.extend(crate::plan::batch_of(self.types.iter().copied(), arrays))?)
    }
}

impl Rolling {
    /// Group, bin and rank of the percentile, for each bin with rows; and whether bins between them have no rows.
    fn roll(&self, entries: &[Entry], values: usize) -> (Vec<(u32, i64, usize)>, bool) {
        let last = entries.iter().map(|e| e.bin).max();
        let reach = self.step.saturating_mul(self.count);
        let mut within = Ranks { tree: vec![0; values + 1], total: 0 };
        let (mut found, mut gaps) = (Vec::new(), false);
        for group in entries.chunk_by(|a, b| a.group == b.group) {
            let mut first = 0;
            let mut before: Option<i64> = None;
            for bin in group.chunk_by(|a, b| a.bin == b.bin) {
                let Some(entry) = bin.first() else { continue };
                gaps |= self.count > 1 && before.is_some_and(|before| before.checked_add(self.step) != Some(entry.bin));
                before = Some(entry.bin);
                while let Some(old) = group.get(first).filter(|e| e.bin <= entry.bin.saturating_sub(reach)) {
                    within.change(old.rank, -1);
                    first += 1;
                }
                bin.iter().for_each(|e| within.change(e.rank, 1));
                let wanted = (within.total as f64 * self.share / 100.0).ceil().max(1.0) as i64;
                found.push((entry.group, entry.bin, within.nth(wanted)));
            }
            gaps |= self.count > 1 && before != last;
            group.iter().skip(first).for_each(|e| within.change(e.rank, -1));
        }
        (found, gaps)
    }
}

const GAPS: &str = "rolling_percentile(): bins without rows have no result here; Kusto may return the \
     percentile of the preceding bins.";

/// The number of occurrences of each rank in the window, as a binary indexed tree.
struct Ranks {
    tree: Vec<i64>,
    total: i64,
}

impl Ranks {
    fn change(&mut self, rank: usize, by: i64) {
        self.total += by;
        let mut at = rank + 1;
        while let Some(slot) = self.tree.get_mut(at) {
            *slot += by;
            at += at & at.wrapping_neg();
        }
    }

    /// The rank of the n-th value, counted from 1.
    fn nth(&self, n: i64) -> usize {
        let (mut at, mut rest) = (0, n);
        let mut step = self.tree.len().next_power_of_two();
        while step > 0 {
            if let Some(sum) = self.tree.get(at + step).filter(|sum| **sum < rest) {
                rest -= sum;
                at += step;
            }
            step /= 2;
        }
        at
    }
}

//! `diffpatterns`: what rows of one set have in common and rows of another do not.
//!
//! <https://learn.microsoft.com/kusto/query/diffpatterns-plugin>

use super::attributes::{self, Options, Rows};
use super::error::PluginError;
use super::frequent::{Pattern, apart, closed};
use super::{Plugin, autocluster, timeline};
use crate::bind::Binder;
use crate::plan::{Compiler, Expr, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType::{self, Long, Real};
use crate::value::Value;
use arrow::array::AsArray;
use kql_parser::ast;
use kql_parser::codes;
use std::sync::Arc;

pub static DIFFPATTERNS: Plugin = Plugin {
    name: "diffpatterns",
    signature: "(split, value_a: string, value_b: string, [weight], [threshold: real], [max_dimensions: long], [wildcard], ...)",
    summary: "Finds patterns that distinguish rows of one set from rows of another.",
    page: "diffpatterns-plugin",
    bind: |binder, evaluate, input| bound(binder, evaluate, &input).unwrap_or_else(|| binder.empty_relation()),
};

const MEASURES: [(&str, ScalarType); 6] = [
    ("SegmentId", Long),
    ("CountA", Long),
    ("CountB", Long),
    ("PercentA", Real),
    ("PercentB", Real),
    ("PercentDiffAB", Real),
];

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation) -> Option<Relation> {
    let [split, a, b, rest @ ..] = evaluate.call.args.as_slice() else {
        timeline::too_few(binder, evaluate, 3);
        return None;
    };
    let split = super::column_of(binder, split, input)?;
    let mut text = |argument: &ast::Expr, name: &str| {
        let value = binder.fixed(argument);
        match value.as_constant() {
            Some(Value::Text(text)) if value.ty == ScalarType::String => Some(text.clone()),
            _ => {
                if value.ty != ScalarType::Unknown {
                    binder.error(
                        codes::TYPE_EXPECTED,
                        argument.span,
                        format!("{name} must be a constant of type string."),
                    );
                }
                None
            }
        }
    };
    let (a, b) = (text(a, "SplitValueA")?, text(b, "SplitValueB")?);
    let mut options = Options::new(rest);
    let weight = options.weight(binder, input).ok()?;
    let threshold = options.share(binder, "Threshold", 0.05)?;
    let dimensions = options.count(binder, "MaxDimensions", usize::MAX)?;
    let wildcards = options.wildcards(binder)?;
    autocluster::own_choice(binder, evaluate);
    let attributes =
        Relation { columns: input.columns.iter().filter(|c| c.id != split.id).cloned().collect(), ..input.clone() };
    let span = evaluate.call_span;
    let mut read = vec![Expr::column(&split, span).convert(ScalarType::String)];
    read.extend(attributes::read(&attributes, weight.as_ref(), span));
    let columns = attributes::columns(binder, &MEASURES, &attributes.columns);
    let weight = weight.and_then(|w| attributes.columns.iter().position(|c| c.id == w.id));
    let types = attributes.columns.iter().map(|c| c.ty).collect();
    let difference = Difference { column: split.name, sets: [a, b], types, weight, threshold, dimensions, wildcards };
    let rows = timeline::rows(binder, input, read);
    Some(binder.staged(rows, StageKind::Table(Some(Arc::new(difference))), Some(columns)))
}

#[derive(Debug)]
struct Difference {
    column: String,
    sets: [String; 2],
    types: Vec<ScalarType>,
    weight: Option<usize>,
    threshold: f64,
    dimensions: usize,
    wildcards: Vec<(ScalarType, Value)>,
}

impl TableFunction for Difference {
    fn name(&self) -> &str {
        "diffpatterns"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, _: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let mut rows = Rows::new(input);
        for batch in input.batches()? {
            let batch = &batch?;
            let [split, weights, values @ ..] = batch.columns() else { continue };
            let split = split.as_string_opt::<i32>().ok_or(TableFunctionError::NotStrings)?;
            let mut values = values.to_vec();
            if let Some(column) = self.weight.and_then(|w| values.get_mut(w)) {
                *column = arrow::array::new_null_array(column.data_type(), column.len());
            }
            rows.add(weights, &values, |row| self.sets.iter().position(|set| set == split.value(row)))?;
        }
        let totals = rows.total();
        if let Some((_, missing)) = totals.iter().zip(&self.sets).find(|(total, _)| **total == 0.0) {
            return Err(PluginError::EmptySet { value: missing.clone(), column: self.column.clone() }.into());
        }
        let shares = |[a, b]: [f64; 2]| [a / totals[0], b / totals[1]];
        // a share equal to the threshold must not fail because of rounding
        let least = self.threshold * (1.0 - 1e-12);
        let enough = |weight| shares(weight).iter().any(|share| *share >= least);
        let mut patterns = closed(&rows.rows, self.types.len(), enough, self.dimensions)?;
        for pattern in &mut patterns {
            if let Some(slot) = self.weight.and_then(|w| pattern.values.get_mut(w)) {
                *slot = None;
            }
        }
        let apart_by = |p: &Pattern| {
            let [a, b] = shares(p.weight);
            (a - b).abs()
        };
        patterns.retain(|p| apart_by(p) >= least && p.values.iter().any(Option::is_some));
        let ranks = rows.ranks();
        patterns.sort_by_cached_key(|p| (std::cmp::Reverse(apart_by(p).to_bits()), p.key(&ranks)));
        let patterns = apart(patterns);
        let mut arrays = vec![
            attributes::segment_ids(patterns.len()),
            attributes::counts(patterns.iter().map(|p| p.weight[0])),
            attributes::counts(patterns.iter().map(|p| p.weight[1])),
            attributes::percentages(patterns.iter().map(|p| shares(p.weight)[0]), 2),
            attributes::percentages(patterns.iter().map(|p| shares(p.weight)[1]), 2),
            attributes::percentages(patterns.iter().map(apart_by), 2),
        ];
        let values: Vec<&[Option<u32>]> = patterns.iter().map(|p| p.values.as_slice()).collect();
        arrays.extend(rows.arrays(&values, &self.types, &self.wildcards)?);
        let types = MEASURES.iter().map(|(_, ty)| *ty).chain(self.types.iter().copied());
        Ok(out.extend(attributes::batches(types, arrays))?)
    }
}

//! Shared by the plugins that find patterns: their arguments, the rows as numbered values, and patterns as rows.

use super::error::PluginError;
use super::frequent::WeightedRow;
use super::timeline::Numbered;
use crate::bind::Binder;
use crate::plan::{Expr, PlanColumn, Relation};
use crate::stored_rows::StoredRows;
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, ArrayRef, AsArray, Float64Array, Int64Array, RecordBatch, UInt32Array};
use arrow::compute::{cast, concat, take};
use arrow::datatypes::{DataType, Float64Type};
use datafusion::execution::memory_pool::MemoryReservation;
use kql_parser::ast;
use kql_parser::codes;
use std::collections::HashMap;

/// Optional arguments; `'~'` stands for the default.
pub struct Options<'q> {
    args: std::slice::Iter<'q, ast::Expr>,
}

impl<'q> Options<'q> {
    /// The remaining arguments.
    pub fn new(args: &'q [ast::Expr]) -> Self {
        Options { args: args.iter() }
    }

    fn next(&mut self) -> Option<&'q ast::Expr> {
        self.args.next().filter(|e| !is_default(e))
    }

    /// A number greater than 0 and at most 1.
    pub fn share(&mut self, binder: &mut Binder, name: &str, default: f64) -> Option<f64> {
        let Some(argument) = self.next() else { return Some(default) };
        let value = binder.fixed(argument);
        let number = match value.as_constant() {
            Some(Value::Real(real)) => *real,
            Some(value) if value.as_long().is_some() => value.as_long()? as f64,
            _ => {
                if value.ty != ScalarType::Unknown {
                    binder.error(
                        codes::TYPE_EXPECTED,
                        argument.span,
                        format!("{name} must be a constant of type real."),
                    );
                }
                return None;
            }
        };
        if !(number > 0.0 && number <= 1.0) {
            binder.error(
                codes::INVALID_ARGUMENT,
                argument.span,
                format!("{name} must be greater than 0 and at most 1."),
            );
            return None;
        }
        Some(number)
    }

    /// The column with the weights of the rows.
    pub fn weight(&mut self, binder: &mut Binder, input: &Relation) -> Result<Option<PlanColumn>, ()> {
        let Some(argument) = self.next() else { return Ok(None) };
        let column = super::column_of(binder, argument, input).ok_or(())?;
        match column.ty {
            ScalarType::Int | ScalarType::Long | ScalarType::Real | ScalarType::Unknown => Ok(Some(column)),
            _ => {
                let message = "The weight column must have the type int, long or real.";
                binder.error(codes::TYPE_EXPECTED, argument.span, message);
                Err(())
            }
        }
    }

    /// A whole number greater than 0.
    pub fn count(&mut self, binder: &mut Binder, name: &str, default: usize) -> Option<usize> {
        let Some(argument) = self.next() else { return Some(default) };
        let value = binder.fixed(argument);
        match value.as_constant().and_then(Value::as_long) {
            Some(number) if value.ty.is_integer() && number > 0 => usize::try_from(number).ok(),
            _ => {
                if value.ty != ScalarType::Unknown {
                    binder.error(
                        codes::TYPE_EXPECTED,
                        argument.span,
                        format!("{name} must be a constant integer greater than 0."),
                    );
                }
                None
            }
        }
    }

    /// The values that stand for any value, by type.
    pub fn wildcards(self, binder: &mut Binder) -> Option<Vec<(ScalarType, Value)>> {
        let mut wildcards = Vec::new();
        for argument in self.args.filter(|e| !is_default(e)) {
            let value = binder.fixed(argument);
            match value.as_constant() {
                Some(constant) => wildcards.push((value.ty, constant.clone())),
                None => {
                    if value.ty != ScalarType::Unknown {
                        binder.error(codes::CONSTANT_EXPECTED, argument.span, "A wildcard must be a constant.");
                    }
                    return None;
                }
            }
        }
        Some(wildcards)
    }
}

fn is_default(e: &ast::Expr) -> bool {
    matches!(&e.kind, ast::ExprKind::Literal(ast::Literal::String(text)) if text == "~")
}

/// The columns of the result: the measures of a pattern, and the columns of the rows.
pub fn columns(binder: &mut Binder, measures: &[(&str, ScalarType)], attributes: &[PlanColumn]) -> Vec<PlanColumn> {
    let mut columns: Vec<PlanColumn> = measures.iter().map(|(name, ty)| binder.new_column(*name, *ty)).collect();
    columns.extend(attributes.iter().map(|c| binder.new_column(c.name.clone(), c.ty)));
    columns
}

/// The columns to read: a weight, and the attributes.
pub fn read(input: &Relation, weight: Option<&PlanColumn>, span: kql_parser::Span) -> Vec<Expr> {
    let one = Expr::constant(Value::Real(1.0), ScalarType::Real, span);
    let weight = weight.map_or(one, |c| Expr::column(c, span).convert(ScalarType::Real));
    std::iter::once(weight).chain(input.columns.iter().map(|c| Expr::column(c, span))).collect()
}

/// Rows as the numbers of their values; equal rows are merged, and their weights added.
pub struct Rows {
    columns: Vec<Numbered>,
    /// The values, and the weights in two sets.
    pub rows: Vec<WeightedRow>,
    places: HashMap<Box<[u32]>, usize>,
    held: MemoryReservation,
}

/// What a small allocation takes besides its bytes.
const ALLOCATION: usize = 16;

impl Rows {
    /// None yet; memory is reserved for them as for the stored rows.
    pub fn new(input: &StoredRows) -> Rows {
        Rows { columns: Vec::new(), rows: Vec::new(), places: HashMap::new(), held: input.reservation() }
    }

    /// About how many bytes they take, or take while their tables grow.
    fn size(&self) -> usize {
        let values = self.columns.len() * size_of::<u32>() + ALLOCATION;
        let tables = self.places.capacity() * 2 * size_of::<(Box<[u32]>, usize)>();
        let rows = self.rows.capacity() * size_of::<WeightedRow>() + 2 * self.rows.len() * values;
        tables + rows + self.columns.iter().map(Numbered::size).sum::<usize>()
    }

    /// Adds rows; `set` returns which of the two sets each row belongs to, or `None` to skip it.
    pub fn add(
        &mut self,
        weights: &ArrayRef,
        attributes: &[ArrayRef],
        set: impl Fn(usize) -> Option<usize>,
    ) -> Result<(), PluginError> {
        let weights = cast(weights, &DataType::Float64)?;
        let weights = weights.as_primitive_opt::<Float64Type>().ok_or(PluginError::WeightType)?;
        self.columns.resize_with(attributes.len(), Numbered::default);
        let mut numbers = Vec::with_capacity(attributes.len());
        for (numbered, array) in self.columns.iter_mut().zip(attributes) {
            numbers.push(numbered.add(std::slice::from_ref(array), array.len())?);
        }
        for row in 0..weights.len() {
            let weight = if weights.is_valid(row) { weights.value(row) } else { 0.0 };
            if weight < 0.0 || !weight.is_finite() {
                return Err(PluginError::Weight);
            }
            let (Some(set), true) = (set(row), weight > 0.0) else { continue };
            let values: Box<[u32]> = numbers.iter().filter_map(|n| n.get(row).copied()).collect();
            let place = *self.places.entry(values).or_insert_with_key(|values| {
                self.rows.push((values.clone(), [0.0; 2]));
                self.rows.len() - 1
            });
            if let Some(sum) = self.rows.get_mut(place).and_then(|(_, sums)| sums.get_mut(set)) {
                *sum += weight;
            }
        }
        Ok(self.held.try_resize(self.size())?)
    }

    /// The weight of all rows of each set.
    pub fn total(&self) -> [f64; 2] {
        self.rows.iter().fold([0.0; 2], |[a, b], (_, [x, y])| [a + x, b + y])
    }

    /// The position of each value among those of its column, so that results do not depend on the order of the rows.
    pub fn ranks(&self) -> Vec<Vec<u32>> {
        self.columns.iter().map(Numbered::ranks).collect()
    }

    /// Patterns in the columns of the rows, with a wildcard for a column that can have any value.
    pub fn arrays(
        &self,
        patterns: &[&[Option<u32>]],
        types: &[ScalarType],
        wildcards: &[(ScalarType, Value)],
    ) -> Result<Vec<ArrayRef>, PluginError> {
        let mut arrays = Vec::with_capacity(self.columns.len());
        for (i, (numbered, ty)) in self.columns.iter().zip(types).enumerate() {
            let wildcard = wildcards.iter().find(|(of, _)| of == ty).map_or(&Value::Null, |(_, value)| value);
            let wildcard = wildcard.to_scalar(*ty).to_array()?;
            let used: Vec<u32> = patterns.iter().filter_map(|p| p.get(i).copied().flatten()).collect();
            let Some(values) = numbered.columns(&used)?.into_iter().next() else { return Ok(Vec::new()) };
            let values = cast(&values, wildcard.data_type())?;
            let all = concat(&[&wildcard, &values])?;
            let mut next = 0;
            let places = patterns.iter().map(|p| match p.get(i).copied().flatten() {
                Some(_) => {
                    next += 1;
                    next
                }
                None => 0,
            });
            let places = UInt32Array::from_iter_values(places);
            arrays.push(take(&all, &places, None)?);
        }
        Ok(arrays)
    }
}

/// Consecutive numbers starting with 0.
pub fn segment_ids(count: usize) -> ArrayRef {
    std::sync::Arc::new(Int64Array::from_iter_values(0..count as i64))
}

/// Weights as counts.
pub fn counts(weights: impl Iterator<Item = f64>) -> ArrayRef {
    std::sync::Arc::new(Int64Array::from_iter_values(weights.map(|w| w.round() as i64)))
}

/// Percentages with `decimals` decimal places.
pub fn percentages(shares: impl Iterator<Item = f64>, decimals: i32) -> ArrayRef {
    let scale = 10f64.powi(decimals);
    std::sync::Arc::new(Float64Array::from_iter_values(shares.map(|s| (s * 100.0 * scale).round() / scale)))
}

/// A batch of these columns; empty if there are no rows.
pub fn batches(types: impl Iterator<Item = ScalarType>, arrays: Vec<ArrayRef>) -> Vec<RecordBatch> {
    match arrays.first() {
        Some(first) if !first.is_empty() => crate::plan::batch_of(types, arrays).into_iter().collect(),
        _ => Vec::new(),
    }
}

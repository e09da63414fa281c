//! Expressions over many matches at once.

use super::data::GraphData;
use super::error::GraphError;
use super::search::Match;
use crate::plan::{ColumnId, Compiler, Expr, ExprKind, GraphCall, GraphCallKind, GraphColumn, GraphOver, PlanColumn};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{Array, ArrayRef, BooleanArray, Int64Array, StringArray, UInt32Array};
use arrow::compute::take;
use datafusion::common::ScalarValue;
use std::collections::HashMap;
use std::sync::Arc;

/// The columns that an expression reads.
pub fn reads(e: &Expr) -> Vec<(ColumnId, ScalarType)> {
    let mut ids = Vec::new();
    e.walk(&mut |e| {
        if let ExprKind::Column(id) = e.kind
            && !ids.contains(&(id, e.ty))
        {
            ids.push((id, e.ty));
        }
    });
    ids
}

/// The value of an expression for each of `rows` rows; `column` returns their columns.
pub fn compute(
    compiler: &dyn Compiler,
    e: &Expr,
    rows: usize,
    mut column: impl FnMut(ColumnId) -> Result<ArrayRef, GraphError>,
) -> Result<ArrayRef, GraphError> {
    let mut columns = Vec::new();
    let mut arrays = Vec::new();
    for (id, ty) in reads(e) {
        columns.push(PlanColumn { id, name: String::new(), ty });
        arrays.push(column(id)?);
    }
    Ok(compiler.compile(&columns, e)?.values(&arrays, rows)?)
}

/// Whether each row is true; null counts as false.
pub fn truths(values: &ArrayRef) -> Vec<bool> {
    match values.as_any().downcast_ref::<BooleanArray>() {
        Some(bools) => (0..bools.len()).map(|i| bools.is_valid(i) && bools.value(i)).collect(),
        None => vec![false; values.len()],
    }
}

/// Matches, and the columns computed for them so far.
pub struct Frame<'f> {
    /// The graph.
    pub data: &'f GraphData,
    /// The origins of columns.
    pub origins: &'f HashMap<ColumnId, GraphColumn>,
    /// The matches.
    pub matches: &'f [Match],
    /// The results of functions.
    pub computed: HashMap<ColumnId, ArrayRef>,
}

impl Frame<'_> {
    /// Computes the functions over elements of the pattern.
    pub fn call_all(&mut self, compiler: &dyn Compiler, calls: &[GraphCall]) -> Result<(), GraphError> {
        for call in calls {
            let array = self.call(compiler, call)?;
            self.computed.insert(call.id, array);
        }
        Ok(())
    }

    /// The value of an expression for each match.
    pub fn value(&self, compiler: &dyn Compiler, e: &Expr) -> Result<ArrayRef, GraphError> {
        compute(compiler, e, self.matches.len(), |id| self.column(id))
    }

    fn column(&self, id: ColumnId) -> Result<ArrayRef, GraphError> {
        if let Some(array) = self.computed.get(&id) {
            return Ok(array.clone());
        }
        let nodes = &self.data.node_columns;
        let edges = &self.data.edge_columns;
        let (array, picks): (_, UInt32Array) = match self.origins.get(&id) {
            Some(GraphColumn::Node(slot, place)) => {
                (nodes.get(*place), self.matches.iter().map(|m| m.nodes.get(*slot).copied()).collect())
            }
            Some(GraphColumn::Edge(slot, place)) => {
                let first = |m: &Match| m.edges.get(*slot).and_then(|row| row.first()).copied();
                (edges.get(*place), self.matches.iter().map(first).collect())
            }
            None => return Err(GraphError::NoPatternColumn),
        };
        let array = array.ok_or(GraphError::NoColumn)?;
        take(array, &picks, None).map_err(GraphError::from)
    }

    fn call(&self, compiler: &dyn Compiler, call: &GraphCall) -> Result<ArrayRef, GraphError> {
        // each element, and the match that it belongs to
        let (mut elements, mut owners): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
        let mut ends = Vec::with_capacity(self.matches.len());
        for (i, m) in self.matches.iter().enumerate() {
            let row: &[u32] = match call.over {
                GraphOver::Node(slot) => m.nodes.get(slot).map_or(&[], std::slice::from_ref),
                GraphOver::Edges(slot) => m.edges.get(slot).map_or(&[], Vec::as_slice),
                GraphOver::InnerNodes(slot) => m.inner.get(slot).map_or(&[], Vec::as_slice),
            };
            elements.extend_from_slice(row);
            owners.extend(std::iter::repeat_n(i as u32, row.len()));
            ends.push(elements.len());
        }
        let degrees = |lists: &[Vec<u32>]| -> ArrayRef {
            let degree = |node: &u32| lists.get(*node as usize).map_or(0, Vec::len) as i64;
            Arc::new(Int64Array::from_iter_values(elements.iter().map(degree)))
        };
        let Some(value) = &call.value else {
            return Ok(degrees(if call.kind == GraphCallKind::DegreeIn { &self.data.into } else { &self.data.out }));
        };
        let source = match call.over {
            GraphOver::Edges(_) => &self.data.edge_columns,
            GraphOver::Node(_) | GraphOver::InnerNodes(_) => &self.data.node_columns,
        };
        let own_degrees: Vec<(ColumnId, ArrayRef)> = call
            .degrees
            .iter()
            .map(|(id, ends_here)| (*id, degrees(if *ends_here { &self.data.into } else { &self.data.out })))
            .collect();
        let (rows, elements, owners) = (elements.len(), UInt32Array::from(elements), UInt32Array::from(owners));
        let values = compute(compiler, value, rows, |id| {
            if let Some((_, degree)) = own_degrees.iter().find(|(column, _)| *column == id) {
                return Ok(degree.clone());
            }
            let (array, picks) = match call.columns.iter().position(|c| c.id == id) {
                Some(place) => (source.get(place).cloned().ok_or(GraphError::NoColumn)?, &elements),
                None => (self.column(id)?, &owners),
            };
            take(&array, picks, None).map_err(GraphError::from)
        })?;
        let starts = std::iter::once(0).chain(ends.iter().copied());
        let parts = starts.zip(ends.iter().copied());
        match call.kind {
            GraphCallKind::All | GraphCallKind::Any => {
                let truths = truths(&values);
                let of = |(from, to)| {
                    let part = truths.get(from..to).unwrap_or(&[]);
                    if call.kind == GraphCallKind::All { part.iter().all(|t| *t) } else { part.iter().any(|t| *t) }
                };
                Ok(Arc::new(BooleanArray::from(parts.map(of).collect::<Vec<bool>>())))
            }
            _ => {
                let mut texts = Vec::with_capacity(self.matches.len());
                for (from, to) in parts {
                    let mut text = "[".to_owned();
                    for i in from..to {
                        if i > from {
                            text.push(',');
                        }
                        let scalar = ScalarValue::try_from_array(&values, i)?;
                        let value_of = Value::from_scalar(&scalar).unwrap_or(Value::Null);
                        crate::dynamic::write::value(&value_of, value.ty, &mut text);
                    }
                    text.push(']');
                    texts.push(text);
                }
                Ok(Arc::new(StringArray::from(texts)))
            }
        }
    }
}

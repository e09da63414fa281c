//! A graph in memory, built from the rows of its table in the plan.

use super::error::GraphError;
use crate::plan::Graph;
use crate::types::ScalarType;
use arrow::array::{
    Array, ArrayRef, BooleanArray, Int64Array, RecordBatch, StringArray, new_empty_array, new_null_array,
};
use arrow::compute::{concat, filter, interleave, take};
use arrow::row::{RowConverter, SortField};
use std::collections::HashMap;
use std::sync::Arc;

/// The number of columns before those of the edges: the table that a row belongs to, and the ids at both ends.
pub const BEFORE_EDGES: usize = 3;

/// Nodes and edges, by number.
pub struct GraphData {
    /// Where each edge starts and ends.
    pub edges: Vec<(u32, u32)>,
    /// The columns of the edges.
    pub edge_columns: Vec<ArrayRef>,
    /// The number of nodes.
    pub nodes: usize,
    /// The columns of the nodes.
    pub node_columns: Vec<ArrayRef>,
    /// The ids of the nodes.
    pub ids: ArrayRef,
    /// The edges that start at each node.
    pub out: Vec<Vec<u32>>,
    /// The edges that end at each node.
    pub into: Vec<Vec<u32>>,
}

impl GraphData {
    /// Builds the graph from these rows.
    pub fn build(graph: &Graph, rows: &[RecordBatch]) -> Result<GraphData, GraphError> {
        let types: Vec<ScalarType> = graph.rows.columns.iter().map(|c| c.ty).collect();
        let column = |i: usize| -> Result<ArrayRef, GraphError> {
            let parts: Vec<&dyn Array> = rows.iter().filter_map(|b| b.columns().get(i)).map(AsRef::as_ref).collect();
            if parts.is_empty() {
                return Ok(new_empty_array(&types.get(i).copied().unwrap_or(ScalarType::Long).arrow()));
            }
            concat(&parts).map_err(GraphError::from)
        };
        let tags = column(0)?;
        let tags = tags.as_any().downcast_ref::<Int64Array>().ok_or(GraphError::NotNumbered)?;
        let rows_of = |tag: usize| -> Vec<usize> {
            (0..tags.len()).filter(|i| usize::try_from(tags.value(*i)).is_ok_and(|t| t == tag)).collect()
        };
        // the distinct ids
        let converter = RowConverter::new(vec![SortField::new(graph.id_type.arrow())])?;
        let mut numbers = Numbers { converter, of: HashMap::new() };
        let (mut id_arrays, mut id_places): (Vec<ArrayRef>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
        let mut first: Vec<HashMap<u32, usize>> = Vec::new();
        let mut next = BEFORE_EDGES + graph.edges.len();
        let mut table_arrays: Vec<Vec<ArrayRef>> = Vec::new();
        for (n, table) in graph.tables.iter().enumerate() {
            let arrays: Vec<ArrayRef> = (next..next + table.places.len()).map(&column).collect::<Result<_, _>>()?;
            next += table.places.len();
            let keys = arrays.get(table.key).cloned().ok_or(GraphError::NoIds)?;
            let mut rows = HashMap::new();
            for (row, number) in numbers.all(&keys, &rows_of(n + 1))? {
                if number as usize == id_places.len() {
                    id_places.push((id_arrays.len(), row));
                }
                rows.entry(number).or_insert(row);
            }
            id_arrays.push(keys);
            first.push(rows);
            table_arrays.push(arrays);
        }
        let edge_rows = rows_of(0);
        let (sources, targets) = (column(1)?, column(2)?);
        let mut ends: Vec<Vec<u32>> = Vec::with_capacity(2);
        let (from, to) = (numbers.all(&sources, &edge_rows)?, numbers.all(&targets, &edge_rows)?);
        // nodes that are in no table, in the order of the edges
        let base = id_places.len();
        let mut places: HashMap<u32, (usize, usize)> = HashMap::new();
        for (side, pairs) in [(0, &from), (1, &to)] {
            for (row, number) in pairs {
                places.entry(*number).or_insert((id_arrays.len() + side, *row));
            }
            ends.push(pairs.iter().map(|(_, number)| *number).collect());
        }
        let mut late: Vec<(u32, (usize, usize))> = places.into_iter().filter(|(n, _)| *n as usize >= base).collect();
        late.sort_by_key(|(n, _)| *n);
        id_places.extend(late.iter().map(|(_, place)| *place));
        id_arrays.extend([sources, targets]);
        let nodes = id_places.len();
        let values: Vec<&dyn Array> = id_arrays.iter().map(AsRef::as_ref).collect();
        let ids = interleave(&values, &id_places)?;
        let edges: Vec<(u32, u32)> = match ends.as_slice() {
            [from, to] => from.iter().copied().zip(to.iter().copied()).collect(),
            _ => Vec::new(),
        };
        let picks = Int64Array::from_iter_values(edge_rows.iter().map(|r| *r as i64));
        let edge_columns = (0..graph.edges.len())
            .map(|i| take(&column(BEFORE_EDGES + i)?, &picks, None).map_err(GraphError::from))
            .collect::<Result<_, GraphError>>()?;
        let mut node_columns = Vec::with_capacity(graph.nodes.len());
        let own = graph.nodes.len() - graph.marks();
        for (place, node_column) in graph.nodes.iter().take(own).enumerate() {
            let blank: ArrayRef = match node_column.ty {
                ScalarType::String => Arc::new(StringArray::from(vec![""])),
                ty => new_null_array(&ty.arrow(), 1),
            };
            let mut values = vec![blank];
            let mut from: Vec<(usize, &HashMap<u32, usize>)> = Vec::new();
            for ((table, arrays), rows) in graph.tables.iter().zip(&table_arrays).zip(&first) {
                if let Some(array) = table.places.iter().position(|p| *p == place).and_then(|at| arrays.get(at)) {
                    from.push((values.len(), rows));
                    values.push(array.clone());
                }
            }
            let holds_id = graph.ids.contains(&place);
            let id_at = values.len();
            if holds_id {
                values.push(ids.clone());
            }
            let picks: Vec<(usize, usize)> = (0..nodes)
                .map(|node| {
                    let known = from.iter().find_map(|(at, rows)| {
                        let row = *rows.get(&(node as u32))?;
                        let array = values.get(*at)?;
                        (array.is_valid(row) && !is_empty(array, row)).then_some((*at, row))
                    });
                    let in_a_table = first.iter().any(|rows| rows.contains_key(&(node as u32)));
                    known.unwrap_or(if holds_id && !in_a_table { (id_at, node) } else { (0, 0) })
                })
                .collect();
            let values: Vec<&dyn Array> = values.iter().map(AsRef::as_ref).collect();
            node_columns.push(interleave(&values, &picks)?);
        }
        let (out, into) = lists(nodes, &edges);
        Ok(GraphData { edges, edge_columns, nodes, node_columns, ids, out, into })
    }

    pub fn keep_nodes(&mut self, stays: &[bool]) -> Result<(), GraphError> {
        let mut numbers: Vec<Option<u32>> = Vec::with_capacity(stays.len());
        let mut next = 0;
        for stays in stays {
            numbers.push(stays.then_some(next));
            next += u32::from(*stays);
        }
        let number = |node: u32| numbers.get(node as usize).copied().flatten();
        let between: Vec<bool> =
            self.edges.iter().map(|(from, to)| number(*from).is_some() && number(*to).is_some()).collect();
        let mask = BooleanArray::from(stays.to_vec());
        for array in self.node_columns.iter_mut().chain([&mut self.ids]) {
            *array = filter(array, &mask)?;
        }
        self.nodes = next as usize;
        for (from, to) in &mut self.edges {
            (*from, *to) = (number(*from).unwrap_or(0), number(*to).unwrap_or(0));
        }
        self.keep_edges(&between)
    }

    pub fn keep_edges(&mut self, stays: &[bool]) -> Result<(), GraphError> {
        let mask = BooleanArray::from(stays.to_vec());
        for array in &mut self.edge_columns {
            *array = filter(array, &mask)?;
        }
        let mut kept = stays.iter();
        self.edges.retain(|_| kept.next().copied().unwrap_or(false));
        (self.out, self.into) = lists(self.nodes, &self.edges);
        Ok(())
    }

    /// Where an edge starts and ends.
    pub fn ends(&self, edge: u32) -> (u32, u32) {
        self.edges.get(edge as usize).copied().unwrap_or_default()
    }
}

/// The edges that start, and those that end, at each node.
fn lists(nodes: usize, edges: &[(u32, u32)]) -> (Vec<Vec<u32>>, Vec<Vec<u32>>) {
    let (mut out, mut into) = (vec![Vec::new(); nodes], vec![Vec::new(); nodes]);
    for (i, (from, to)) in edges.iter().enumerate() {
        for (lists, at) in [(&mut out, from), (&mut into, to)] {
            if let Some(list) = lists.get_mut(*at as usize) {
                list.push(i as u32);
            }
        }
    }
    (out, into)
}

/// Whether a value is null or an empty string, since a string is never null.
fn is_empty(array: &ArrayRef, row: usize) -> bool {
    array.as_any().downcast_ref::<StringArray>().is_some_and(|texts| texts.value(row).is_empty())
}

/// Numbers for ids, in the order of their first occurrence.
struct Numbers {
    converter: RowConverter,
    of: HashMap<Box<[u8]>, u32>,
}

impl Numbers {
    /// These rows, each with the number of its id.
    fn all(&mut self, ids: &ArrayRef, rows: &[usize]) -> Result<Vec<(usize, u32)>, GraphError> {
        let converted = self.converter.convert_columns(std::slice::from_ref(ids))?;
        let mut numbers = Vec::with_capacity(rows.len());
        for row in rows {
            let next = self.of.len() as u32;
            let number = *self.of.entry(converted.row(*row).as_ref().into()).or_insert(next);
            numbers.push((*row, number));
        }
        Ok(numbers)
    }
}

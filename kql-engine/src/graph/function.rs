//! Graph operators as functions over the rows of the graph.

use super::data::{BEFORE_EDGES, GraphData};
use super::error::GraphError;
use super::evaluate::{Frame, compute, reads, truths};
use super::search::{Masks, Match, Search};
use super::steps::graph_of;
use crate::plan::{
    ColumnId, Compiler, Expr, ExprKind, Graph, GraphCall, GraphCallKind, GraphColumn, GraphCycles, GraphOver,
    GraphPattern, GraphStep, TableFunction, TableFunctionError,
};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, Int64Array, RecordBatch};
use arrow::compute::{concat_batches, interleave, take, take_record_batch};
use arrow::row::{RowConverter, SortField};
use std::collections::HashMap;
use std::sync::Arc;

/// The number of matches that are processed at once.
const CHUNK: usize = 4096;

/// Which matches are returned.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wanted {
    /// All matches.
    Matches,
    /// For each pair of ends the shortest: all shortest ones (true), or one.
    Shortest(bool),
}

/// The only element that a condition depends on, its expression for that element, and the index of each column it reads.
type Alone<'e> = (GraphOver, &'e Expr, Vec<(ColumnId, usize)>);

/// `graph-match`, `graph-shortest-paths`
#[derive(Debug)]
pub struct GraphSearch {
    /// The graph.
    pub graph: Arc<Graph>,
    /// The pattern to find.
    pub pattern: GraphPattern,
    /// The allowed cycles.
    pub cycles: GraphCycles,
    /// Which matches are returned.
    pub wanted: Wanted,
    /// The origins of columns.
    pub origins: HashMap<ColumnId, GraphColumn>,
    /// Functions over elements, each after those it depends on.
    pub calls: Vec<GraphCall>,
    /// Conditions that must all be true.
    pub conditions: Vec<Expr>,
    /// The columns of the result.
    pub outputs: Vec<Expr>,
}

impl TableFunction for GraphSearch {
    fn name(&self) -> &str {
        match self.wanted {
            Wanted::Matches => "graph-match",
            Wanted::Shortest(_) => "graph-shortest-paths",
        }
    }

    fn expressions(&self, f: &mut dyn FnMut(&Expr)) {
        self.calls.iter().filter_map(|c| c.value.as_ref()).for_each(&mut *f);
        self.conditions.iter().chain(&self.outputs).for_each(&mut *f);
        conditions(&self.graph).for_each(f);
    }

    fn run(&self, input: &StoredRows, compiler: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let loaded = input.load()?;
        let parts = match self.graph.partition {
            None => vec![loaded.batches.clone()],
            Some(by) => parts(&self.graph, &loaded.batches, by)?,
        };
        for part in parts {
            let data = graph_of(&self.graph, &part, compiler)?;
            let (masks, conditions) = self.masks(&data, compiler)?;
            Output { search: self, data: &data, compiler, conditions, matches: Vec::new(), out }.search(&masks)?;
        }
        Ok(())
    }
}

impl GraphSearch {
    /// Conditions on a single node or edge, as masks of the allowed ones; and the other conditions.
    fn masks(&self, data: &GraphData, compiler: &dyn Compiler) -> Result<(Masks, Vec<&Expr>), GraphError> {
        let mut masks = Masks {
            nodes: vec![None; self.pattern.nodes],
            edges: vec![None; self.pattern.edges.len()],
            inner: vec![None; self.pattern.edges.len()],
        };
        let mut rest = Vec::new();
        for condition in &self.conditions {
            if let Some((over, value, columns)) = self.alone(condition) {
                let (source, rows, slot) = match over {
                    GraphOver::Node(n) => (&data.node_columns, data.nodes, masks.nodes.get_mut(n)),
                    GraphOver::InnerNodes(n) => (&data.node_columns, data.nodes, masks.inner.get_mut(n)),
                    GraphOver::Edges(n) => (&data.edge_columns, data.edges.len(), masks.edges.get_mut(n)),
                };
                let values = compute(compiler, value, rows, |id| {
                    let place = columns.iter().find(|(c, _)| *c == id).map(|(_, place)| *place);
                    place.and_then(|place| source.get(place)).cloned().ok_or(GraphError::NoColumn)
                })?;
                if let Some(slot) = slot {
                    let now = truths(&values);
                    *slot = Some(match slot.take() {
                        Some(before) => before.into_iter().zip(now).map(|(a, b)| a && b).collect(),
                        None => now,
                    });
                }
            } else {
                rest.push(condition);
            }
        }
        Ok((masks, rest))
    }

    /// The only element that a condition depends on, its expression for that element, and the index of each column it reads.
    fn alone<'e>(&'e self, condition: &'e Expr) -> Option<Alone<'e>> {
        if let ExprKind::Column(id) = condition.kind
            && let Some(call) = self.calls.iter().find(|c| c.id == id && c.kind == GraphCallKind::All)
            && let Some(value) = &call.value
        {
            let place = |id: ColumnId| Some((id, call.columns.iter().position(|c| c.id == id)?));
            let places = reads(value).into_iter().map(|(id, _)| place(id)).collect::<Option<Vec<_>>>()?;
            return Some((call.over, value, places));
        }
        let mut over = None;
        let mut places = Vec::new();
        for (id, _) in reads(condition) {
            let (this, place) = match self.origins.get(&id)? {
                GraphColumn::Node(slot, place) => (GraphOver::Node(*slot), *place),
                GraphColumn::Edge(slot, place) => (GraphOver::Edges(*slot), *place),
            };
            if *over.get_or_insert(this) != this {
                return None;
            }
            places.push((id, place));
        }
        Some((over?, condition, places))
    }

    /// The nodes at both ends of the pattern.
    fn ends(&self) -> (usize, usize) {
        let Some((start, edges)) = self.pattern.sequences.first() else { return (0, 0) };
        let last = edges.last().and_then(|e| self.pattern.edges.get(*e)).map_or(*start, |e| e.to);
        (*start, last)
    }
}

/// Matches that are not yet rows.
struct Output<'o> {
    search: &'o GraphSearch,
    data: &'o GraphData,
    compiler: &'o dyn Compiler,
    conditions: Vec<&'o Expr>,
    matches: Vec<Match>,
    out: &'o mut RowsWriter,
}

impl Output<'_> {
    fn search(&mut self, masks: &Masks) -> Result<(), GraphError> {
        let search = self.search;
        let all = match search.wanted {
            Wanted::Matches => {
                self.walk(masks, search.cycles)?;
                return self.flush();
            }
            Wanted::Shortest(all) => all,
        };
        let (first, last) = search.ends();
        // conditions on the whole path decide which path is the shortest; conditions on its ends do not
        let of_ends = |e: &&Expr| {
            reads(e).iter().all(
                |(id, _)| matches!(search.origins.get(id), Some(GraphColumn::Node(n, _)) if *n == first || *n == last),
            )
        };
        let edges = &search.pattern.edges;
        let plain = edges.len() == 1 && edges.first().is_some_and(|e| e.range.is_none_or(|(low, _)| low == 1));
        if plain && self.conditions.iter().all(of_ends) {
            let (data, pattern) = (self.data, &search.pattern);
            super::paths::shortest(data, pattern, masks, all, &mut |m| self.take(m))?;
            return self.flush();
        }
        // every path without repeated nodes, and the shortest of these for each assignment of the pattern's nodes
        let mut kept = Vec::new();
        std::mem::swap(&mut kept, &mut self.matches);
        let mut found = Vec::new();
        Search {
            data: self.data,
            pattern: &search.pattern,
            masks,
            cycles: GraphCycles::None,
            found: &mut |m| {
                found.push(m);
                Ok(())
            },
        }
        .run()?;
        let fits = self.fitting(&found)?;
        let length = |m: &Match| m.edges.iter().map(Vec::len).sum::<usize>();
        let mut shortest: HashMap<Vec<u32>, usize> = HashMap::new();
        let found: Vec<Match> = found.into_iter().zip(fits).filter(|(_, fits)| *fits).map(|(m, _)| m).collect();
        for m in &found {
            let least = shortest.entry(m.nodes.clone()).or_insert(usize::MAX);
            *least = length(m).min(*least);
        }
        for m in found {
            if shortest.get(&m.nodes) == Some(&length(&m)) {
                if !all {
                    shortest.remove(&m.nodes);
                }
                self.matches.push(m);
            }
        }
        self.flush()
    }

    fn walk(&mut self, masks: &Masks, cycles: GraphCycles) -> Result<(), GraphError> {
        let (data, pattern) = (self.data, &self.search.pattern);
        Search { data, pattern, masks, cycles, found: &mut |m| self.take(m) }.run()
    }

    fn take(&mut self, m: Match) -> Result<(), GraphError> {
        self.matches.push(m);
        if self.matches.len() >= CHUNK { self.flush() } else { Ok(()) }
    }

    fn frame<'f>(&'f self, matches: &'f [Match]) -> Frame<'f> {
        Frame { data: self.data, origins: &self.search.origins, matches, computed: HashMap::new() }
    }

    /// Whether each match meets the conditions that depend on more than one element.
    fn fitting(&self, matches: &[Match]) -> Result<Vec<bool>, GraphError> {
        let mut fits = vec![true; matches.len()];
        if self.conditions.is_empty() || matches.is_empty() {
            return Ok(fits);
        }
        let mut frame = self.frame(matches);
        frame.call_all(self.compiler, &self.search.calls)?;
        for condition in &self.conditions {
            for (fit, truth) in fits.iter_mut().zip(truths(&frame.value(self.compiler, condition)?)) {
                *fit &= truth;
            }
        }
        Ok(fits)
    }

    /// Converts the matches that meet the conditions to rows.
    fn flush(&mut self) -> Result<(), GraphError> {
        let matches = std::mem::take(&mut self.matches);
        let fits = self.fitting(&matches)?;
        let matches: Vec<Match> = matches.into_iter().zip(fits).filter(|(_, fits)| *fits).map(|(m, _)| m).collect();
        if matches.is_empty() {
            return Ok(());
        }
        self.known(&matches)?;
        let mut frame = self.frame(&matches);
        frame.call_all(self.compiler, &self.search.calls)?;
        let arrays: Vec<ArrayRef> =
            self.search.outputs.iter().map(|e| frame.value(self.compiler, e)).collect::<Result<_, _>>()?;
        let types = self.search.outputs.iter().map(|e| e.ty);
        let batch = crate::plan::batch_of(types, arrays).ok_or(GraphError::Mismatch)?;
        Ok(self.out.push(batch)?)
    }

    /// Refuses matches for which Kusto's behaviour is not documented.
    fn known(&self, matches: &[Match]) -> Result<(), GraphError> {
        let search = self.search;
        let looks = matches!(search.wanted, Wanted::Matches);
        if !looks || search.pattern.sequences.len() < 2 || search.cycles == GraphCycles::All {
            return Ok(());
        }
        if search.cycles == GraphCycles::None {
            // named nodes that patterns share belong to several patterns; any other node belongs to one
            let shares = |m: &Match| {
                let mut all: Vec<u32> = m.nodes.iter().chain(m.inner.iter().flatten()).copied().collect();
                all.sort_unstable();
                all.windows(2).any(|pair| matches!(pair, [a, b] if a == b))
            };
            if matches.iter().any(shares) {
                return Err(GraphError::SharedNode);
            }
        }
        for m in matches {
            let mut seen: HashMap<u32, usize> = HashMap::new();
            for (n, (_, edges)) in search.pattern.sequences.iter().enumerate() {
                for edge in edges.iter().filter_map(|e| m.edges.get(*e)).flatten() {
                    if *seen.entry(*edge).or_insert(n) != n {
                        return Err(GraphError::SharedEdge);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The rows of each of the graphs into which a graph is split, by a column of the edges and the column with the same name of
/// each table of nodes.
fn parts(
    graph: &Graph,
    input: &[RecordBatch],
    (edge, node): (usize, Option<usize>),
) -> Result<Vec<Vec<RecordBatch>>, GraphError> {
    let Some(first) = input.first() else { return Ok(Vec::new()) };
    let all = concat_batches(&first.schema(), input)?;
    let tags = all.columns().first().and_then(|tags| tags.as_any().downcast_ref::<Int64Array>());
    let tags = tags.ok_or(GraphError::NotNumbered)?;
    // the column with the value, for the rows of each table
    let mut places = vec![BEFORE_EDGES + edge];
    let mut next = BEFORE_EDGES + graph.edges.len();
    for table in &graph.tables {
        let at = table.places.iter().position(|place| Some(*place) == node);
        places.push(next + at.ok_or(GraphError::NoPartitionColumn)?);
        next += table.places.len();
    }
    let columns: Option<Vec<&dyn Array>> = places.iter().map(|at| all.columns().get(*at).map(AsRef::as_ref)).collect();
    let columns = columns.ok_or(GraphError::NoColumn)?;
    let picks: Vec<(usize, usize)> =
        tags.values().iter().enumerate().map(|(row, tag)| (usize::try_from(*tag).unwrap_or(0), row)).collect();
    let values = interleave(&columns, &picks)?;
    let converter = RowConverter::new(vec![SortField::new(values.data_type().clone())])?;
    let values = converter.convert_columns(&[values])?;
    // those of the edges come first
    let mut numbers: HashMap<Box<[u8]>, usize> = HashMap::new();
    let mut parts: Vec<Vec<i64>> = Vec::new();
    for edges in [true, false] {
        for (value, (tag, row)) in values.iter().zip(&picks) {
            if (*tag == 0) != edges {
                continue;
            }
            let number = *numbers.entry(value.as_ref().into()).or_insert(parts.len());
            match parts.get_mut(number) {
                Some(part) => part.push(*row as i64),
                None => parts.push(vec![*row as i64]),
            }
        }
    }
    let rows = |part: Vec<i64>| Ok(vec![take_record_batch(&all, &Int64Array::from(part))?]);
    parts.into_iter().map(rows).collect()
}

/// `graph-to-table`
#[derive(Debug)]
pub struct GraphTable {
    /// The graph.
    pub graph: Arc<Graph>,
    /// Edges, or nodes.
    pub edges: bool,
    /// The number of id hashes before the other columns: for the node; for source and target, if requested.
    pub hashes: (bool, bool),
    /// The hash of an id; the id is the only column that it reads.
    pub hash: Expr,
}

impl TableFunction for GraphTable {
    fn name(&self) -> &str {
        "graph-to-table"
    }

    fn expressions(&self, f: &mut dyn FnMut(&Expr)) {
        f(&self.hash);
        conditions(&self.graph).for_each(f);
    }

    fn run(&self, input: &StoredRows, compiler: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let data = graph_of(&self.graph, &input.load()?.batches, compiler)?;
        let rows = if self.edges { data.edges.len() } else { data.nodes };
        if rows == 0 {
            return Ok(());
        }
        let hashes = compute(compiler, &self.hash, data.nodes, |_| Ok(data.ids.clone()))?;
        let at = |end: fn(&(u32, u32)) -> u32| -> Result<ArrayRef, GraphError> {
            let picks = Int64Array::from_iter_values(data.edges.iter().map(|e| i64::from(end(e))));
            take(&hashes, &picks, None).map_err(GraphError::from)
        };
        let mut arrays = Vec::new();
        let mut types = Vec::new();
        if self.hashes.0 {
            arrays.push(if self.edges { at(|e| e.0)? } else { hashes.clone() });
            types.push(ScalarType::Long);
        }
        if self.hashes.1 {
            arrays.push(at(|e| e.1)?);
            types.push(ScalarType::Long);
        }
        let (columns, own) = match self.edges {
            true => (&self.graph.edges, &data.edge_columns),
            false => (&self.graph.nodes, &data.node_columns),
        };
        arrays.extend(own.iter().cloned());
        types.extend(columns.iter().map(|c| c.ty));
        if arrays.is_empty() {
            return Ok(());
        }
        Ok(out.extend(crate::plan::batch_of(types.into_iter(), arrays))?)
    }
}

/// The conditions on the nodes and edges of a graph.
fn conditions(graph: &Graph) -> impl Iterator<Item = &Expr> {
    graph.steps.iter().filter_map(|step| match step {
        GraphStep::Nodes(condition, _) | GraphStep::Edges(condition) => Some(condition),
        GraphStep::Components(_) => None,
    })
}

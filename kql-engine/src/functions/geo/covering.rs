//! `geo_line_to_s2cells()`, `geo_polygon_to_s2cells()`
//!
//! The S2 cells of a level that have a point in common with a shape, in the order of their numbers, including cells that
//! only touch it.

use super::arcs::{self, Edge, Intersection};
use super::meetings::Shape;
use super::s2::{Cell, FINEST};
use super::sphere::Point;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{DynamicBag, Number},
    ResultName, Returns, ScalarFunction, optional, p, sig,
};
use crate::types::ScalarType::Dynamic;
use datafusion::common::{Result, exec_err};
use datafusion::logical_expr::ColumnarValue;

pub static LINE_TO_S2CELLS: ScalarFunction = ScalarFunction {
    name: "geo_line_to_s2cells",
    aliases: &[],
    signatures: &[sig(
        &[p("lineString", DynamicBag), optional("level", Number), optional("radius", Number)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "An array of the S2 cells of a level (11 by default) that cover a GeoJSON line.",
    page: "geo-line-to-s2cells-function",
    eval: Eval::Kernel(|call| covering(call, "geo_line_to_s2cells", Shape::line)),
};

pub static POLYGON_TO_S2CELLS: ScalarFunction = ScalarFunction {
    name: "geo_polygon_to_s2cells",
    aliases: &[],
    signatures: &[sig(
        &[p("polygon", DynamicBag), optional("level", Number), optional("radius", Number)],
        Returns::Is(Dynamic),
    )],
    result_name: ResultName::None,
    summary: "An array of the S2 cells of a level (11 by default) that cover a GeoJSON polygon.",
    page: "geo-polygon-to-s2cells-function",
    eval: Eval::Kernel(|call| covering(call, "geo_polygon_to_s2cells", Shape::polygon)),
};

/// The maximum number of cells of a covering.
const MOST: usize = 65_536;

fn covering(call: &Call, name: &str, parse: fn(&str) -> Option<Shape>) -> Result<ColumnarValue> {
    let texts = call.strings(0)?;
    let levels = if call.len() > 1 { Some(call.numbers(1)?) } else { None };
    let radii = if call.len() > 2 { Some(call.numbers(2)?) } else { None };
    let mut beyond = false;
    let result = kernel::texts(call.rows, |i, out| {
        let Some(shape) = parse(texts.get(i)) else { return false };
        let level = levels.as_ref().map_or(Some(11.0), |l| l.get(i)).filter(|l| (0.0..=f64::from(FINEST)).contains(l));
        let Some(level) = level else { return false };
        match radii.as_ref().map_or(Some(0.0), |r| r.get(i)) {
            Some(0.0) => {}
            Some(radius) if radius > 0.0 => beyond = true,
            _ => return false,
        }
        let Some(cells) = cells(&shape, level as u32) else { return false };
        out.push('[');
        for cell in cells {
            out.push_str(if out.ends_with('[') { "\"" } else { ",\"" });
            cell.write(out);
            out.push('"');
        }
        out.push(']');
        true
    });
    if beyond {
        return exec_err!(
            "{name}() with a radius is not supported, because the exact reach of Kusto's cells is not documented."
        );
    }
    result
}

/// The cells of the level; `None` if there are too many.
fn cells(shape: &Shape, level: u32) -> Option<Vec<Cell>> {
    let edges = shape.edges();
    let mut found = Vec::new();
    for face in Cell::faces() {
        cover(shape, &edges, face, level, &mut found)?;
    }
    found.sort_by_key(|cell| cell.id());
    Some(found)
}

/// `edges` are those that can have a point in common with the cell.
fn cover(shape: &Shape, edges: &[Edge], cell: Cell, level: u32, found: &mut Vec<Cell>) -> Option<()> {
    let corners = cell.corners();
    let sides: [Edge; 4] = [0, 1, 2, 3].map(|n: usize| (corners[n], corners[(n + 1) % 4]));
    let near: Vec<Edge> = edges.iter().filter(|edge| reaches(**edge, cell, &sides)).copied().collect();
    if near.is_empty() {
        // the cell is entirely inside or entirely outside
        return if shape.contains(cell.middle()) { fill(cell, level, found) } else { Some(()) };
    }
    if cell.level() == level {
        found.push(cell);
        return (found.len() <= MOST).then_some(());
    }
    cell.quarters().try_for_each(|quarter| cover(shape, &near, quarter, level, found))
}

fn reaches(edge: Edge, cell: Cell, sides: &[Edge; 4]) -> bool {
    let inside = |point: Point| Cell::of(point, FINEST).is_in(cell);
    inside(edge.0) || inside(edge.1) || sides.iter().any(|side| arcs::meeting(edge, *side) != Intersection::Apart)
}

/// All cells of the level in a cell.
fn fill(cell: Cell, level: u32, found: &mut Vec<Cell>) -> Option<()> {
    if cell.level() == level {
        found.push(cell);
        return (found.len() <= MOST).then_some(());
    }
    cell.quarters().try_for_each(|quarter| fill(quarter, level, found))
}

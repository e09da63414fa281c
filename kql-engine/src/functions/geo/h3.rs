//! H3 cells: hexagons of Uber's index, written as 15 hexadecimal digits.

use super::points::points;
use super::sphere::{self, Point};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Number},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::{Dynamic, Int, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use h3o::{CellIndex, LatLng, Resolution};
use std::fmt::Write;

static OF_CELL: [Signature; 1] = [sig(&[p("h3cell", Is(String))], Returns::Is(Dynamic))];

/// Children are returned for at most this number of resolutions down.
const DEEPEST: u8 = 5;
/// Rings are returned up to this distance.
const FARTHEST: f64 = 142.0;

macro_rules! h3 {
    ($row:ident, $name:literal, $signatures:expr, $page:literal, $summary:literal, $eval:expr) => {
        pub static $row: ScalarFunction = ScalarFunction {
            name: $name,
            aliases: &[],
            signatures: $signatures,
            result_name: ResultName::None,
            summary: $summary,
            page: $page,
            eval: Eval::Kernel($eval),
        };
    };
}

h3!(
    POINT_TO_H3CELL,
    "geo_point_to_h3cell",
    &[sig(&[p("longitude", Number), p("latitude", Number), optional("resolution", Number)], Returns::Is(String))],
    "geo-point-to-h3cell-function",
    "The H3 cell of a point, of a resolution from 0 to 15 (6 where none is asked for); empty where the point is none.",
    |call| {
        let points = points::<1>(call)?;
        let resolutions = resolutions(call, 2)?;
        kernel::strings(call.rows, |i, out| {
            let resolution = resolutions(i, Some(6));
            if let (Some([point]), Some(resolution)) = (points(i), resolution)
                && let Ok(place) = LatLng::new(point.latitude, point.longitude)
            {
                let _ = write!(out, "{}", place.to_cell(resolution));
            }
        })
    }
);
h3!(
    TO_CENTRAL_POINT,
    "geo_h3cell_to_central_point",
    &OF_CELL,
    "geo-h3cell-to-central-point-function",
    "The middle of an H3 cell, as GeoJSON.",
    |call| of_cell(call, |_, cell, out| {
        sphere::point(place(LatLng::from(cell)), out);
        true
    })
);
h3!(
    TO_POLYGON,
    "geo_h3cell_to_polygon",
    &OF_CELL,
    "geo-h3cell-to-polygon-function",
    "The area of an H3 cell, as GeoJSON.",
    |call| of_cell(call, |_, cell, out| {
        let corners: Vec<Point> = cell.boundary().iter().copied().map(place).collect();
        sphere::ring(&corners, out);
        true
    })
);
h3!(
    NEIGHBORS,
    "geo_h3cell_neighbors",
    &OF_CELL,
    "geo-h3cell-neighbors-function",
    "An array of the H3 cells around an H3 cell.",
    |call| of_cell(call, |_, cell, out| {
        let around: Vec<CellIndex> = cell.grid_ring(1);
        write_cells(around, out);
        true
    })
);
h3!(
    CHILDREN,
    "geo_h3cell_children",
    &[sig(&[p("h3cell", Is(String)), optional("resolution", Number)], Returns::Is(Dynamic))],
    "geo-h3cell-children-function",
    "An array of the H3 cells that an H3 cell is divided into, at most five resolutions down.",
    |call| {
        let resolutions = resolutions(call, 1)?;
        of_cell(call, move |i, cell, out| {
            let next = u8::from(cell.resolution()) + 1;
            let resolution = resolutions(i, Some(next)).map(u8::from);
            let Some(resolution) = resolution.filter(|r| (next..next + DEEPEST).contains(r)) else { return false };
            let Ok(resolution) = Resolution::try_from(resolution) else { return false };
            write_cells(cell.children(resolution), out);
            true
        })
    }
);
h3!(
    RINGS,
    "geo_h3cell_rings",
    &[sig(&[p("h3cell", Is(String)), p("distance", Number)], Returns::Is(Dynamic))],
    "geo-h3cell-rings-function",
    "An array of the rings of H3 cells around an H3 cell up to a distance, itself first.",
    |call| {
        let distances = call.numbers(1)?;
        of_cell(call, |i, cell, out| {
            let Some(distance) = distances.get(i).filter(|d| (0.0..=FARTHEST).contains(d)) else { return false };
            write::list(0..=distance as u32, out, |k, out| {
                let ring: Vec<CellIndex> = cell.grid_ring(k);
                write_cells(ring, out);
            });
            true
        })
    }
);
h3!(
    PARENT,
    "geo_h3cell_parent",
    &[sig(&[p("h3cell", Is(String)), optional("resolution", Number)], Returns::Is(String))],
    "geo-h3cell-parent-function",
    "The H3 cell that an H3 cell is a part of; empty where there is none.",
    |call| {
        let (cells, resolutions) = (call.strings(0)?, resolutions(call, 1)?);
        kernel::strings(call.rows, |i, out| {
            let Some(cell) = parse(cells.get(i)) else { return };
            let above = u8::from(cell.resolution()).checked_sub(1);
            if let Some(parent) = resolutions(i, above).and_then(|r| cell.parent(r)) {
                let _ = write!(out, "{parent}");
            }
        })
    }
);
h3!(
    LEVEL,
    "geo_h3cell_level",
    &[sig(&[p("h3cell", Is(String))], Returns::Is(Int))],
    "geo-h3cell-level-function",
    "The resolution of an H3 cell; null where it is none.",
    |call| {
        let cells = call.strings(0)?;
        kernel::ints(call.rows, |i| Some(i32::from(u8::from(parse(cells.get(i))?.resolution()))))
    }
);

fn place(place: LatLng) -> Point {
    Point { longitude: place.lng(), latitude: place.lat() }
}

fn parse(text: &str) -> Option<CellIndex> {
    text.parse().ok()
}

/// The resolution in argument `n`; the default if the argument is missing, `None` if it is not valid.
fn resolutions<'a>(call: &Call<'a>, n: usize) -> Result<impl Fn(usize, Option<u8>) -> Option<Resolution> + use<'a>> {
    let numbers = if call.len() > n { Some(call.numbers(n)?) } else { None };
    Ok(move |i: usize, default: Option<u8>| {
        let resolution = match &numbers {
            Some(numbers) => numbers.get(i).filter(|r| (0.0..=15.0).contains(r)).map(|r| r as u8),
            None => default,
        };
        Resolution::try_from(resolution?).ok()
    })
}

fn write_cells(cells: impl IntoIterator<Item = CellIndex>, out: &mut std::string::String) {
    out.push('[');
    for (n, cell) in cells.into_iter().enumerate() {
        let _ = if n > 0 { write!(out, ",\"{cell}\"") } else { write!(out, "\"{cell}\"") };
    }
    out.push(']');
}

fn of_cell(call: &Call, write: impl Fn(usize, CellIndex, &mut std::string::String) -> bool) -> Result<ColumnarValue> {
    let cells = call.strings(0)?;
    kernel::texts(call.rows, |i, out| parse(cells.get(i)).is_some_and(|cell| write(i, cell, out)))
}

//! `geo_point_to_s2cell()`, `geo_s2cell_to_central_point()`, `geo_s2cell_to_polygon()`, `geo_s2cell_neighbors()`
//!
//! The cells of Google's S2: the earth is projected onto the six faces of a cube, and each face is traversed along a
//! Hilbert curve.

use super::points::points;
use super::sphere::{self, Point, Vector};
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Number},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::{Dynamic, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;
use std::fmt::Write;

static OF_CELL: [Signature; 1] = [sig(&[p("s2cell", Is(String))], Returns::Is(Dynamic))];

pub static POINT_TO_S2CELL: ScalarFunction = ScalarFunction {
    name: "geo_point_to_s2cell",
    aliases: &[],
    signatures: &[sig(
        &[p("longitude", Number), p("latitude", Number), optional("level", Number)],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "The S2 cell of a point, at a level from 0 to 30 (11 by default); empty if the point is not valid.",
    page: "geo-point-to-s2cell-function",
    eval: Eval::Kernel(|call| {
        let points = points::<1>(call)?;
        let level = if call.len() > 2 { Some(call.numbers(2)?) } else { None };
        kernel::strings(call.rows, |i, out| {
            let level = level.as_ref().map_or(Some(11.0), |l| l.get(i)).filter(|l| (0.0..=30.0).contains(l));
            if let (Some([point]), Some(level)) = (points(i), level) {
                Cell::of(point, level as u32).write(out);
            }
        })
    }),
};

pub static TO_CENTRAL_POINT: ScalarFunction = ScalarFunction {
    name: "geo_s2cell_to_central_point",
    aliases: &[],
    signatures: &OF_CELL,
    result_name: ResultName::None,
    summary: "The center of an S2 cell, as GeoJSON.",
    page: "geo-s2cell-to-central-point-function",
    eval: Eval::Kernel(|call| of_cell(call, |cell, out| sphere::point(cell.middle(), out))),
};

pub static TO_POLYGON: ScalarFunction = ScalarFunction {
    name: "geo_s2cell_to_polygon",
    aliases: &[],
    signatures: &OF_CELL,
    result_name: ResultName::None,
    summary: "The area of an S2 cell, as GeoJSON.",
    page: "geo-s2cell-to-polygon-function",
    eval: Eval::Kernel(|call| of_cell(call, |cell, out| sphere::ring(&cell.corners(), out))),
};

pub static NEIGHBORS: ScalarFunction = ScalarFunction {
    name: "geo_s2cell_neighbors",
    aliases: &[],
    signatures: &OF_CELL,
    result_name: ResultName::None,
    summary: "An array of the S2 cells around an S2 cell.",
    page: "geo-s2cell-neighbors-function",
    eval: Eval::Kernel(|call| {
        of_cell(call, |cell, out| {
            out.push('[');
            for neighbor in cell.neighbors() {
                out.push_str(if out.ends_with('[') { "\"" } else { ",\"" });
                neighbor.write(out);
                out.push('"');
            }
            out.push(']');
        })
    }),
};

/// The finest level.
pub(super) const FINEST: u32 = 30;
/// Number of cells of the finest level along the edge of a face.
const SIDE: i64 = 1 << FINEST;
/// The order of the four quarters of a square by the orientation of the curve, and its inverse.
const PLACE_OF_QUARTER: [[u64; 4]; 4] = [[0, 1, 3, 2], [0, 3, 1, 2], [2, 3, 1, 0], [2, 1, 3, 0]];
const QUARTER_OF_PLACE: [[u64; 4]; 4] = [[0, 1, 3, 2], [0, 2, 3, 1], [3, 2, 0, 1], [3, 1, 0, 2]];
/// The change of orientation in each quarter.
const TURN: [usize; 4] = [1, 0, 0, 3];

/// A cell: a face, and a square of `size` finest cells on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    face: usize,
    i: i64,
    j: i64,
    level: u32,
}

impl Cell {
    pub(super) fn of(point: Point, level: u32) -> Cell {
        let (face, u, v) = face_of(point.vector());
        Cell { face, i: finest(square(u)), j: finest(square(v)), level }.snapped()
    }

    fn size(self) -> i64 {
        1 << (FINEST - self.level)
    }

    /// Starts at the first finest cell of the square.
    fn snapped(self) -> Cell {
        Cell { i: self.i & -self.size(), j: self.j & -self.size(), ..self }
    }

    fn parse(text: &str) -> Option<Cell> {
        if !(1..=16).contains(&text.len()) || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let id = u64::from_str_radix(text, 16).ok()?.checked_shl(4 * (16 - text.len() as u32))?;
        let zeros = id.trailing_zeros();
        let face = (id >> 61) as usize;
        if id == 0 || face > 5 || !zeros.is_multiple_of(2) || zeros > 60 {
            return None;
        }
        let level = FINEST - zeros / 2;
        let (mut i, mut j, mut orientation) = (0, 0, face & 1);
        for k in (FINEST - level..FINEST).rev() {
            let place = (id >> (2 * k + 1) & 3) as usize;
            let quarter = *QUARTER_OF_PLACE.get(orientation)?.get(place)?;
            i |= ((quarter >> 1) as i64) << k;
            j |= ((quarter & 1) as i64) << k;
            orientation ^= *TURN.get(place)?;
        }
        Some(Cell { face, i, j, level })
    }

    pub(super) fn id(self) -> u64 {
        let (mut id, mut orientation) = (self.face as u64, self.face & 1);
        for k in (0..FINEST).rev() {
            let quarter = ((self.i >> k & 1) << 1 | (self.j >> k & 1)) as usize;
            let place = PLACE_OF_QUARTER.get(orientation).and_then(|row| row.get(quarter)).copied().unwrap_or(0);
            id = id << 2 | place;
            orientation ^= TURN.get(place as usize).copied().unwrap_or(0);
        }
        let lowest = 1u64 << (2 * (FINEST - self.level));
        (id << 1 | 1) & lowest.wrapping_neg() | lowest
    }

    pub(super) fn write(self, out: &mut std::string::String) {
        let start = out.len();
        let _ = write!(out, "{:016x}", self.id());
        let kept = out.get(start..).unwrap_or("").trim_end_matches('0').len();
        out.truncate(start + kept);
    }

    /// The point at a position of the face, in halves of finest cells.
    fn at(self, i: i64, j: i64) -> Point {
        let place = |n: i64| flat(n as f64 / (2 * SIDE) as f64);
        Point::of(cube(self.face, place(i), place(j)))
    }

    pub(super) fn middle(self) -> Point {
        self.at(2 * self.i + self.size(), 2 * self.j + self.size())
    }

    pub(super) fn corners(self) -> [Point; 4] {
        let (i, j, size) = (2 * self.i, 2 * self.j, 2 * self.size());
        [self.at(i, j), self.at(i + size, j), self.at(i + size, j + size), self.at(i, j + size)]
    }

    /// The cells of the faces of the cube.
    pub(super) fn faces() -> impl Iterator<Item = Cell> {
        (0..6).map(|face| Cell { face, i: 0, j: 0, level: 0 })
    }

    /// The level of the cell.
    pub(super) fn level(self) -> u32 {
        self.level
    }

    /// Its four quarters; empty for the finest level.
    pub(super) fn quarters(self) -> impl Iterator<Item = Cell> {
        let half = self.size() / 2;
        let places = [(0, 0), (0, half), (half, half), (half, 0)].into_iter().filter(move |_| half > 0);
        places.map(move |(i, j)| Cell { i: self.i + i, j: self.j + j, level: self.level + 1, ..self })
    }

    /// Whether it is the other cell or a part of it.
    pub(super) fn is_in(self, other: Cell) -> bool {
        let (size, inside) = (other.size(), |n: i64, start: i64, size: i64| (start..start + size).contains(&n));
        self.level >= other.level
            && self.face == other.face
            && inside(self.i, other.i, size)
            && inside(self.j, other.j, size)
    }

    /// Eight neighbours, or seven at a corner of the cube.
    fn neighbors(self) -> Vec<Cell> {
        let mut found = Vec::with_capacity(8);
        for (x, y) in [(0, -1), (1, 0), (0, 1), (-1, 0), (-1, -1), (1, -1), (1, 1), (-1, 1)] {
            let (i, j) = (self.i + x * self.size(), self.j + y * self.size());
            let inside = |n: i64| (0..SIDE).contains(&n);
            // both coordinates outside: there is no cell across a corner of the cube
            if !inside(i) && !inside(j) {
                continue;
            }
            let cell = if inside(i) && inside(j) { Cell { i, j, ..self } } else { self.around(i, j) };
            if !found.contains(&cell) && cell != self {
                found.push(cell);
            }
        }
        found
    }

    /// The cell at a position just beyond the edge of the face.
    fn around(self, i: i64, j: i64) -> Cell {
        let half = self.size() as f64 / 2.0;
        // positions on the flat plane of the face, so that the next face begins where this one ends
        let plane = |n: i64| {
            let n = if n < 0 {
                -0.5
            } else if n >= SIDE {
                SIDE as f64 + 0.5
            } else {
                n as f64 + half
            };
            2.0 * n / SIDE as f64 - 1.0
        };
        let bent = |n: i64| if (0..SIDE).contains(&n) { flat((n as f64 + half) / SIDE as f64) } else { plane(n) };
        let (face, u, v) = face_of(cube(self.face, bent(i), bent(j)));
        Cell { face, i: finest(square(u)), j: finest(square(v)), level: self.level }.snapped()
    }
}

/// The face of the cube that a vector goes through, and the position on it.
fn face_of([x, y, z]: Vector) -> (usize, f64, f64) {
    let (a, b, c) = (x.abs(), y.abs(), z.abs());
    if a >= b && a >= c {
        if x >= 0.0 { (0, y / x, z / x) } else { (3, z / x, y / x) }
    } else if b >= c {
        if y >= 0.0 { (1, -x / y, z / y) } else { (4, z / y, -x / y) }
    } else if z >= 0.0 {
        (2, -x / z, -y / z)
    } else {
        (5, -y / z, -x / z)
    }
}

/// The vector to a position on a face.
fn cube(face: usize, u: f64, v: f64) -> Vector {
    match face {
        0 => [1.0, u, v],
        1 => [-u, 1.0, v],
        2 => [-u, -v, 1.0],
        3 => [-1.0, -v, -u],
        4 => [v, -1.0, -u],
        _ => [v, u, -1.0],
    }
}

/// Maps -1 to 1 on the face to 0 to 1, so that cells have similar sizes.
fn square(u: f64) -> f64 {
    if u >= 0.0 { 0.5 * (1.0 + 3.0 * u).sqrt() } else { 1.0 - 0.5 * (1.0 - 3.0 * u).sqrt() }
}

/// The inverse of [`square`].
fn flat(s: f64) -> f64 {
    if s >= 0.5 { (4.0 * s * s - 1.0) / 3.0 } else { (1.0 - 4.0 * (1.0 - s) * (1.0 - s)) / 3.0 }
}

fn finest(s: f64) -> i64 {
    ((s * SIDE as f64).floor() as i64).clamp(0, SIDE - 1)
}

fn of_cell(call: &Call, write: fn(Cell, &mut std::string::String)) -> Result<ColumnarValue> {
    let cells = call.strings(0)?;
    kernel::texts(call.rows, |i, out| Cell::parse(cells.get(i)).map(|cell| write(cell, out)).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_cell_is_among_the_neighbors_of_its_neighbors() {
        for (longitude, latitude) in [(0.0, 0.0), (45.0, 0.1), (-74.0, 40.7), (45.0, 35.3), (179.9, -89.9)] {
            for level in [0, 1, 5, 17, 30] {
                let cell = Cell::of(Point { longitude, latitude }, level);
                let mut text = std::string::String::new();
                cell.write(&mut text);
                assert!(Cell::parse(&text) == Some(cell), "{text}");
                for neighbor in cell.neighbors() {
                    assert!(neighbor.neighbors().contains(&cell), "{text} at {level}");
                }
            }
        }
    }
}

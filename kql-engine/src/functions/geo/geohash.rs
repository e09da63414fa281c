//! `geo_point_to_geohash()`, `geo_geohash_to_central_point()`, `geo_geohash_to_polygon()`, `geo_geohash_neighbors()`

use super::points::points;
use super::sphere::{self, Point};
use crate::dynamic::write;
use crate::functions::kernel;
use crate::registry::{
    Call, Eval,
    ParameterType::{Is, Number},
    ResultName, Returns, ScalarFunction, Signature, optional, p, sig,
};
use crate::types::ScalarType::{Dynamic, String};
use datafusion::common::Result;
use datafusion::logical_expr::ColumnarValue;

const DIGITS: &[u8; 32] = b"0123456789bcdefghjkmnpqrstuvwxyz";
const LONGEST: usize = 18;

static OF_HASH: [Signature; 1] = [sig(&[p("geohash", Is(String))], Returns::Is(Dynamic))];

pub static POINT_TO_GEOHASH: ScalarFunction = ScalarFunction {
    name: "geo_point_to_geohash",
    aliases: &[],
    signatures: &[sig(
        &[p("longitude", Number), p("latitude", Number), optional("accuracy", Number)],
        Returns::Is(String),
    )],
    result_name: ResultName::None,
    summary: "The geohash of a point, with 1 to 18 characters (5 by default); empty if the point is not valid.",
    page: "geo-point-to-geohash-function",
    eval: Eval::Kernel(|call| {
        let points = points::<1>(call)?;
        let accuracy = if call.len() > 2 { Some(call.numbers(2)?) } else { None };
        kernel::strings(call.rows, |i, out| {
            let length = accuracy.as_ref().map_or(Some(5.0), |a| a.get(i)).filter(|a| (1.0..=18.0).contains(a));
            if let (Some([point]), Some(length)) = (points(i), length) {
                Cell::of(point, length as usize).write(out);
            }
        })
    }),
};

pub static TO_CENTRAL_POINT: ScalarFunction = ScalarFunction {
    name: "geo_geohash_to_central_point",
    aliases: &[],
    signatures: &OF_HASH,
    result_name: ResultName::None,
    summary: "The center of a geohash's area, as GeoJSON.",
    page: "geo-geohash-to-central-point-function",
    eval: Eval::Kernel(|call| of_cell(call, |cell, out| sphere::point(cell.middle(), out))),
};

pub static TO_POLYGON: ScalarFunction = ScalarFunction {
    name: "geo_geohash_to_polygon",
    aliases: &[],
    signatures: &OF_HASH,
    result_name: ResultName::None,
    summary: "A geohash's area, as GeoJSON.",
    page: "geo-geohash-to-polygon-function",
    eval: Eval::Kernel(|call| of_cell(call, |cell, out| sphere::ring(&cell.corners(), out))),
};

pub static NEIGHBORS: ScalarFunction = ScalarFunction {
    name: "geo_geohash_neighbors",
    aliases: &[],
    signatures: &OF_HASH,
    result_name: ResultName::None,
    summary: "An array of the geohashes around a geohash.",
    page: "geo-geohash-neighbors-function",
    eval: Eval::Kernel(|call| {
        of_cell(call, |cell, out| {
            out.push('[');
            let mut text = std::string::String::new();
            for (x, y) in [(0, -1), (-1, 0), (0, 1), (1, 0), (-1, -1), (-1, 1), (1, -1), (1, 1)] {
                let Some(neighbor) = cell.moved(x, y) else { continue };
                if !out.ends_with('[') {
                    out.push(',');
                }
                text.clear();
                neighbor.write(&mut text);
                write::string(&text, out);
            }
            out.push(']');
        })
    }),
};

/// An area: its column and row among the areas with hashes of the same length.
#[derive(Clone, Copy)]
struct Cell {
    x: u64,
    y: u64,
    length: usize,
}

impl Cell {
    /// Number of bits of longitude and latitude; longitude has one more if their sum is odd.
    fn bits(length: usize) -> (u32, u32) {
        let all = 5 * length as u32;
        (all.div_ceil(2), all / 2)
    }

    fn of(point: Point, length: usize) -> Cell {
        let (bits_x, bits_y) = Cell::bits(length);
        let place = |value: f64, width: f64, bits: u32| {
            let last = (1u64 << bits) - 1;
            ((value / width * (1u64 << bits) as f64) as u64).min(last)
        };
        let (x, y) = (place(point.longitude + 180.0, 360.0, bits_x), place(point.latitude + 90.0, 180.0, bits_y));
        Cell { x, y, length }
    }

    fn parse(text: &str) -> Option<Cell> {
        if !(1..=LONGEST).contains(&text.len()) {
            return None;
        }
        let (mut x, mut y, mut even) = (0u64, 0u64, true);
        for c in text.bytes() {
            let digit = DIGITS.iter().position(|d| *d == c)?;
            for bit in (0..5).rev() {
                let bit = (digit >> bit & 1) as u64;
                if even {
                    x = x << 1 | bit
                } else {
                    y = y << 1 | bit
                }
                even = !even;
            }
        }
        Some(Cell { x, y, length: text.len() })
    }

    fn write(self, out: &mut std::string::String) {
        let (mut bits_x, mut bits_y) = Cell::bits(self.length);
        let mut even = true;
        for _ in 0..self.length {
            let mut digit = 0;
            for _ in 0..5 {
                let bit = if even {
                    bits_x -= 1;
                    self.x >> bits_x & 1
                } else {
                    bits_y -= 1;
                    self.y >> bits_y & 1
                };
                digit = digit << 1 | bit as usize;
                even = !even;
            }
            out.push(char::from(DIGITS.get(digit).copied().unwrap_or(b'0')));
        }
    }

    fn corner(self, right: u64, up: u64) -> Point {
        let (bits_x, bits_y) = Cell::bits(self.length);
        Point {
            longitude: (self.x + right) as f64 / (1u64 << bits_x) as f64 * 360.0 - 180.0,
            latitude: (self.y + up) as f64 / (1u64 << bits_y) as f64 * 180.0 - 90.0,
        }
    }

    /// Starts in the south west and continues east.
    fn corners(self) -> [Point; 4] {
        [self.corner(0, 0), self.corner(1, 0), self.corner(1, 1), self.corner(0, 1)]
    }

    fn middle(self) -> Point {
        let (a, b) = (self.corner(0, 0), self.corner(1, 1));
        Point { longitude: (a.longitude + b.longitude) / 2.0, latitude: (a.latitude + b.latitude) / 2.0 }
    }

    /// The cell that is `x` columns and `y` rows away, around the world; `None` beyond the poles.
    fn moved(self, x: i64, y: i64) -> Option<Cell> {
        let (bits_x, bits_y) = Cell::bits(self.length);
        let y = self.y.checked_add_signed(y).filter(|y| *y < 1 << bits_y)?;
        Some(Cell { x: self.x.wrapping_add_signed(x) & ((1 << bits_x) - 1), y, ..self })
    }
}

fn of_cell(call: &Call, write: fn(Cell, &mut std::string::String)) -> Result<ColumnarValue> {
    let hashes = call.strings(0)?;
    kernel::texts(call.rows, |i, out| Cell::parse(hashes.get(i)).map(|cell| write(cell, out)).is_some())
}

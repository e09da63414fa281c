//! `geo_from_wkt()`

use super::sphere::Point;
use crate::functions::kernel;
use crate::registry::{Eval, ParameterType::StringOrDynamic, ResultName, Returns, ScalarFunction, p, sig};
use crate::types::ScalarType::Dynamic;

pub static FROM_WKT: ScalarFunction = ScalarFunction {
    name: "geo_from_wkt",
    aliases: &[],
    signatures: &[sig(&[p("wkt", StringOrDynamic)], Returns::Is(Dynamic))],
    result_name: ResultName::None,
    summary: "Converts well-known text (WKT) to GeoJSON; null if the text is not a valid shape.",
    page: "geo-from-wkt-function",
    eval: Eval::Kernel(|call| {
        let texts = call.strings(0)?;
        kernel::texts(call.rows, |i, out| {
            let mut reader = Reader { rest: texts.get(i), depth: 0 };
            reader.shape(out).is_some() && reader.rest.trim().is_empty()
        })
    }),
};

/// The maximum nesting depth of collections.
const DEEPEST: u32 = 100;

struct Reader<'t> {
    rest: &'t str,
    depth: u32,
}

impl<'t> Reader<'t> {
    fn word(&mut self) -> &'t str {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    fn takes(&mut self, mark: char) -> bool {
        match self.rest.trim_start().strip_prefix(mark) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn number(&mut self) -> Option<f64> {
        self.rest = self.rest.trim_start();
        let end = self.rest.find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'));
        let (number, rest) = self.rest.split_at(end.unwrap_or(self.rest.len()));
        self.rest = rest;
        number.parse().ok().filter(|n: &f64| n.is_finite())
    }

    fn position(&mut self, out: &mut String) -> Option<()> {
        Point { longitude: self.number()?, latitude: self.number()? }.write(out);
        Some(())
    }

    /// Items in parentheses, separated by commas.
    fn listed(&mut self, out: &mut String, item: &mut dyn FnMut(&mut Self, &mut String) -> Option<()>) -> Option<()> {
        if !self.takes('(') {
            return None;
        }
        out.push('[');
        loop {
            item(self, out)?;
            if self.takes(')') {
                break;
            }
            if !self.takes(',') {
                return None;
            }
            out.push(',');
        }
        out.push(']');
        Some(())
    }

    /// Positions in lists that are nested `lists` deep.
    fn nested(&mut self, out: &mut String, lists: u32) -> Option<()> {
        match lists {
            0 => self.position(out),
            _ => self.listed(out, &mut |reader, out| reader.nested(out, lists - 1)),
        }
    }

    fn shape(&mut self, out: &mut String) -> Option<()> {
        let word = self.word().to_ascii_uppercase();
        let (name, lists) = match word.as_str() {
            "POINT" => ("Point", 0),
            "LINESTRING" => ("LineString", 1),
            "POLYGON" => ("Polygon", 2),
            "MULTIPOINT" => ("MultiPoint", 1),
            "MULTILINESTRING" => ("MultiLineString", 2),
            "MULTIPOLYGON" => ("MultiPolygon", 3),
            "GEOMETRYCOLLECTION" => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return None;
                }
                out.push_str("{\"type\":\"GeometryCollection\",\"geometries\":");
                self.listed(out, &mut |reader, out| reader.shape(out))?;
                out.push('}');
                self.depth -= 1;
                return Some(());
            }
            _ => return None,
        };
        out.push_str("{\"type\":\"");
        out.push_str(name);
        out.push_str("\",\"coordinates\":");
        match name {
            "Point" => {
                if !self.takes('(') {
                    return None;
                }
                self.position(out)?;
                if !self.takes(')') {
                    return None;
                }
            }
            // each of its points can be in parentheses
            "MultiPoint" => self.listed(out, &mut |reader, out| {
                let closes = reader.takes('(');
                reader.position(out)?;
                (!closes || reader.takes(')')).then_some(())
            })?,
            _ => self.nested(out, lists)?,
        }
        out.push('}');
        Some(())
    }
}

//! Rows for the tables of a query, typed by the schema.

use crate::constants::Constants;
use arrow::array::{
    ArrayRef, BooleanArray, Decimal256Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray,
};
use arrow::datatypes::i256;
use kql_engine::{ScalarType, TableSchema};
use std::sync::Arc;

/// Rows of a table.
const ROWS: usize = 40;
const DAY: i64 = 864_000_000_000;

/// Texts that columns of security data hold.
const TEXTS: &[&str] = &[
    "10.1.2.3",
    "8.8.8.8",
    "2001:db8::1",
    "CONTOSO\\ann",
    "ann@contoso.example",
    "https://contoso.example/a/b?c=d&e=f",
    "C:\\Windows\\System32\\cmd.exe",
    "powershell.exe -NoProfile -EncodedCommand SQBFAFgA",
    "Straße İstanbul ✓",
    "12",
    "true",
    "2026-03-10T09:30:00Z",
    "Success",
    "Administrators",
    "{\"Name\":\"ann\",\"Value\":[1,2,\"x\"]}",
    "[{\"Name\":\"Path\",\"Value\":\"x\"},{\"Name\":\"User\",\"Value\":\"ann\"}]",
];

/// Numbers that look random and are always the same.
pub struct Random(u64);

impl Random {
    /// Begins with the hash of a text.
    pub fn of(text: &str) -> Random {
        Random(
            text.bytes()
                .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)),
        )
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T: ?Sized>(&mut self, from: &[&'a T]) -> Option<&'a T> {
        from.get(self.below(from.len())).copied()
    }
}

/// The rows of a table.
pub fn rows(schema: &TableSchema, constants: &Constants, now: i64, random: &mut Random) -> RecordBatch {
    let columns: Vec<ArrayRef> =
        schema.columns.iter().map(|column| values(&column.name, column.ty, constants, now, random)).collect();
    RecordBatch::try_new(schema.arrow(), columns).expect("columns as the schema has them")
}

fn values(name: &str, ty: ScalarType, constants: &Constants, now: i64, random: &mut Random) -> ArrayRef {
    let near = constants.near(name);
    let mut text = |random: &mut Random| text(&near, constants, random);
    let number = |random: &mut Random| -> i64 {
        let own: Vec<i64> = near.iter().filter_map(|n| n.parse().ok()).collect();
        let from = if !own.is_empty() && random.chance(70) { &own } else { &constants.numbers };
        match from.get(random.below(from.len())) {
            Some(number) if random.chance(70) => *number,
            _ => random.below(2000) as i64 - 10,
        }
    };
    let mut each = |make: &mut dyn FnMut(&mut Random) -> Option<i64>| -> Vec<Option<i64>> {
        (0..ROWS).map(|_| if random.chance(8) { None } else { make(random) }).collect()
    };
    match ty {
        ScalarType::Bool => Arc::new(
            each(&mut |r| Some(r.below(2) as i64)).into_iter().map(|v| v.map(|v| v == 1)).collect::<BooleanArray>(),
        ),
        ScalarType::Int => {
            let values = each(&mut |r| Some(number(r)));
            Arc::new(values.into_iter().map(|v| v.and_then(|v| i32::try_from(v).ok())).collect::<Int32Array>())
        }
        ScalarType::Long => Arc::new(each(&mut |r| Some(number(r))).into_iter().collect::<Int64Array>()),
        ScalarType::Real => {
            let values = each(&mut |r| Some(number(r)));
            Arc::new(values.into_iter().map(|v| v.map(|v| v as f64 / 4.0)).collect::<Float64Array>())
        }
        ScalarType::Decimal => {
            let values = each(&mut |r| Some(number(r)));
            let values: Decimal256Array = values.into_iter().map(|v| v.map(i256::from)).collect();
            Arc::new(values.with_data_type(ty.arrow()))
        }
        ScalarType::Datetime => {
            let times = each(&mut |r| {
                let span = if r.chance(60) {
                    DAY / 12
                } else if r.chance(60) {
                    DAY
                } else {
                    14 * DAY
                };
                Some(now - r.below(span as usize) as i64)
            });
            Arc::new(times.into_iter().collect::<Int64Array>())
        }
        ScalarType::Timespan => {
            Arc::new(each(&mut |r| Some(r.below(DAY as usize) as i64)).into_iter().collect::<Int64Array>())
        }
        ScalarType::Guid => {
            let guid = |r: &mut Random| format!("00000000-0000-4000-8000-{:012x}", r.below(6));
            let values = (0..ROWS).map(|_| if random.chance(8) { None } else { Some(guid(random)) });
            Arc::new(values.collect::<StringArray>())
        }
        ScalarType::Dynamic => {
            let values =
                (0..ROWS).map(|_| if random.chance(8) { None } else { Some(dynamic(&mut text, constants, random)) });
            Arc::new(values.collect::<StringArray>())
        }
        ScalarType::String | ScalarType::Unknown => {
            let values = (0..ROWS).map(|_| {
                let value = if random.chance(8) { String::new() } else { text(random) };
                if random.chance(6) { dynamic(&mut text, constants, random) } else { value }
            });
            Arc::new(values.map(Some).collect::<StringArray>())
        }
    }
}

/// A text: most often one that the query compares this column with.
fn text(near: &[&str], constants: &Constants, random: &mut Random) -> String {
    let all: Vec<&str> = constants.all.iter().map(String::as_str).collect();
    let own = if !near.is_empty() && random.chance(75) { random.pick(near) } else { None };
    let any = if random.chance(60) { random.pick(&all) } else { None };
    let base = own.or(any).or_else(|| random.pick(TEXTS)).unwrap_or_default().to_owned();
    match random.below(10) {
        0 => format!("{} {base}", random.pick(TEXTS).unwrap_or_default()),
        1 => format!("{base} {}", random.pick(&all).unwrap_or_default()),
        2 => base.to_uppercase(),
        _ => base,
    }
}

/// JSON: a bag with the query's property names, or an array of such bags or of texts.
fn dynamic(text: &mut dyn FnMut(&mut Random) -> String, constants: &Constants, random: &mut Random) -> String {
    match random.below(10) {
        0 => "[]".to_owned(),
        1 => serde_json::Value::from((0..3).map(|_| text(random)).collect::<Vec<_>>()).to_string(),
        2 => serde_json::Value::from(text(random)).to_string(),
        3..=5 => {
            serde_json::Value::from((0..2).map(|_| bag(text, constants, random, 1)).collect::<Vec<_>>()).to_string()
        }
        _ => bag(text, constants, random, 2).to_string(),
    }
}

fn bag(
    text: &mut dyn FnMut(&mut Random) -> String,
    constants: &Constants,
    random: &mut Random,
    depth: usize,
) -> serde_json::Value {
    let mut bag = serde_json::Map::new();
    for key in &constants.keys {
        if bag.len() > 8 || random.chance(40) {
            continue;
        }
        let value = match random.below(8) {
            0 => serde_json::Value::from(random.below(2000)),
            1 if depth > 0 => bag_array(text, constants, random, depth - 1),
            2 if depth > 0 => self::bag(text, constants, random, depth - 1),
            _ => serde_json::Value::from(text(random)),
        };
        bag.insert(key.clone(), value);
    }
    serde_json::Value::from(bag)
}

fn bag_array(
    text: &mut dyn FnMut(&mut Random) -> String,
    constants: &Constants,
    random: &mut Random,
    depth: usize,
) -> serde_json::Value {
    serde_json::Value::from((0..2).map(|_| bag(text, constants, random, depth)).collect::<Vec<_>>())
}

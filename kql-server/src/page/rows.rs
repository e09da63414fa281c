//! Rows as the page reads them: every cell is a text as the engine shows it, so that no digit is lost; null is null.

use arrow::array::{Array, RecordBatch};
use kql_engine::dynamic::write::string;
use kql_engine::{Column, ScalarType, cell as cells};

/// Rows in one line.
const LINE: usize = 1000;

/// The rows of a batch as lines of JSON.
pub fn lines(batch: &RecordBatch, columns: &[Column]) -> String {
    let mut out = String::with_capacity(batch.num_rows() * columns.len() * 12);
    let mut text = String::new();
    let mut from = 0;
    while from < batch.num_rows() {
        let to = (from + LINE).min(batch.num_rows());
        out.push_str(&format!("{{\"count\":{},\"rows\":[", to - from));
        for row in from..to {
            out.push_str(if row > from { ",[" } else { "[" });
            for (n, (column, array)) in columns.iter().zip(batch.columns()).enumerate() {
                if n > 0 {
                    out.push(',');
                }
                if is_null(array, column.ty, row) {
                    out.push_str("null");
                    continue;
                }
                text.clear();
                cells::text(array, column.ty, row, &mut text);
                string(&text, &mut out);
            }
            out.push(']');
        }
        out.push_str("]}\n");
        from = to;
    }
    out
}

/// A cell as text; `None` for null.
pub fn cell(array: &dyn Array, ty: ScalarType, row: usize) -> Option<String> {
    if is_null(array, ty, row) {
        return None;
    }
    let mut text = String::new();
    cells::text(array, ty, row, &mut text);
    Some(text)
}

/// All cells of batches.
pub fn table(batches: &[RecordBatch], columns: &[Column]) -> Vec<Vec<Option<String>>> {
    let mut rows = Vec::new();
    for batch in batches {
        for row in 0..batch.num_rows() {
            let cells = columns.iter().zip(batch.columns()).map(|(column, array)| cell(array, column.ty, row));
            rows.push(cells.collect());
        }
    }
    rows
}

/// A text is never null.
fn is_null(array: &dyn Array, ty: ScalarType, row: usize) -> bool {
    array.is_null(row) && ty != ScalarType::String
}

#[cfg(test)]
mod tests {
    use super::*;
    use kql_engine::Engine;
    use serde_json::{Value, json};

    #[test]
    fn cells_are_what_the_engine_shows() {
        let engine = Engine::builder().build().unwrap();
        let query = "print a = 9007199254740993, b = 1.0, c = int(null), d = '\"x\"\\n', e = dynamic({'k': 1}), f = ''";
        let answer = engine.query(query).unwrap();
        let table = &answer.tables[0];
        let line = lines(&table.batches[0], &table.schema.columns);
        let value: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(value, json!({"count": 1, "rows": [["9007199254740993", "1.0", null, "\"x\"\n", "{\"k\":1}", ""]]}));
    }

    #[test]
    fn many_rows_are_several_lines() {
        let engine = Engine::builder().build().unwrap();
        let answer = engine.query("range x from 1 to 2500 step 1").unwrap();
        let table = &answer.tables[0];
        let lines: Vec<String> = table.batches.iter().map(|batch| lines(batch, &table.schema.columns)).collect();
        let counts = lines
            .concat()
            .lines()
            .map(|line| {
                let value: Value = serde_json::from_str(line).unwrap();
                assert_eq!(value["rows"].as_array().map(Vec::len), value["count"].as_u64().map(|n| n as usize));
                value["count"].as_u64().unwrap()
            })
            .collect::<Vec<u64>>();
        assert_eq!(counts.iter().sum::<u64>(), 2500);
        assert!(counts.iter().all(|count| *count <= 1000));
    }
}

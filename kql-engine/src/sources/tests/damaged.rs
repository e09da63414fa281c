//! Damaged files of which a part can be read: what is lost is counted or named.

use super::*;
use arrow::array::{Array, UnionArray};
use arrow::buffer::ScalarBuffer;
use arrow::datatypes::{DataType, Field, Schema, UnionFields};
use arrow::ipc::writer::StreamWriter;

/// The table with `strict`.
fn strictly(path: &Path) -> Result<SourceTable, SourceError> {
    let tables = discover(&[path.into()], &Arc::default(), &OpenOptions::default())?;
    let strict = OpenOptions { strict: true, ..OpenOptions::default() };
    open(tables.first().expect("a table"), None, None, &strict)
}

/// Two damages that each change a quote: everything between them was one value.
#[test]
fn an_array_that_is_damaged_twice() {
    let dir = folder();
    let element = |i: usize| format!(r#"{{"Id":{i},"Bag":{{"k":[1,"two",{{"x":"y{i}"}}]}},"Text":"a \" b"}}"#);
    let whole: Vec<String> = (0..40).map(element).collect();
    for (first, second) in [(2, 27), (0, 39), (5, 6), (10, 10)] {
        let mut elements = whole.clone();
        elements[first] = elements[first].replacen("\"x\"", "\"x\\\"", 1);
        elements[second] = elements[second].replacen("\"two\"", "\"two", 1);
        let text = format!("[{}]", elements.join(", "));
        let path = file(&dir, "T.json", text);
        let table = open_path(&path, None).expect("a table");
        let lost = if first == second { 1 } else { 2 };
        let read = rows(&table).len() as u64 - 1;
        assert!(read + table.report.refused() >= 40 && read >= 40 - lost, "{first} {second}: {read}");
        assert!(strictly(&path).is_err(), "{first} {second}");
    }
}

/// Elements that are not closed reach to the end of the file, each: the work is bounded, and what is not read is named.
#[test]
fn an_array_of_elements_that_do_not_end() {
    let dir = folder();
    let path = file(&dir, "T.json", format!("[{}", r#"{"a":[1, "#.repeat(50_000)));
    let table = open_path(&path, None).expect("a table");
    assert_eq!(rows(&table).len(), 1);
    assert!((10..1000).contains(&table.report.refused()), "{}", table.report.refused());
    assert!(table.report.notices().join("").contains("the rest of the file is not read"));
}

/// An element can contain what looks like the beginning of another one.
#[test]
fn an_element_inside_an_element() {
    let dir = folder();
    let path = file(&dir, "T.json", r#"[{"Id":1,"In":{"Id":2}}, {"Id":3,"In":[{"Id":4},{"Id":5}]}, {"Id":6}]"#);
    let table = open_path(&path, None).expect("a table");
    assert_eq!((rows(&table).len(), table.report.refused()), (4, 0));
}

fn stream(batch: &RecordBatch) -> StreamWriter<Vec<u8>> {
    let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    writer.write(batch).expect("rows");
    writer
}

#[test]
fn an_arrow_stream_that_goes_on_or_is_cut() {
    let dir = folder();
    let cut = stream(&sample()).get_ref().clone();
    let whole = stream(&sample()).into_inner().expect("bytes");
    let twice = [whole.clone(), whole.clone()].concat();
    for (bytes, notice) in [(whole, None), (cut, Some("no end mark")), (twice, Some("after the end mark"))] {
        let path = file(&dir, "T.arrow", bytes);
        let table = open_path(&path, None).expect("a table");
        assert_eq!(rows(&table).len(), 3);
        let notices = table.report.notices().join("\n");
        assert!(notice.map_or(notices.is_empty(), |part| notices.contains(part)), "{notices}");
        assert_eq!(strictly(&path).is_err(), notice.is_some());
    }
}

#[test]
fn columns_that_no_table_can_have() {
    let dir = folder();
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1, 2]));
    let member = Arc::new(Field::new("n", DataType::Int64, true));
    let fields = UnionFields::try_new([0], [member]).expect("fields");
    let union = UnionArray::try_new(fields, ScalarBuffer::from(vec![0_i8, 0]), None, vec![numbers.clone()]);
    let union: ArrayRef = Arc::new(union.expect("a union"));
    let inside = Arc::new(Field::new("u", union.data_type().clone(), true));
    let nested: ArrayRef = Arc::new(arrow::array::StructArray::from(vec![(inside, union.clone())]));
    for array in [union, nested] {
        let batch = RecordBatch::try_from_iter([("id", numbers.clone()), ("c", array)]).expect("a batch");
        let path = file(&dir, "T.arrow", stream(&batch).into_inner().expect("bytes"));
        let error = open_path(&path, None).expect_err("no table has a union").to_string();
        assert!(error.contains("the column 'c' has the type"), "{error}");
    }
    let twice = Schema::new(vec![Field::new("a", DataType::Int64, true), Field::new("a", DataType::Int64, true)]);
    let second: ArrayRef = Arc::new(Int64Array::from(vec![7, 8]));
    let batch = RecordBatch::try_new(Arc::new(twice), vec![numbers, second]).expect("a batch");
    let table = open_path(&file(&dir, "T.arrow", stream(&batch).into_inner().expect("bytes")), None).expect("a table");
    assert_eq!(rows(&table), ["a:long", "1", "2"]);
    assert!(table.report.notices().join("").contains("the column 'a' occurs more than once"));
}

/// Two stray quotes: everything between them was one value.
#[test]
fn csv_with_stray_quotes() {
    let dir = folder();
    let whole: Vec<String> = (0..2000).map(|i| format!("{i},name {i},x{i},\"two\nlines\"")).collect();
    let changes: [(&str, &str, u64); 4] = [
        // nothing closes it
        (",name", ",\"name", 1),
        // the next one stands in the middle of a value
        (",x", ",\"x", 1),
        ("x", "\"x\"\"", 1),
        // quotes in the middle of values mean nothing
        ("ame", "a\"me", 0),
    ];
    for (from, to, lost) in changes {
        for places in [vec![700], vec![10, 1500], (100..130).collect()] {
            let mut lines = whole.clone();
            places.iter().for_each(|at| lines[*at] = lines[*at].replacen(from, to, 1));
            let path = file(&dir, "T.csv", format!("Id,Name,X,Note\n{}\n", lines.join("\n")));
            let table = open_path(&path, None).expect("a table");
            let (read, refused) = (rows(&table).len() as u64 - 1, table.report.refused());
            let lost = lost * places.len() as u64;
            let notices = table.report.notices();
            // a row of two lines is counted as two where its first line is lost
            assert!(read == 2000 - lost && (lost..=2 * lost).contains(&refused), "{to} {places:?}: {read} {notices:?}");
            assert_eq!(strictly(&path).is_err(), lost > 0, "{to} {places:?}");
        }
    }
}

/// Between two quotes that are both where quotes can be, only the lines show that there were rows.
#[test]
fn csv_with_a_value_of_rows() {
    let dir = folder();
    let mut lines: Vec<String> = (0..100).map(|i| format!("{i},name {i},x{i}")).collect();
    lines[10] = lines[10].replace("name", "\"name");
    lines[50] = lines[50].replace("name 50", "name 50\"");
    let path = file(&dir, "T.csv", format!("Id,Name,X\n{}\n", lines.join("\n")));
    let table = open_path(&path, None).expect("a table");
    let notices = table.report.notices().join("\n");
    assert!(notices.contains("line 12: a quoted value has 40 more lines, each of which looks like a row"), "{notices}");
    assert!(strictly(&path).is_err());
}

/// A damaged page of Parquet: an error that names the file, and no defect.
#[test]
fn parquet_with_damaged_pages() {
    let dir = folder();
    let texts: ArrayRef = Arc::new(StringArray::from_iter_values((0..500).map(|i| format!("text {i}"))));
    let numbers: ArrayRef = Arc::new(Int64Array::from_iter_values(0..500));
    let batch = RecordBatch::try_from_iter([("a", texts), ("b", numbers)]).expect("a batch");
    let path = dir.path().join("T.parquet");
    parquet_file(&path, &batch, 100);
    let whole = fs::read(&path).expect("bytes");
    let mut failed = 0;
    for at in (8..whole.len() - 2000).step_by(97) {
        let mut bytes = whole.clone();
        bytes[at..at + 4].iter_mut().for_each(|byte| *byte ^= 0x5a);
        fs::write(&path, &bytes).expect("a file");
        let Ok(table) = open_path(&path, None) else { continue };
        if let Err(error) = block_on(run(&table, None, &state(64, 2))) {
            let error = crate::error::run_error(error);
            let text = error.to_string();
            assert!(matches!(error, crate::error::Error::Data(SourceError::Damaged { .. })), "{at}: {error:?}");
            assert!(text.contains("T.parquet is damaged: ") && !text.contains('\n'), "{text}");
            failed += 1;
        }
    }
    assert!(failed > 20, "{failed}");
}

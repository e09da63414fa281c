//! Every type of Arrow as a column of a file: read with the right values, or refused by name. What does not fit is counted.

use super::*;
use arrow::array::*;
use arrow::buffer::{OffsetBuffer, ScalarBuffer};
use arrow::compute::cast;
use arrow::datatypes::{
    DataType, Field, Fields, Int32Type, IntervalDayTime, IntervalMonthDayNano, IntervalUnit, Schema, TimeUnit,
    UnionFields, UnionMode, i256,
};
use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The name of a type. There is no arm for the rest: a new type of Arrow must be decided on.
fn kind(ty: &DataType) -> &'static str {
    match ty {
        DataType::Null => "Null",
        DataType::Boolean => "Boolean",
        DataType::Int8 => "Int8",
        DataType::Int16 => "Int16",
        DataType::Int32 => "Int32",
        DataType::Int64 => "Int64",
        DataType::UInt8 => "UInt8",
        DataType::UInt16 => "UInt16",
        DataType::UInt32 => "UInt32",
        DataType::UInt64 => "UInt64",
        DataType::Float16 => "Float16",
        DataType::Float32 => "Float32",
        DataType::Float64 => "Float64",
        DataType::Timestamp(TimeUnit::Second, _) => "Timestamp s",
        DataType::Timestamp(TimeUnit::Millisecond, _) => "Timestamp ms",
        DataType::Timestamp(TimeUnit::Microsecond, _) => "Timestamp us",
        DataType::Timestamp(TimeUnit::Nanosecond, _) => "Timestamp ns",
        DataType::Date32 => "Date32",
        DataType::Date64 => "Date64",
        DataType::Time32(_) => "Time32",
        DataType::Time64(_) => "Time64",
        DataType::Duration(TimeUnit::Second) => "Duration s",
        DataType::Duration(TimeUnit::Millisecond) => "Duration ms",
        DataType::Duration(TimeUnit::Microsecond) => "Duration us",
        DataType::Duration(TimeUnit::Nanosecond) => "Duration ns",
        DataType::Interval(IntervalUnit::YearMonth) => "Interval ym",
        DataType::Interval(IntervalUnit::DayTime) => "Interval dt",
        DataType::Interval(IntervalUnit::MonthDayNano) => "Interval mdn",
        DataType::Binary => "Binary",
        DataType::FixedSizeBinary(16) => "FixedSizeBinary 16",
        DataType::FixedSizeBinary(_) => "FixedSizeBinary",
        DataType::LargeBinary => "LargeBinary",
        DataType::BinaryView => "BinaryView",
        DataType::Utf8 => "Utf8",
        DataType::LargeUtf8 => "LargeUtf8",
        DataType::Utf8View => "Utf8View",
        DataType::List(_) => "List",
        DataType::ListView(_) => "ListView",
        DataType::FixedSizeList(_, _) => "FixedSizeList",
        DataType::LargeList(_) => "LargeList",
        DataType::LargeListView(_) => "LargeListView",
        DataType::Struct(_) => "Struct",
        DataType::Union(_, UnionMode::Sparse) => "Union sparse",
        DataType::Union(_, UnionMode::Dense) => "Union dense",
        DataType::Dictionary(_, _) => "Dictionary",
        DataType::Decimal32(_, _) => "Decimal32",
        DataType::Decimal64(_, _) => "Decimal64",
        DataType::Decimal128(_, _) => "Decimal128",
        DataType::Decimal256(_, _) => "Decimal256",
        DataType::Map(_, _) => "Map",
        DataType::RunEndEncoded(_, _) => "RunEndEncoded",
    }
}

const ALL: usize = 51;

/// A column of a file: a value that fits, one that does not (or null where all do), null.
struct Case {
    array: ArrayRef,
    /// The KQL type and the first value.
    read: (ScalarType, &'static str),
    /// Whether the second value is lost.
    loses: bool,
}

fn case(array: impl Array + 'static, ty: ScalarType, first: &'static str, loses: bool) -> Case {
    Case { array: Arc::new(array), read: (ty, first), loses }
}

/// From a column of three texts.
fn texts(to: DataType, ty: ScalarType, first: &'static str) -> Case {
    let array: ArrayRef = Arc::new(StringArray::from(vec![Some(first), None, None]));
    Case { array: cast(&array, &to).expect("a cast"), read: (ty, first), loses: false }
}

fn decimals(digits: u8, scale: i8) -> Vec<Case> {
    use ScalarType::Decimal;
    let small = Decimal32Array::from(vec![Some(150), None, None]).with_precision_and_scale(9, 2);
    let middle = Decimal64Array::from(vec![Some(150), None, None]).with_precision_and_scale(18, 2);
    let large = Decimal128Array::from(vec![Some(150), Some(10i128.pow(36)), None]).with_precision_and_scale(38, 2);
    let most = i256::from_i128(10).checked_pow(u32::from(digits) - 1);
    let most = Decimal256Array::from(vec![Some(i256::from_i128(150)), most, None]);
    vec![
        case(small.expect("decimals"), Decimal, "1.5", false),
        case(middle.expect("decimals"), Decimal, "1.5", false),
        case(large.expect("decimals"), Decimal, "1.5", true),
        case(most.with_precision_and_scale(digits, scale).expect("decimals"), Decimal, "1.5", true),
    ]
}

fn plain() -> Vec<Case> {
    use ScalarType::*;
    let no_text: Vec<Option<&[u8]>> = vec![Some(b"a"), Some(b"\xff\xfe"), None];
    let two = [Some(&b"ab"[..]), Some(b"\xff\xfe"), None];
    let zone = "2000-01-01T00:00:00Z";
    let guid: [u8; 16] = *b"abcdefghijklmnop";
    let mut cases = vec![
        case(NullArray::new(3), String, "", false),
        case(BooleanArray::from(vec![Some(true), None, None]), Bool, "true", false),
        texts(DataType::Int8, Int, "-5"),
        texts(DataType::Int16, Int, "-500"),
        texts(DataType::Int32, Int, "-50000"),
        texts(DataType::Int64, Long, "-5000000000"),
        texts(DataType::UInt8, Int, "200"),
        texts(DataType::UInt16, Int, "60000"),
        texts(DataType::UInt32, Long, "4000000000"),
        case(UInt64Array::from(vec![Some(7), Some(u64::MAX), None]), Long, "7", true),
        texts(DataType::Float16, Real, "0.5"),
        texts(DataType::Float32, Real, "0.5"),
        texts(DataType::Float64, Real, "0.1"),
        case(TimestampSecondArray::from(vec![Some(946_684_800), Some(i64::MAX), None]), Datetime, zone, true),
        case(TimestampMillisecondArray::from(vec![Some(946_684_800_000), Some(i64::MIN), None]), Datetime, zone, true),
        case(
            TimestampMicrosecondArray::from(vec![Some(946_684_800_000_000), Some(300_000_000_000_000_000), None])
                .with_timezone("+02:00"),
            Datetime,
            zone,
            true,
        ),
        case(TimestampNanosecondArray::from(vec![Some(946_684_800_000_000_000), None, None]), Datetime, zone, false),
        case(Date32Array::from(vec![Some(10_957), Some(i32::MAX), None]), Datetime, zone, true),
        case(Date64Array::from(vec![Some(946_684_800_000), Some(i64::MAX), None]), Datetime, zone, true),
        case(Time32SecondArray::from(vec![Some(61), None, None]), Timespan, "00:01:01", false),
        case(Time32MillisecondArray::from(vec![Some(61_000), None, None]), Timespan, "00:01:01", false),
        case(Time64MicrosecondArray::from(vec![Some(61_000_000), None, None]), Timespan, "00:01:01", false),
        case(Time64NanosecondArray::from(vec![Some(61_000_000_000), None, None]), Timespan, "00:01:01", false),
        case(DurationSecondArray::from(vec![Some(61), Some(i64::MAX), None]), Timespan, "00:01:01", true),
        case(DurationMillisecondArray::from(vec![Some(61_000), Some(i64::MIN), None]), Timespan, "00:01:01", true),
        case(DurationMicrosecondArray::from(vec![Some(61_000_000), Some(i64::MAX), None]), Timespan, "00:01:01", true),
        case(DurationNanosecondArray::from(vec![Some(61_000_000_000), None, None]), Timespan, "00:01:01", false),
        case(IntervalYearMonthArray::from(vec![Some(14), None, None]), String, "1 years 2 mons", false),
        case(
            IntervalDayTimeArray::from(vec![Some(IntervalDayTime::new(1, 1000)), None, None]),
            String,
            "1 days 1.000 secs",
            false,
        ),
        case(
            IntervalMonthDayNanoArray::from(vec![Some(IntervalMonthDayNano::new(1, 2, 3)), None, None]),
            String,
            "1 mons 2 days 0.000000003 secs",
            false,
        ),
        case(BinaryArray::from(no_text.clone()), String, "a", true),
        case(LargeBinaryArray::from(no_text.clone()), String, "a", true),
        case(BinaryViewArray::from(no_text), String, "a", true),
        case(
            FixedSizeBinaryArray::try_from_sparse_iter_with_size(two.into_iter(), 2).expect("bytes"),
            String,
            "ab",
            true,
        ),
        case(
            FixedSizeBinaryArray::try_from_sparse_iter_with_size([Some(guid), None, None].into_iter(), 16)
                .expect("bytes"),
            Guid,
            "61626364-6566-6768-696a-6b6c6d6e6f70",
            false,
        ),
        texts(DataType::Utf8, String, "é"),
        texts(DataType::LargeUtf8, String, "é"),
        texts(DataType::Utf8View, String, "a text of more than twelve bytes"),
    ];
    cases.extend(decimals(76, 2));
    cases
}

/// Each case inside lists, structs and others.
fn nested(of: &Case) -> Vec<(ArrayRef, std::string::String)> {
    let ty = of.array.data_type().clone();
    let item = Arc::new(Field::new("item", ty.clone(), true));
    let mut text = std::string::String::new();
    let (wanted, first) = of.read;
    match wanted {
        ScalarType::Bool | ScalarType::Int | ScalarType::Long | ScalarType::Real => text.push_str(first),
        // a null inside is null
        ScalarType::String if ty == DataType::Null => text.push_str("null"),
        _ => text = serde_json::to_string(first).expect("JSON"),
    }
    let row = format!("[{text},null,null]");
    let offsets = || OffsetBuffer::from_lengths([3]);
    let views = || (ScalarBuffer::from(vec![0]), ScalarBuffer::from(vec![3]));
    let large_views = || (ScalarBuffer::from(vec![0i64]), ScalarBuffer::from(vec![3i64]));
    let large = LargeListArray::new(item.clone(), OffsetBuffer::from_lengths([3]), of.array.clone(), None);
    let names: ArrayRef = Arc::new(StringArray::from(vec!["x", "y", "z"]));
    let entries = Fields::from(vec![Field::new("key", DataType::Utf8, false), Field::new("value", ty.clone(), true)]);
    let entry = StructArray::new(entries.clone(), vec![names, of.array.clone()], None);
    let map =
        MapArray::new(Arc::new(Field::new("entries", DataType::Struct(entries), false)), offsets(), entry, None, false);
    let member = StructArray::from(vec![(item.clone(), of.array.slice(0, 1))]);
    let (from, length) = views();
    let (large_from, large_length) = large_views();
    let mut all: Vec<(ArrayRef, std::string::String)> = vec![
        (Arc::new(ListArray::new(item.clone(), offsets(), of.array.clone(), None)), row.clone()),
        (Arc::new(large), row.clone()),
        (Arc::new(FixedSizeListArray::new(item.clone(), 3, of.array.clone(), None)), row.clone()),
        (Arc::new(ListViewArray::new(item.clone(), from, length, of.array.clone(), None)), row.clone()),
        (Arc::new(LargeListViewArray::new(item, large_from, large_length, of.array.clone(), None)), row.clone()),
        (Arc::new(map), format!("{{\"x\":{text},\"y\":null,\"z\":null}}")),
        (Arc::new(member), format!("{{\"item\":{text}}}")),
    ];
    // a list of lists
    if let Some((list, text)) = all.first().cloned() {
        let item = Arc::new(Field::new("item", list.data_type().clone(), true));
        all.push((Arc::new(ListArray::new(item, OffsetBuffer::from_lengths([1]), list, None)), format!("[{text}]")));
    }
    all
}

/// Dictionaries and runs over a case's values.
fn encoded(of: &Case) -> Vec<Case> {
    let keys = Int32Array::from(vec![0, 1, 2]);
    let dictionary = DictionaryArray::<Int32Type>::try_new(keys, of.array.clone()).expect("a dictionary");
    let runs = RunArray::<Int32Type>::try_new(&Int32Array::from(vec![1, 2, 3]), &of.array).expect("runs");
    vec![case(dictionary, of.read.0, of.read.1, of.loses), case(runs, of.read.0, of.read.1, of.loses)]
}

fn batch(array: &ArrayRef) -> RecordBatch {
    let field = Field::new("x", array.data_type().clone(), true);
    RecordBatch::try_new(Arc::new(Schema::new(vec![field])), vec![array.clone()]).expect("a batch")
}

/// The array in kinds of files that can hold it.
fn files(dir: &TempDir, array: &ArrayRef) -> Vec<PathBuf> {
    let batch = batch(array);
    let mut stream = arrow::ipc::writer::StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    stream.write(&batch).expect("rows");
    let mut whole = arrow::ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    whole.write(&batch).expect("rows");
    // what is nested is read by the same code from all kinds: two are enough
    let few = array.data_type().is_nested();
    let mut paths = vec![file(dir, "T.ipc", stream.into_inner().expect("bytes"))];
    if !few {
        paths.push(file(dir, "T.arrow", whole.into_inner().expect("bytes")));
    }
    // Parquet has not all types
    let write = || -> Option<Vec<u8>> {
        let mut writer = ::parquet::arrow::ArrowWriter::try_new(Vec::new(), batch.schema(), None).ok()?;
        writer.write(&batch).ok()?;
        writer.into_inner().ok()
    };
    if let Ok(Some(bytes)) = catch_unwind(AssertUnwindSafe(write)) {
        // Arrow wrote what it does not read again
        let readable = || -> Option<()> {
            let bytes = bytes::Bytes::from(bytes.clone());
            let builder = ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(bytes).ok()?;
            builder.build().ok()?.next()?.ok().map(|_| ())
        };
        if catch_unwind(AssertUnwindSafe(readable)).is_ok_and(|read| read.is_some()) {
            paths.push(file(dir, "T.parquet", &bytes));
            if !few {
                paths.push(file(dir, "T.parquet.zst", zstd::encode_all(bytes.as_slice(), 1).expect("memory")));
            }
        }
    }
    paths
}

fn check(dir: &TempDir, array: &ArrayRef, ty: ScalarType, expected: &[&str], lost: u64) -> usize {
    let paths = files(dir, array);
    for path in &paths {
        let what = format!("{} of {}", path.display(), array.data_type());
        let table = open_path(path, None).unwrap_or_else(|error| panic!("{what}: {error}"));
        let read = rows(&table);
        assert_eq!(read[0], format!("x:{ty}"), "{what}");
        assert_eq!(read[1..], *expected, "{what}");
        let notices = table.report.notices().join("\n");
        assert_eq!(table.report.misfits(), lost, "{what}: {notices}");
        assert_eq!(notices.contains("not fit the column x"), lost > 0, "{what}: {notices}");
    }
    paths.iter().filter(|path| path.extension().is_some_and(|e| e == "parquet")).count()
}

#[test]
fn every_type_of_arrow() {
    let dir = folder();
    let mut seen = BTreeSet::new();
    let mut parquet = 0;
    for of in plain() {
        let empty = if of.read.0 == ScalarType::String { "" } else { "null" };
        for one in encoded(&of).iter().chain([&of]) {
            seen.insert(kind(one.array.data_type()));
            parquet += check(&dir, &one.array, one.read.0, &[one.read.1, empty, empty], one.loses.into());
        }
        for (array, text) in nested(&of) {
            seen.insert(kind(array.data_type()));
            let one = !matches!(array.data_type(), DataType::Struct(_)) && of.loses;
            parquet += check(&dir, &array, ScalarType::Dynamic, &[&text], one.into());
        }
    }
    assert!(parquet > 200, "{parquet}");
    for mode in [UnionMode::Sparse, UnionMode::Dense] {
        let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
        let fields = UnionFields::try_new([0], [Arc::new(Field::new("n", DataType::Int64, true))]).expect("fields");
        let offsets = (mode == UnionMode::Dense).then(|| ScalarBuffer::from(vec![0]));
        let union = UnionArray::try_new(fields, ScalarBuffer::from(vec![0_i8]), offsets, vec![numbers]);
        let union: ArrayRef = Arc::new(union.expect("a union"));
        seen.insert(kind(union.data_type()));
        for path in files(&dir, &union) {
            let error = open_path(&path, None).expect_err("refused").to_string();
            assert!(error.contains("the column 'x' has the type Union"), "{error}");
        }
    }
    assert_eq!(seen.len(), ALL, "{seen:?}");
}

/// The numbers of rows are those of the file, where the whole file is read in order.
#[test]
fn what_is_lost_is_named() {
    let dir = folder();
    let numbers: ArrayRef = Arc::new(UInt64Array::from(vec![Some(1), None, Some(u64::MAX), Some(1 << 63), Some(5)]));
    let seconds: ArrayRef = Arc::new(TimestampSecondArray::from(vec![0, i64::MAX, 0, 0, 0]));
    let batch =
        RecordBatch::try_from_iter_with_nullable([("n", numbers, true), ("t", seconds, true)]).expect("a batch");
    let mut writer = arrow::ipc::writer::FileWriter::try_new(Vec::new(), &batch.schema()).expect("a writer");
    writer.write(&batch).expect("rows");
    writer.write(&batch).expect("rows");
    let path = file(&dir, "T.arrow", writer.into_inner().expect("bytes"));
    let table = open_path(&path, None).expect("a table");
    assert_eq!(rows(&table).len(), 11);
    let notices = table.report.notices().join("\n");
    for part in [
        "4 values do not fit the column n (long) and became null: row 3: '18446744073709551615'; \
         row 4: '9223372036854775808'; row 8: '18446744073709551615'; and more",
        "2 values do not fit the column t (datetime) and became null: row 2: '9223372036854775807 of type Timestamp(s)'",
    ] {
        assert!(notices.contains(part), "{notices}");
    }
}

/// Filters go down into the reader of Parquet only where they drop no value that has to be counted.
#[test]
fn lost_values_of_parquet_are_counted_once() {
    let dir = folder();
    let numbers: ArrayRef = Arc::new(UInt64Array::from(vec![Some(1), Some(u64::MAX), None, Some(9)]));
    let times = |last: i64| -> ArrayRef { Arc::new(TimestampMicrosecondArray::from(vec![0, 10, 20, last])) };
    let of = |last| RecordBatch::try_from_iter_with_nullable([("n", numbers.clone(), true), ("t", times(last), true)]);
    for (i, last) in [30, i64::MAX].into_iter().enumerate() {
        parquet_file(&dir.path().join(format!("T/{i}.parquet").replace("T/", "T")), &of(last).expect("a batch"), 2);
    }
    fs::create_dir_all(dir.path().join("all/T")).expect("a folder");
    for i in 0..2 {
        fs::rename(dir.path().join(format!("T{i}.parquet")), dir.path().join(format!("all/T/{i}.parquet")))
            .expect("moved");
    }
    let count = |filter: Expr| {
        let tables =
            discover(&[dir.path().join("all").into()], &Arc::default(), &OpenOptions::default()).expect("tables");
        let table = open(&tables[0], None, None, &OpenOptions::default()).expect("a table");
        let batches = block_on(run(&table, Some(filter), &state(8192, 2))).expect("batches");
        (batches.iter().map(RecordBatch::num_rows).sum::<usize>(), table.report.notices())
    };
    let (rows, notices) = count(col("t.\"n\"").gt(lit(5i64)));
    assert_eq!(rows, 2);
    // one in each file, and the time in the second
    assert_eq!(notices.len(), 3, "{notices:?}");
    assert!(notices.iter().all(|n| n.contains("1 value does not fit the column")), "{notices:?}");
    assert!(notices[0].contains("0.parquet") && notices[1].contains("1.parquet"), "{notices:?}");
    let (rows, notices) = count(col("t.\"t\"").gt(lit(crate::time::EPOCH + 150)));
    assert_eq!(rows, 3);
    assert!(notices.iter().all(|n| n.contains("1 value does not fit the column")), "{notices:?}");
}

/// The reader of Parquet filters by columns whose values all fit, as its statistics show.
#[test]
fn filters_go_into_the_reader() {
    let dir = folder();
    let columns: Vec<(&str, ArrayRef)> = vec![
        ("t", Arc::new(TimestampMicrosecondArray::from(vec![0, 10]))),
        ("n", Arc::new(UInt64Array::from(vec![1, 2]))),
        ("big", Arc::new(UInt64Array::from(vec![1, u64::MAX]))),
        ("bytes", Arc::new(BinaryArray::from_vec(vec![b"a", b"b"]))),
    ];
    let path = dir.path().join("T.parquet");
    parquet_file(&path, &RecordBatch::try_from_iter(columns).expect("a batch"), 10);
    let table = open_path(&path, None).expect("a table");
    let above = |filter: Expr| -> bool {
        let source = datafusion::datasource::provider_as_source(table.provider.clone());
        let plan = LogicalPlanBuilder::scan("t", source, None).and_then(|plan| plan.filter(filter)?.build());
        let state = state(8192, 2);
        let plan = state.optimize(&plan.expect("a plan")).expect("a plan");
        let plan = block_on(state.create_physical_plan(&plan)).expect("a plan");
        let text = datafusion::physical_plan::displayable(plan.as_ref()).indent(false).to_string();
        assert!(text.contains("ParquetGuard"), "{text}");
        text.contains("FilterExec")
    };
    assert!(!above(col("t.\"t\"").gt(lit(crate::time::EPOCH))));
    assert!(!above(col("t.\"n\"").gt(lit(1i64))));
    assert!(above(col("t.\"big\"").gt(lit(1i64))));
    assert!(above(col("t.\"bytes\"").eq(lit("a"))));
}

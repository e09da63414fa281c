//! Tables created from samples are equal, once confirmed, to tables for which everything is read first. If the samples were
//! right, so is what was read before.

use super::*;
use proptest::prelude::*;

/// Splits and samples that are small compared to the files.
fn small(split_bytes: u64) -> OpenOptions {
    OpenOptions { whole_below: 0, split_bytes, ..OpenOptions::default() }
}

/// Reads a file both ways. Returns whether the samples were right, and the rows.
fn both_ways(path: &Path, declared: Option<&TableSchema>, split_bytes: u64) -> (bool, Vec<String>) {
    let tables = discover(&[path.into()], &Arc::default(), &OpenOptions::default()).expect("a table");
    let whole = open(&tables[0], declared, None, &OpenOptions::default());
    let sampled = match open(&tables[0], declared, None, &small(split_bytes)) {
        Ok(table) => table,
        Err(error) => {
            assert!(whole.is_err(), "{error}");
            return (false, Vec::new());
        }
    };
    let passed = sampled.provisional.as_ref().map(|_| block_on(run(&sampled, None, &state(8192, 3))));
    let confirmed = sampled.confirmed(false);
    let (whole, (sure, same)) = match (whole, confirmed) {
        (Ok(whole), Ok(confirmed)) => (whole, confirmed),
        (Err(whole), Err(sampled)) => {
            assert_eq!(whole, sampled);
            return (false, Vec::new());
        }
        (whole, sampled) => panic!("{whole:?} {sampled:?}"),
    };
    assert!(sure.provisional.is_none());
    assert_eq!(sure.schema, whole.schema);
    let expected = rows(&whole);
    assert_eq!(rows(&sure), expected);
    assert_eq!(sure.report.notices(), whole.report.notices());
    assert_eq!((sure.report.rows(), sure.report.refused()), (whole.report.rows(), whole.report.refused()));
    if same && let Some(batches) = passed {
        // what was read before confirmation, and the line numbers of the values that did not fit
        let count: usize = batches.expect("rows").iter().map(RecordBatch::num_rows).sum();
        assert_eq!(count + 1, expected.len());
        let (again, _) = sampled.confirmed(false).expect("the same");
        assert_eq!(again.report.notices(), whole.report.notices());
    }
    (same, expected)
}

fn ndjson(rows: usize, row: impl Fn(usize) -> String) -> String {
    (0..rows).map(|i| row(i) + "\n").collect()
}

#[test]
fn samples_that_are_right() {
    let dir = folder();
    let path = file(&dir, "T.ndjson", ndjson(100, |i| format!("{{\"Id\":{i},\"Name\":\"n{i}\",\"extra\":\"x\"}}")));
    let (same, rows) = both_ways(&path, Some(&schema(&[("Id", ScalarType::Long)])), 900);
    assert!(same);
    assert_eq!(rows.len(), 101);
    let text: String = (0..100).map(|i| format!("{i},\"a\nb,{i}\"\n")).collect();
    let (same, rows) = both_ways(&file(&dir, "T.csv", format!("n,s\n{text}")), None, 300);
    assert!(same);
    assert_eq!(rows[100], "99|a\nb,99");
}

#[test]
fn samples_that_are_not() {
    let dir = folder();
    // a column, a type, and an order of dates that only a row in the middle of a split shows
    let cases = [
        ("c.ndjson", ndjson(100, |i| if i == 57 { "{\"n\":1,\"late\":1}".into() } else { "{\"n\":1}".into() })),
        ("t.ndjson", ndjson(100, |i| if i == 57 { "{\"n\":1.5}".into() } else { "{\"n\":1}".into() })),
        ("t.csv", "n\n".to_owned() + &ndjson(100, |i| if i == 57 { "x".into() } else { "1".into() })),
    ];
    for (name, text) in cases {
        let (same, rows) = both_ways(&file(&dir, name, text), None, 300);
        assert!(!same, "{name}");
        assert_eq!(rows.len(), 101);
    }
    let dates = ndjson(100, |i| format!("{{\"d\":\"{}/4/2023 10:00\"}}", if i == 57 { 25 } else { 3 }));
    let (same, rows) = both_ways(&file(&dir, "d.ndjson", dates), Some(&schema(&[("d", ScalarType::Datetime)])), 900);
    assert!(!same);
    assert_eq!(rows[1], "2023-04-03T10:00:00Z");
}

#[test]
fn rows_that_look_like_others_inside_quotes() {
    let dir = folder();
    // a reader that begins in the middle of the value takes its lines for rows
    let inner: String = (0..200).map(|i| format!("{i},b\n")).collect();
    let (same, rows) = both_ways(&file(&dir, "T.csv", format!("a,b\n1,\"{inner}\"\n2,c\n")), None, 400);
    assert!(!same);
    assert_eq!(rows.len(), 3);
    assert!(rows[1].ends_with("199,b\n"));
}

#[test]
fn what_does_not_fit_has_its_line() {
    let dir = folder();
    let text = ndjson(100, |i| if i == 77 { "{\"n\":\"x\"}".into() } else { "{\"n\":1}".into() }) + "{\"n\":";
    let path = file(&dir, "T.ndjson", text);
    let declared = schema(&[("n", ScalarType::Long)]);
    let tables = discover(&[path.as_path().into()], &Arc::default(), &OpenOptions::default()).expect("a table");
    let sampled = open(&tables[0], Some(&declared), None, &small(300)).expect("a table");
    block_on(run(&sampled, None, &state(8192, 3))).expect("rows");
    let (sure, same) = sampled.confirmed(false).expect("confirmed");
    assert!(same);
    let notices = sure.report.notices();
    assert!(notices.iter().any(|n| n.contains("line 78: 'x'")), "{notices:?}");
    assert!(notices.iter().any(|n| n.contains("line 101: the text ends in the middle of a value")), "{notices:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_csv(text in r#"([ab",1]|\n|\r\n|""|","|é|3/4/2023|25/4/2023){0,200}"#, split in 10u64..100) {
        let dir = folder();
        both_ways(&file(&dir, "T.csv", format!("a,b\n{text}")), None, split);
    }

    #[test]
    fn any_ndjson(
        text in r#"(\{"a":1\}\n|\{"a":"x","b":\[1\]\}\n|\{"a":1|\}|\n|"|\{"b":"3/4/2023"\}\n|\{"c":1.5\}\n){0,60}"#,
        split in 10u64..100,
    ) {
        let dir = folder();
        let declared = schema(&[("b", ScalarType::Datetime)]);
        both_ways(&file(&dir, "T.ndjson", text), Some(&declared), split);
    }
}

//! A mended query has the same columns and the same rows as the original one, over rows made from its own constants.

use super::pages::example;
use super::{all_on, engine, linter};
use kql_detection::lint::{Level, RULES, fixed};
use kql_engine::{Answer, Engine, ScalarType};
use std::collections::BTreeMap;
use std::path::Path;

/// More queries than the pages have: what mending must not break.
const QUERIES: &[&str] = &[
    "let unused = 5; // why\nlet A = 'a';\nSigninLogs | where Location == A",
    "let f = (x: long) { x + 1 };\nlet g = 5;\nprint f(g)",
    "let f = (x: long) { x + 1 };\nlet g = 5;\nprint 1",
    "SigninLogs | where Location == 'DE' and Location == 'DE' and not(Location == 'x')",
    "SigninLogs | where (Location == 'DE') or Location == 'FR' or (Location == 'DE')",
    "SigninLogs | where Location =~ 'de' or Location =~ 'fr' or Location =~ 'it' | project Location, ResultType",
    "SigninLogs | where Location has 'de' or Location has 'fr' or Location has 'it'",
    "SecurityEvent | where EventID == 4624 or EventID == 4625 or EventID == 4648 | summarize count() by EventID",
    "SigninLogs | where tolower(Location) in ('de', 'fr') | summarize N = count() by Location",
    "SigninLogs | where toupper(Location) !in ('DE', 'FR')",
    "SigninLogs | where tolower(Location) startswith 'd' or tolower(Location) !contains 'e'",
    "SigninLogs | where Location matches regex 'DE' or Location matches regex '^FR' or Location matches regex 'IT$'",
    "SigninLogs | where Location matches regex '^DE$'",
    "SigninLogs | where Location in ('DE', 'FR', 'DE', 'IT', 'FR')",
    "SigninLogs | where Location has_any ('de', 'de-by', 'fr') and AppDisplayName has_all ('a b', 'a', 'b')",
    "let L = dynamic(['DE', 'FR', 'DE']);\nSigninLogs | where Location in (L)",
    // the list has other uses, and the view is read by a pattern
    "let L = dynamic(['DE', 'FR', 'DE']);\nSigninLogs | where Location in (L) | extend N = array_length(L)",
    "let Views = view() { print Location = 'DE' };\nunion SigninLogs, View* | project Location",
    "SigninLogs | sort by TimeGenerated asc | where Location != '' | summarize N = count() by Location",
    "SigninLogs | sort by Location asc | sort by TimeGenerated desc | project TimeGenerated",
    "SigninLogs | sort by TimeGenerated asc\n| count",
    "SigninLogs | summarize N = count() by Location, AppDisplayName | distinct AppDisplayName, Location",
    "SigninLogs | extend A = pack('a', Location), B = notempty(Location), C = datepart('year', TimeGenerated), \
     D = totime('1h'), E = toobject(Location) | project A, B, C, D, E",
    "print a = to_utf8('a'), b = make_string(97, 98), c = array_sum(dynamic([1, 2])), d = notnull(5)",
    "SigninLogs | extend D = parsejson(Location), L = arraylength(pack_dictionary('a', 1)) | project D, L",
];

#[test]
fn the_example_of_a_rule_that_mends_is_mended() {
    for rule in RULES.iter().filter(|rule| rule.is_fixable) {
        let example = example(rule.page, "## Found");
        let mended = mended(example.file, &example.text);
        assert_ne!(mended, example.text, "{}: nothing is mended", rule.name);
        let left = linter().lint(Path::new(example.file), &mended, &all_on());
        assert!(
            left.findings.iter().all(|finding| finding.rule.name != rule.name || finding.fix.is_none()),
            "{}: found again after mending:\n{mended}",
            rule.name
        );
        same(&example.text, &mended);
    }
}

#[test]
fn mended_queries_return_the_same() {
    let mut changed = 0;
    for query in QUERIES {
        let mended = mended("query.kql", query);
        changed += usize::from(mended != *query);
        same(query, &mended);
    }
    assert!(changed + 5 > QUERIES.len(), "only {changed} queries were mended");
}

#[test]
fn only_edits_that_do_not_overlap_are_made_at_once() {
    let text = "SigninLogs | where Location in ('a', 'a', 'a')";
    let report = linter().lint(Path::new("q.kql"), text, &all_on());
    assert_eq!(fixed(text, &report.findings), ("SigninLogs | where Location in ('a')".to_owned(), 2));
}

/// A text after all rounds of mending.
fn mended(file: &str, text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..10 {
        let report = linter().lint(Path::new(file), &text, &all_on());
        let (next, count) = fixed(&text, &report.findings);
        if count == 0 {
            return text;
        }
        text = next;
        let report = linter().lint(Path::new(file), &text, &all_on());
        let errors: Vec<_> = report.findings.iter().filter(|f| f.level == Level::Error).map(|f| &f.message).collect();
        assert!(errors.is_empty(), "mending makes errors: {errors:?} in\n{text}");
    }
    panic!("mending does not end:\n{text}");
}

/// Both return the same columns and rows.
fn same(before: &str, after: &str) {
    let engine = with_rows(before);
    let (old, new) = (run(&engine, before), run(&engine, after));
    assert_eq!(old.0, new.0, "other columns:\n{before}\n{after}");
    assert_eq!(old.1, new.1, "other rows:\n{before}\n{after}");
    assert!(!old.1.is_empty() || before.contains("count()"), "no row is made for:\n{before}");
}

/// The columns, and the rows in the order of their text.
fn run(engine: &Engine, text: &str) -> (Vec<String>, Vec<String>) {
    let answer: Answer = engine.query(text).unwrap_or_else(|error| panic!("{error}\n{text}"));
    let table = answer.tables.last().expect("a result");
    let columns = table.schema.columns.iter().map(|c| format!("{}: {}", c.name, c.ty)).collect();
    let mut rows = Vec::new();
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = table
                .schema
                .columns
                .iter()
                .zip(batch.columns())
                .map(|(column, array)| {
                    let mut cell = String::new();
                    kql_engine::cell::text(array, column.ty, row, &mut cell);
                    cell
                })
                .collect();
            rows.push(cells.join("\t"));
        }
    }
    rows.sort();
    (columns, rows)
}

/// An engine whose tables have rows that are made from the constants of a query.
fn with_rows(text: &str) -> Engine {
    let bare = engine().build().expect("an engine can be built");
    let meaning = bare.meaning(text);
    let lexed = kql_parser::lex(text);
    let words: Vec<&str> = lexed.tokens.iter().map(|token| token.span.text(text)).collect();
    let mut texts: Vec<String> = vec![String::new(), "x".to_owned()];
    for word in &words {
        let bare = word.trim_matches(['\'', '"', '^', '$']);
        if word.starts_with(['\'', '"']) {
            for variant in
                [bare.to_owned(), bare.to_uppercase(), bare.to_lowercase(), format!("a {bare} b"), format!("{bare}x")]
            {
                texts.push(variant);
            }
        }
    }
    let numbers: Vec<i64> = words.iter().filter_map(|word| word.parse().ok()).chain([0, 1]).collect();
    let mut builder = engine();
    let folder = tempfile::tempdir().expect("a temporary folder can be made").keep();
    let tables: BTreeMap<&str, ()> = meaning.tables().iter().map(|table| (table.name.as_str(), ())).collect();
    for table in tables.keys() {
        let schema = bare.table_schema(table).expect("the table is known").expect("its columns are known");
        let mut lines = String::new();
        for row in 0..300_usize {
            let mut cells = serde_json::Map::new();
            for (place, column) in schema.columns.iter().filter(|c| words.contains(&c.name.as_str())).enumerate() {
                let pick = row * 7 + place * 13 + row / 11;
                let value = match column.ty {
                    ScalarType::String => texts[pick % texts.len()].clone().into(),
                    ScalarType::Int | ScalarType::Long => (numbers[pick % numbers.len()]).into(),
                    ScalarType::Datetime => format!("2026-03-10T{:02}:00:00Z", pick % 12).into(),
                    _ => continue,
                };
                cells.insert(column.name.clone(), value);
            }
            lines.push_str(&serde_json::Value::Object(cells).to_string());
            lines.push('\n');
        }
        let path = folder.join(format!("{table}.ndjson"));
        std::fs::write(&path, lines).expect("a file can be written");
        builder = builder.data(kql_engine::DataPath::parse(&path.to_string_lossy()));
    }
    builder.build().expect("an engine can be built")
}

//! Filters part their input: the rows for which a predicate holds, those for which `not()` of it holds, and those for
//! which it is null are all rows, each once. Over generated predicates of every type.

use arrow::array::{AsArray, RecordBatch};
use arrow::datatypes::Int64Type;
use kql_engine::Engine;
use proptest::prelude::*;
use proptest::sample::select;
use std::sync::OnceLock;

/// Nulls, extremes and texts of all kinds; `id` numbers the rows.
const ROWS: &str = r#"
datatable(id: long, b: bool, i: int, l: long, r: real, m: decimal, s: string, t: datetime, p: timespan, g: guid, y: dynamic) [
    1, true, 1, 1, 1.0, decimal(1), "abc", datetime(2024-01-01), 1h, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), dynamic({"a": 1, "b": "x y"}),
    2, false, -1, 9223372036854775807, -0.5, decimal(0.5), "ABC def", datetime(2024-05-01T12:00:00), -1d, guid(00000000-0000-0000-0000-000000000000), dynamic([1, 2]),
    3, bool(null), int(null), long(null), real(null), decimal(null), "", datetime(null), timespan(null), guid(null), dynamic(null),
    4, true, 2147483647, -9223372036854775807, real(nan), decimal(-1), "straße İ", datetime(0001-01-01), 0s, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), dynamic({"a": "1"}),
    5, bool(null), 0, 0, real(+inf), decimal(12345678901234567890), "1", datetime(9999-12-31T23:59:59.9999999), 1d, guid(null), dynamic("abc"),
    6, false, int(null), 7, 0.0, decimal(null), "abc.def-ghi", datetime(null), 90m, guid(ffffffff-ffff-ffff-ffff-ffffffffffff), dynamic(5),
    7, true, 5, long(null), real(null), decimal(3.25), "true", datetime(2024-05-01), timespan(null), guid(null), dynamic({"a": null, "b": true}),
    8, bool(null), 3, 3, 3.0, decimal(3), "a\nb", datetime(2023-12-31), 1tick, guid(00000000-0000-0000-0000-000000000000), dynamic({"a": 2.5}),
]
"#;

fn engine() -> &'static Engine {
    static ENGINE: OnceLock<Engine> = OnceLock::new();
    ENGINE.get_or_init(|| {
        let first = Engine::builder().build().expect("an engine");
        let mut answer = first.query(ROWS).expect("the rows are good");
        let rows = answer.tables.remove(0).batches;
        Engine::builder().table("T", rows).expect("a table").build().expect("an engine")
    })
}

/// The rows for which a condition holds.
fn kept(condition: &str) -> Result<Vec<i64>, String> {
    let query = format!("T | where {condition} | project id");
    let answer = engine().query(&query).map_err(|e| format!("{query}: {e}"))?;
    let ids = |batch: &RecordBatch| batch.column(0).as_primitive::<Int64Type>().values().to_vec();
    Ok(answer.tables[0].batches.iter().flat_map(ids).collect())
}

/// Columns of a type, and constants of it.
const VALUES: &[(&[&str], &[&str])] = &[
    (
        &["i", "l", "toint(s)", "l + i", "strlen(s)", "toint(y.a)"],
        &["1", "0", "-1", "int(null)", "2147483647", "9223372036854775807"],
    ),
    (&["r", "r * 2", "toreal(s)", "i / 2.0"], &["1.0", "0.0", "-0.5", "real(nan)", "real(+inf)", "real(null)", "3"]),
    (&["m", "m + 1"], &["decimal(1)", "decimal(0.5)", "decimal(null)", "3"]),
    (&["t", "t + p", "startofday(t)"], &["datetime(2024-01-01)", "datetime(null)", "datetime(2024-05-01T12:00:00)"]),
    (&["p", "t - datetime(2024-01-01)"], &["1h", "0s", "timespan(null)", "-1d"]),
];

const TEXTS: &[&str] = &["'abc'", "'ABC'", "''", "'def'", "'1'", "'STRASSE'", "'i'", "'a'", "'.'", "'b\\n'"];

fn text(value: &str) -> String {
    value.to_owned()
}

fn ordered() -> impl Strategy<Value = String> {
    let compare = (select(VALUES), select(&["==", "!=", "<", "<=", ">", ">="][..]), any::<[prop::sample::Index; 3]>());
    compare.prop_map(|((columns, constants), op, [a, b, c])| {
        let (column, constant) = (a.get(columns), b.get(constants));
        match c.index(6) {
            0 => format!("{column} between ({constant} .. {})", c.get(constants)),
            1 => format!("{column} !between ({constant} .. {})", c.get(constants)),
            2 => format!("{constant} {op} {column}"),
            3 => format!("{column} {op} {}", c.get(columns)),
            _ => format!("{column} {op} {constant}"),
        }
    })
}

fn listed() -> impl Strategy<Value = String> {
    (select(VALUES), select(&["in", "!in"][..]), any::<[prop::sample::Index; 3]>()).prop_map(
        |((columns, constants), op, [a, b, c])| {
            format!("{} {op} ({}, {})", a.get(columns), b.get(constants), c.get(constants))
        },
    )
}

fn texts() -> impl Strategy<Value = String> {
    const PAIRS: &[&str] = &[
        "==",
        "!=",
        "=~",
        "!~",
        "has",
        "!has",
        "has_cs",
        "!has_cs",
        "contains",
        "!contains",
        "contains_cs",
        "startswith",
        "!startswith",
        "startswith_cs",
        "endswith",
        "!endswith",
        "endswith_cs",
        "hasprefix",
        "!hasprefix",
        "hassuffix",
        "!hassuffix",
        "hasprefix_cs",
        "matches regex",
    ];
    const LISTS: &[&str] = &["in", "!in", "in~", "!in~", "has_any", "has_all"];
    const COLUMNS: &[&str] =
        &["s", "tostring(y.a)", "tostring(y)", "tolower(s)", "tostring(l)", "strcat(s, tostring(i))"];
    let pair = (select(COLUMNS), select(PAIRS), select(TEXTS)).prop_map(|(c, op, v)| format!("{c} {op} {v}"));
    let list = (select(COLUMNS), select(LISTS), select(TEXTS), select(TEXTS))
        .prop_map(|(c, op, a, b)| format!("{c} {op} ({a}, {b})"));
    prop_oneof![pair, list]
}

fn others() -> impl Strategy<Value = String> {
    const ALL: &[&str] = &[
        "b",
        "b == true",
        "b != false",
        "tobool(s)",
        "b and true",
        "isnull(i)",
        "isnotnull(t)",
        "isempty(s)",
        "isnotempty(g)",
        "isnull(y.a)",
        "g == guid(74be27de-1e4e-49d9-b579-fe0b331d3642)",
        "g != guid(null)",
        "g in (guid(00000000-0000-0000-0000-000000000000))",
        "y.a == 1",
        "y.a != 1",
        "y.a > 1",
        "y.a == '1'",
        "y.b == true",
        "y[0] == 1",
        "y.a < 2.5",
        "tobool(y.b)",
        "isempty(y)",
        "y == 5",
        "y has 'abc'",
        "y contains 'x'",
        "y.b has 'x'",
        "y.a in (1, 2)",
        "isnan(r)",
        "isinf(r)",
        "isfinite(r)",
        "array_length(y) > 1",
        "set_has_element(y, 1)",
        "ipv4_is_private(s)",
        "bag_has_key(y, 'a')",
        "iff(b, i > 0, l > 0)",
        "case(i > 0, true, l > 0, b, false)",
        "coalesce(b, i > 0)",
        "true",
        "false",
        "bool(null)",
        "dayofweek(t) > 1d",
        "todatetime(s) > t",
        "parse_json(s) == 1",
        "hash(s) % 2 == 0",
        "s matches regex '^[a-z]+$'",
    ];
    select(ALL).prop_map(text)
}

fn predicate() -> impl Strategy<Value = String> {
    prop_oneof![ordered(), listed(), texts(), others()].prop_recursive(3, 12, 2, |inner| {
        let two = (inner.clone(), select(&["and", "or"][..]), inner.clone());
        prop_oneof![
            3 => two.prop_map(|(a, op, b)| format!("({a}) {op} ({b})")),
            1 => inner.prop_map(|a| format!("not({a})")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, max_shrink_iters: 400, ..ProptestConfig::default() })]

    #[test]
    fn a_predicate_its_negation_and_its_nulls_are_the_input(predicate in predicate()) {
        let parts = [predicate.clone(), format!("not({predicate})"), format!("isnull({predicate})")];
        let mut all = Vec::new();
        let mut shown = Vec::new();
        for part in &parts {
            let ids = kept(part).map_err(TestCaseError::fail)?;
            shown.push(format!("{part}: {ids:?}"));
            all.extend(ids);
        }
        all.sort_unstable();
        prop_assert_eq!(all, (1..=8).collect::<Vec<i64>>(), "{}", shown.join("\n"));
    }
}

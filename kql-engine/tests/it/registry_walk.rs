//! Every function and every aggregate of the registry, with generated arguments that fit: nulls, empty values, extremes,
//! constants and columns. None panics, none ends in an internal error, and neither the size of batches nor the number of
//! partitions changes an answer. The seed is fixed.

use crate::dice::Dice;
use kql_engine::Limits;
use kql_engine::ScalarType;
use kql_engine::registry::{
    AggregateFunction, ArgumentKind, Eval, Outputs, Parameter, ParameterType, ScalarFunction, Signature,
};
use kql_engine::{Engine, Error, Table};
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Rows of nulls, extremes and texts of all kinds, in the order of `id`.
const ROWS: &str = r#"
datatable(id: long, b: bool, i: int, l: long, r: real, m: decimal, s: string, t: datetime, p: timespan, g: guid, y: dynamic) [
    1, true, 1, 1, 1.0, decimal(1), "abc", datetime(2024-01-01), 1h, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), dynamic({"a": 1, "b": "x y"}),
    2, false, -1, 9223372036854775807, -0.5, decimal(0.5), "ABC def", datetime(2024-05-01T12:00:00), -1d, guid(00000000-0000-0000-0000-000000000000), dynamic([1, 2.5, null, "x"]),
    3, bool(null), int(null), long(null), real(null), decimal(null), "", datetime(null), timespan(null), guid(null), dynamic(null),
    4, true, 2147483647, long(-9223372036854775808), real(nan), decimal(-1), "straße İ😀", datetime(0001-01-01), 0s, guid(74be27de-1e4e-49d9-b579-fe0b331d3642), dynamic([]),
    5, bool(null), int(-2147483648), 0, real(+inf), decimal(1234567890123456789012345678901234), "1", datetime(9999-12-31T23:59:59.9999999), time(10675199.02:48:05.4775807), guid(null), dynamic("abc"),
    6, false, int(null), 7, real(-inf), decimal(null), "[1,2,{\"a\":", datetime(null), time(-10675199.02:48:05.4775807), guid(ffffffff-ffff-ffff-ffff-ffffffffffff), dynamic(5),
    7, true, 5, long(null), -0.0, decimal(3.25), "10.0.0.1/8", datetime(2024-02-29), timespan(null), guid(null), dynamic({"a": null, "b": {"c": [1]}}),
    8, bool(null), 0, 3, 1.7976931348623157e308, decimal(0), "a\nb\0%\\", datetime(1970-01-01), 1tick, guid(00000000-0000-0000-0000-000000000000), dynamic({"type": "Point", "coordinates": [1.5, 91]}),
]
"#;

/// A column of each type, and constants of it.
const VALUES: &[(ScalarType, &str, &[&str])] = &[
    (ScalarType::Bool, "b", &["true", "false", "bool(null)"]),
    (ScalarType::Int, "i", &["int(3)", "int(0)", "int(null)", "int(2147483647)", "int(-2147483648)"]),
    (
        ScalarType::Long,
        "l",
        &["1", "0", "-1", "16", "long(null)", "9223372036854775807", "long(-9223372036854775808)", "1000000"],
    ),
    (
        ScalarType::Real,
        "r",
        &["1.0", "0.0", "-2.5", "0.5", "real(null)", "real(nan)", "real(+inf)", "real(-inf)", "1e308", "5e-324"],
    ),
    (
        ScalarType::Decimal,
        "m",
        &["decimal(1.5)", "decimal(0)", "decimal(null)", "decimal(-9999999999999999999999999999999999)"],
    ),
    (
        ScalarType::String,
        "s",
        &[
            "'abc'",
            "''",
            "'a.c|(b)'",
            "'Straße\\u0000'",
            "'2023-05-06T07:08:09Z'",
            "'{\"a\":[1]}'",
            "'-1'",
            "'$.a[0]'",
            "'10.1.2.3'",
            "'fe80::1'",
            "strrep('ab,', 3000)",
        ],
    ),
    (
        ScalarType::Datetime,
        "t",
        &[
            "datetime(2024-02-29 12:00)",
            "datetime(null)",
            "datetime(0001-01-01)",
            "datetime(9999-12-31T23:59:59.9999999)",
        ],
    ),
    (
        ScalarType::Timespan,
        "p",
        &["1h", "0s", "-1d", "timespan(null)", "time(10675199.02:48:05.4775807)", "time(-10675199.02:48:05.4775807)"],
    ),
    (ScalarType::Guid, "g", &["guid(74be27de-1e4e-49d9-b579-fe0b331d3642)", "guid(null)"]),
    (
        ScalarType::Dynamic,
        "y",
        &[
            "dynamic([1, 2, 3, 4, 5, 6, 7, 8])",
            "dynamic({\"a\": 1, \"b\": [1, {\"c\": null}]})",
            "dynamic(null)",
            "dynamic([])",
            "dynamic({})",
            "dynamic(['a', 'b', null, 1.5])",
            "dynamic([[1, 2], [3]])",
            "dynamic('text')",
            "dynamic([9223372036854775807, -9223372036854775808, 1e308])",
            "dynamic({\"type\": \"Polygon\", \"coordinates\": [[[0, 0], [1, 0], [1, 1], [0, 0]]]})",
        ],
    ),
];

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// Panics are counted for one test at a time.
static ONE: Mutex<()> = Mutex::new(());

/// Engines that cut rows differently.
fn engines() -> &'static [Engine] {
    static ENGINES: OnceLock<Vec<Engine>> = OnceLock::new();
    ENGINES.get_or_init(|| {
        std::panic::set_hook(Box::new(|panic| {
            PANICS.fetch_add(1, Ordering::SeqCst);
            eprintln!("{panic}");
        }));
        let first = Engine::builder().build().expect("an engine");
        let mut answer = first.query(ROWS).expect("the rows are good");
        let rows = answer.tables.remove(0).batches;
        let none = first.query(&format!("{ROWS} | take 0")).expect("the rows are good").tables.remove(0).batches;
        let empty = if none.is_empty() { rows.iter().map(|b| b.slice(0, 0)).collect() } else { none };
        [(8192, 2), (1, 1), (3, 3)]
            .into_iter()
            .map(|(batch_size, partitions)| {
                let builder = Engine::builder().limits(Limits { batch_size, partitions, ..Limits::default() });
                let builder = builder.table("T", rows.clone()).and_then(|b| b.table("E", empty.clone()));
                builder.expect("tables").now("2024-05-01").expect("a time").build().expect("an engine")
            })
            .collect()
    })
}

/// The types of which an argument may be.
fn types(parameter: &Parameter) -> Vec<ScalarType> {
    VALUES.iter().map(|(ty, ..)| *ty).filter(|ty| parameter.ty.accepts(*ty)).collect()
}

/// An argument that fits, a column where `columns` and the parameter allow one.
fn argument(dice: &mut Dice, parameter: &Parameter, ty: ScalarType, columns: bool) -> String {
    if parameter.ty == ParameterType::TypeLiteral {
        return format!("typeof({})", dice.pick(&["long", "real", "string", "dynamic", "datetime", "bool"]));
    }
    if let Some(values) = parameter.values {
        return format!("'{}'", dice.pick(values.listed));
    }
    let (_, column, constants) = VALUES.iter().find(|(known, ..)| *known == ty).expect("a type with values");
    let constant = matches!(parameter.kind, ArgumentKind::Constant | ArgumentKind::Literal);
    if columns && !constant && (parameter.kind == ArgumentKind::Column || dice.roll(3) > 0) {
        return (*column).to_owned();
    }
    dice.pick(constants).to_string()
}

/// Arguments, and whether each may be a column.
pub(crate) fn arguments(dice: &mut Dice, signature: &Signature, columns: bool) -> Vec<(String, bool)> {
    let least = signature.min();
    let count = least + dice.roll(signature.max().min(least + 3) - least + 1);
    let count = (count..).find(|n| signature.fits_count(*n)).unwrap_or(least);
    let common = dice.roll(usize::MAX);
    (0..count)
        .filter_map(|n| signature.parameter(n, count))
        .map(|parameter| {
            let fitting = types(parameter);
            let shared = matches!(
                parameter.ty,
                ParameterType::CommonScalar | ParameterType::CommonScalarOrDynamic | ParameterType::CommonOrderable
            );
            let ty = match fitting.as_slice() {
                [] => ScalarType::Long,
                fitting if shared => fitting[common % fitting.len()],
                fitting => *dice.pick(fitting),
            };
            let fixed = matches!(parameter.kind, ArgumentKind::Constant | ArgumentKind::Literal)
                || parameter.ty == ParameterType::TypeLiteral;
            (argument(dice, parameter, ty, columns), !fixed)
        })
        .collect()
}

fn call_of(name: &str, args: &[(String, bool)]) -> String {
    let args: Vec<&str> = args.iter().map(|(arg, _)| arg.as_str()).collect();
    format!("{name}({})", args.join(", "))
}

/// Functions that answer otherwise of a constant than of rows, as the engine does.
const KNOWN_TO_DIFFER: &[&str] = &["tolong"];

/// What a query gives, as text, or how it fails; the second is true where it must not fail so.
fn outcome(engine: &Engine, query: &str, ordered: bool) -> (String, bool) {
    let before = PANICS.load(Ordering::SeqCst);
    let result = std::panic::catch_unwind(AssertUnwindSafe(|| engine.query(query)));
    let panicked = PANICS.load(Ordering::SeqCst) != before;
    match result {
        Ok(Ok(answer)) => (answer.tables.iter().map(|t| text(t, ordered)).collect(), panicked),
        Ok(Err(Error::Query(diagnostics))) => {
            let texts: Vec<String> = diagnostics.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
            let unforeseen = texts.iter().any(|t| internal(t));
            (format!("refused: {}", texts.join("; ")), panicked || unforeseen)
        }
        Ok(Err(error)) => {
            let text = error.to_string();
            let unforeseen = internal(&text);
            (format!("failed: {text}"), panicked || unforeseen)
        }
        Err(_) => ("a panic".to_owned(), true),
    }
}

fn internal(message: &str) -> bool {
    let lower = message.to_lowercase();
    ["internal", "engine stopped", "execution failed", "arrow", "schema error", "expected", "cast", "overflow", "bug"]
        .iter()
        .any(|word| lower.contains(word))
        && !lower.contains("is expected")
}

fn text(table: &Table, ordered: bool) -> String {
    let mut rows = Vec::new();
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let cells: Vec<String> = batch
                .columns()
                .iter()
                .map(|column| arrow::util::display::array_value_to_string(column, row).unwrap_or_default())
                .collect();
            rows.push(cells.join(" | "));
        }
    }
    if !ordered {
        rows.sort();
    }
    let columns: Vec<String> = table.schema.columns.iter().map(|c| format!("{}: {}", c.name, c.ty)).collect();
    format!("{}\n{}\n", columns.join(" | "), rows.join("\n"))
}

fn report(failures: &[String]) {
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn scalar_functions_of_anything() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let mut failures = Vec::new();
    let mut all: Vec<&ScalarFunction> = kql_engine::functions::all().filter(|f| !f.is_operator()).collect();
    all.sort_unstable_by_key(|f| f.name);
    for function in all {
        let name = function.name;
        let windowed = matches!(function.eval, Eval::Window(_));
        let varies = matches!(function.eval, Eval::PerRow(_));
        for signature in function.signatures {
            for round in 0..6 {
                let columns = round % 3 != 0;
                let args = arguments(&mut dice, signature, columns);
                let call = call_of(name, &args);
                let query = if columns || windowed {
                    format!("T | sort by id asc | extend v = {call} | project id, v")
                } else {
                    format!("print v = {call}")
                };
                let (first, bad) = outcome(&engines()[0], &query, true);
                if bad {
                    failures.push(format!("{query}\n{first}"));
                    continue;
                }
                if varies || first.starts_with("failed") || first.starts_with("refused") {
                    continue;
                }
                if columns {
                    let (second, _) = outcome(&engines()[1], &query, true);
                    if first != second {
                        failures.push(format!("{query}\n{first}but in batches of one\n{second}"));
                    }
                } else if !windowed && !KNOWN_TO_DIFFER.contains(&name) {
                    // the same of a row: what may be a column is one
                    let (given, used): (Vec<String>, Vec<String>) = args
                        .iter()
                        .enumerate()
                        .map(|(n, (arg, free))| match free {
                            true => (format!("c{n} = {arg}"), format!("c{n}")),
                            false => (format!("c{n} = 0"), arg.clone()),
                        })
                        .unzip();
                    let row = ["id = 1".to_owned()].into_iter().chain(given).collect::<Vec<_>>().join(", ");
                    let spelled = format!(
                        "print {row} | union (E | take 0) | project v = {name}({}) | project v",
                        used.join(", ")
                    );
                    let (second, bad) = outcome(&engines()[0], &spelled, true);
                    if bad || first != second {
                        failures.push(format!("{query}\n{first}but {spelled}\n{second}"));
                    }
                }
            }
        }
    }
    report(&failures);
}

/// Relations whose rows or columns are known before they are read, and one whose are not, with the columns of `T`.
const RELATIONS: &[&str] = &[
    "T",
    "E",
    "T | take 1",
    "T | where id == 3",
    "T | where id > 100",
    "print id = 1, b = true, i = int(1), l = 5, r = 1.5, m = decimal(2), s = 'x', t = datetime(2024-01-01), p = 1h, g = guid(null), y = dynamic({'a': 1})",
    "print id = 1, b = bool(null), i = int(null), l = long(null), r = real(null), m = decimal(null), s = '', t = datetime(null), p = timespan(null), g = guid(null), y = dynamic(null)",
    "T | count | extend id = Count, b = Count > 0, i = toint(Count), l = Count, r = 1.0 * Count, m = decimal(1), s = 'x', t = datetime(2024-01-01), p = 1h, g = guid(null), y = dynamic([1])",
    "E | count | extend id = Count, b = false, i = int(0), l = Count, r = real(null), m = decimal(1), s = tostring(Count), t = datetime(null), p = 1h, g = guid(null), y = dynamic([])",
    "T | summarize id = max(id), b = take_any(b), i = max(i), l = sum(id), r = avg(r), m = max(m), s = max(s), t = max(t), p = max(p), g = take_any(g), y = make_list(id)",
    "T | summarize l = count() by b | extend id = l, i = toint(l), r = 1.0 * l, m = decimal(1), s = tostring(b), t = datetime(2024-01-01), p = 1h, g = guid(null), y = dynamic({})",
];

/// A call of an aggregate, its columns named apart.
fn aggregate_call(dice: &mut Dice, function: &AggregateFunction, signature: &Signature) -> String {
    let columns = dice.roll(4) > 0;
    call_of(function.name, &arguments(dice, signature, columns))
}

#[test]
fn aggregates_of_known_rows() {
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut failures = Vec::new();
    let all: Vec<&AggregateFunction> = kql_engine::aggregates::all().collect();
    for function in &all {
        for signature in function.signatures {
            for relation in RELATIONS {
                let call = aggregate_call(&mut dice, function, signature);
                let other = *dice.pick(&all);
                let signature = dice.pick(other.signatures);
                let second = aggregate_call(&mut dice, other, signature);
                let by = ["", "", " by b", " by k = 1", " by id, s"][dice.roll(5)];
                let one = function.outputs == Outputs::One;
                let aggregates = match dice.roll(4) {
                    0 if one => format!("tostring({call}), {second}"),
                    1 => format!("{call}, sum(id), count()"),
                    2 => format!("{call}, {second}"),
                    _ => call,
                };
                let query = format!("{relation} | sort by id asc | summarize {aggregates}{by}");
                let (first, bad) = outcome(&engines()[0], &query, false);
                if bad {
                    failures.push(format!("{query}\n{first}"));
                    continue;
                }
                for engine in &engines()[1..] {
                    let (again, bad) = outcome(engine, &query, false);
                    if bad || !same(&first, &again) {
                        failures.push(format!("{query}\n{first}but cut otherwise\n{again}"));
                        break;
                    }
                }
            }
        }
    }
    report(&failures);
}

/// Whether two answers are the same but for the last digits of sums of reals.
fn same(a: &str, b: &str) -> bool {
    let words = |text: &str| -> Vec<String> {
        text.split([' ', ',', '[', ']', '\n', ':', '"']).filter(|w| !w.is_empty()).map(str::to_owned).collect()
    };
    let (a, b) = (words(a), words(b));
    a.len() == b.len()
        && a.iter().zip(&b).all(|(a, b)| {
            a == b
                || match (a.parse::<f64>(), b.parse::<f64>()) {
                    (Ok(x), Ok(y)) => (x - y).abs() <= 1e-9 * x.abs().max(y.abs()),
                    _ => false,
                }
        })
}

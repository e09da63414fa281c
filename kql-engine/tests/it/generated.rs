//! Generated queries over small tables with nulls: none panics, none meets a defect of the engine, and none gives other rows
//! with other batches and partitions. The seed is fixed; `KQL_GENERATED` says how many queries there are.

use crate::dice::Dice;
use arrow::array::RecordBatch;
use kql_engine::Limits;
use kql_engine::{Answer, Engine, Error, cell};
use std::fmt::Write;

/// So many queries, where nobody asks for more.
const QUERIES: usize = 400;

/// At least this share must be queries that bind: the others test little.
const GOOD: f64 = 0.6;

const A: &str = r#"datatable(k: long, i: int, r: real, s: string, t: datetime, p: timespan, d: dynamic, b: bool) [
    1, int(1), 1.5, 'abc', datetime(2024-01-01), 1h, dynamic({"x": 1, "y": [1, 2]}), true,
    2, int(null), real(null), '', datetime(null), timespan(null), dynamic(null), bool(null),
    2, int(-3), real(nan), 'ABC def', datetime(2024-01-02T03:04:05.6), -1d, dynamic([3, "a", null]), false,
    long(null), int(7), 0.0, 'straße', datetime(2024-01-01T12:00:00), 0s, dynamic("text"), true,
    5, int(2147483647), -2.25, '42', datetime(2023-12-31), 90m, dynamic(5), false,
    9223372036854775807, int(0), 1e100, 'a,b;c', datetime(2024-02-29), 1tick, dynamic({"x": null, "z": {"w": "q"}}), bool(null)
]"#;

const B: &str = r#"datatable(k: long, s: string, v: real, u: datetime) [
    1, 'abc', 10.0, datetime(2024-01-01), 1, 'x', real(null), datetime(null), 2, '', 20.5, datetime(2024-03-01),
    long(null), 'abc', 3.0, datetime(2024-01-01), 7, 'ABC def', -1.0, datetime(2025-01-01)
]"#;

const EMPTY: &str = "datatable(k: long, s: string, v: real, u: datetime) []";

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Ty {
    Long,
    Real,
    Text,
    Time,
    Span,
    Dynamic,
    Bool,
}

const TYPES: [Ty; 7] = [Ty::Long, Ty::Real, Ty::Text, Ty::Time, Ty::Span, Ty::Dynamic, Ty::Bool];

/// Forms of an expression of each type; `$L` and so on stand for expressions of the type of that letter.
fn forms(ty: Ty) -> &'static [&'static str] {
    match ty {
        Ty::Long => &[
            "$L + $L",
            "$L - $L",
            "$L * 2",
            "$L / $L",
            "$L % 3",
            "strlen($T)",
            "tolong($T)",
            "tolong($R)",
            "toint($D)",
            "array_length($D)",
            "iff($B, $L, $L)",
            "case($B, $L, $B, $L, $L)",
            "coalesce($L, $L)",
            "indexof($T, 'b')",
            "countof($T, 'a')",
            "datetime_diff('hour', $M, $M)",
            "bin($L, 2)",
            "abs($L)",
            "max_of($L, $L)",
            "binary_and($L, 7)",
            "hash($T, 10)",
            "toint($L)",
            "sign($L)",
            "dayofyear($M)",
            "tolong($D.x)",
            "toscalar(B | summarize max(k))",
            "toscalar(E | project k)",
        ],
        Ty::Real => &[
            "$R + $R",
            "$R - $L",
            "$R * $R",
            "$R / $L",
            "todouble($T)",
            "toreal($D)",
            "round($R, 1)",
            "exp($R)",
            "log($R)",
            "sqrt($R)",
            "pow($R, 2)",
            "$S / 1h",
            "iff($B, $R, $R)",
            "min_of($R, $R)",
            "floor($R, 0.5)",
            "ceiling($R)",
            "todouble($L)",
            "toscalar(B | summarize avg(v))",
        ],
        Ty::Text => &[
            "strcat($T, $T)",
            "tostring($L)",
            "tostring($D)",
            "tostring($M)",
            "tostring($R)",
            "substring($T, 1, $L)",
            "toupper($T)",
            "tolower($T)",
            "replace_string($T, 'a', 'bb')",
            "trim('a', $T)",
            "extract('([a-z])', 1, $T)",
            "iff($B, $T, $T)",
            "strcat_array($D, '-')",
            "tostring($D.x)",
            "tostring(split($T, ',')[0])",
            "format_datetime($M, 'yyyy-MM-dd')",
            "reverse($T)",
            "strcat_delim('/', $T, $L)",
            "url_encode($T)",
            "replace_regex($T, '[ab]', '.')",
            "tostring(parse_json($T))",
            "gettype($D)",
            "coalesce($T, $T)",
            "toscalar(B | where k == 2 | project s)",
            "base64_encode_tostring($T)",
            "format_timespan($S, 'hh:mm')",
        ],
        Ty::Time => &[
            "$M + $S",
            "$M - $S",
            "bin($M, 1h)",
            "startofday($M)",
            "endofmonth($M)",
            "todatetime($T)",
            "iff($B, $M, $M)",
            "datetime_add('day', 1, $M)",
            "make_datetime(2024, 1, 2)",
            "coalesce($M, $M)",
            "ago($S)",
            "max_of($M, $M)",
        ],
        Ty::Span => &["$M - $M", "$S + $S", "$S * 2", "totimespan($T)", "bin($S, 1m)", "iff($B, $S, $S)", "-$S"],
        Ty::Dynamic => &[
            "pack_array($L, $T)",
            "bag_pack('k', $T, 'n', $L)",
            "parse_json($T)",
            "split($T, ',')",
            "$D.x",
            "$D[0]",
            "$D.z.w",
            "array_concat($D, $D)",
            "todynamic($T)",
            "bag_keys($D)",
            "array_slice($D, 0, 1)",
            "set_union($D, $D)",
            "array_sort_asc($D)",
            "iff($B, $D, $D)",
            "range(1, 3)",
            "bag_merge($D, $D)",
            "array_reverse($D)",
            "extract_all('([a-z])', $T)",
            "dynamic([1, 2.5, \"x\", null])",
            "zip($D, $D)",
            "pack_all()",
        ],
        Ty::Bool => &[
            "$L > $L",
            "$L == $L",
            "$R < $R",
            "$T == $T",
            "$T has 'abc'",
            "$T contains $T",
            "$T startswith 'a'",
            "$T =~ 'ABC'",
            "$T in ('abc', $T)",
            "$T in~ ('ABC')",
            "$L in (1, 2, $L)",
            "$T has_any ('abc', 'x')",
            "isnull($L)",
            "isempty($T)",
            "isnotnull($M)",
            "$M > $M",
            "$M between (datetime(2024-01-01) .. $S)",
            "$L between ($L .. $L)",
            "$B and $B",
            "$B or $B",
            "not($B)",
            "$T matches regex 'a.c'",
            "tobool($T)",
            "isnan($R)",
            "$D == 5",
            "$T !in ((B | project s))",
            "$L in ((B | where v > 5 | project k))",
            "$S > 0s",
            "array_length($D) > 1",
            "$D has 'text'",
            "$T hasprefix 'AB'",
            "isempty($D)",
            "$T !has 'def'",
        ],
    }
}

fn constants(ty: Ty) -> &'static [&'static str] {
    match ty {
        Ty::Long => &["0", "1", "-1", "5", "long(null)", "9223372036854775807"],
        Ty::Real => &["0.0", "1.5", "-2.0", "real(null)", "real(nan)", "real(+inf)"],
        Ty::Text => &["''", "'abc'", "'ABC def'", "'a,b'", "'{\"x\":1}'", "'ß'"],
        Ty::Time => &["datetime(2024-01-01)", "datetime(null)", "datetime(9999-12-31)", "now()"],
        Ty::Span => &["1h", "0s", "-1d", "timespan(null)"],
        Ty::Dynamic => &["dynamic(null)", "dynamic([])", "dynamic({\"x\":\"1\"})", "dynamic([1,[2]])"],
        Ty::Bool => &["true", "false", "bool(null)"],
    }
}

/// A query in the making: its text and the columns it has.
struct Query<'d> {
    dice: &'d mut Dice,
    text: String,
    columns: Vec<(String, Ty)>,
    next: usize,
}

impl Query<'_> {
    fn name(&mut self) -> String {
        self.next += 1;
        format!("c{}", self.next)
    }

    /// An expression of a type, `depth` calls deep at most.
    fn expr(&mut self, ty: Ty, depth: usize) -> String {
        let own: Vec<String> = self.columns.iter().filter(|(_, t)| *t == ty).map(|(n, _)| n.clone()).collect();
        let choice = self.dice.roll(10);
        if !own.is_empty() && (depth == 0 || choice < 4) {
            return own[self.dice.roll(own.len())].clone();
        }
        if depth == 0 || choice == 9 {
            return self.dice.pick(constants(ty)).to_string();
        }
        let form = self.dice.pick(forms(ty));
        self.filled(form, depth - 1)
    }

    /// A form with an expression for each `$` and letter of a type in it.
    fn filled(&mut self, form: &str, depth: usize) -> String {
        let mut out = String::new();
        let mut rest = form;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let inner = match after.as_bytes()[0] {
                b'L' => Ty::Long,
                b'R' => Ty::Real,
                b'T' => Ty::Text,
                b'M' => Ty::Time,
                b'S' => Ty::Span,
                b'D' => Ty::Dynamic,
                _ => Ty::Bool,
            };
            let inner = self.expr(inner, depth);
            let _ = write!(out, "({inner})");
            rest = &after[1..];
        }
        out.push_str(rest);
        out
    }

    fn ty(&mut self) -> Ty {
        TYPES[self.dice.roll(TYPES.len())]
    }

    fn column(&mut self) -> (String, Ty) {
        let at = self.dice.roll(self.columns.len());
        self.columns[at].clone()
    }

    /// An aggregate, and the type of what it gives.
    fn aggregate(&mut self) -> (String, Ty) {
        let (form, ty) = [
            ("count()", Ty::Long),
            ("countif($B)", Ty::Long),
            ("sum($L)", Ty::Long),
            ("sum($R)", Ty::Real),
            ("avg($R)", Ty::Real),
            ("avg($L)", Ty::Real),
            ("min($M)", Ty::Time),
            ("max($T)", Ty::Text),
            ("max($R)", Ty::Real),
            ("dcount($T)", Ty::Long),
            ("dcountif($L, $B)", Ty::Long),
            ("make_set($T)", Ty::Dynamic),
            ("make_list($L)", Ty::Dynamic),
            ("make_bag($D)", Ty::Dynamic),
            ("take_any($T)", Ty::Text),
            ("percentile($L, 50)", Ty::Long),
            ("stdev($R)", Ty::Real),
            ("variance($L)", Ty::Real),
            ("sumif($L, $B)", Ty::Long),
            ("count_distinct($T)", Ty::Long),
            ("make_list_with_nulls($R)", Ty::Dynamic),
            ("take_anyif($L, $B)", Ty::Long),
            ("minif($L, $B)", Ty::Long),
            ("binary_all_or($L)", Ty::Long),
            ("make_set_if($L, $B)", Ty::Dynamic),
            ("max($M) - min($M)", Ty::Span),
            ("iff(count() > 1, 'many', 'few')", Ty::Text),
            ("1", Ty::Long),
        ][self.dice.roll(28)];
        (self.filled(form, 1), ty)
    }

    /// One more operator.
    fn step(&mut self) {
        let mut add = String::new();
        match self.dice.roll(19) {
            0 | 1 => {
                let test = self.expr(Ty::Bool, 3);
                let _ = write!(add, "where {test}");
            }
            2 | 3 => {
                let ty = self.ty();
                let (value, name) = (self.expr(ty, 3), self.name());
                let _ = write!(add, "extend {name} = {value}");
                self.columns.push((name, ty));
            }
            4 => {
                let mut columns = Vec::new();
                for _ in 0..1 + self.dice.roll(3) {
                    let ty = self.ty();
                    let (value, name) = (self.expr(ty, 2), self.name());
                    let _ = write!(add, "{}{name} = {value}", if columns.is_empty() { "project " } else { ", " });
                    columns.push((name, ty));
                }
                self.columns = columns;
            }
            5 | 6 => {
                let mut columns = Vec::new();
                let mut parts = Vec::new();
                for _ in 0..1 + self.dice.roll(3) {
                    let (value, ty) = self.aggregate();
                    let name = self.name();
                    parts.push(format!("{name} = {value}"));
                    columns.push((name, ty));
                }
                let _ = write!(add, "summarize {}", parts.join(", "));
                for i in 0..self.dice.roll(3) {
                    let ty = [Ty::Long, Ty::Text, Ty::Time, Ty::Bool, Ty::Real][self.dice.roll(5)];
                    let (value, name) = (self.expr(ty, 1), self.name());
                    let _ = write!(add, "{}{name} = {value}", if i == 0 { " by " } else { ", " });
                    columns.push((name, ty));
                }
                self.columns = columns;
            }
            7 => {
                let (name, ty) = self.column();
                if ty != Ty::Dynamic {
                    let _ = write!(add, "distinct {name}");
                    self.columns = vec![(name, ty)];
                }
            }
            8 => {
                // joined rows come in no order, and their columns by name
                let kind = self.dice.pick(&[
                    "inner",
                    "leftouter",
                    "rightouter",
                    "fullouter",
                    "leftanti",
                    "leftsemi",
                    "innerunique",
                ]);
                let key = self.columns.iter().find(|(_, ty)| *ty == Ty::Long).map(|(n, _)| n.clone());
                if let Some(key) = key {
                    let other = self.dice.pick(&["B", "E", "(B | where v > 5)"]);
                    let _ = write!(add, "join kind={kind} {other} on $left.{key} == $right.k");
                    if !kind.contains("anti") && !kind.contains("semi") {
                        let _ = write!(add, " | extend w{0} = v", self.next);
                        self.columns.push((format!("w{}", self.next), Ty::Real));
                    }
                }
            }
            9 => {
                let _ = write!(
                    add,
                    "lookup kind={} (B | project s, v{1} = v) on $left.",
                    self.dice.pick(&["leftouter", "inner"]),
                    self.next
                );
                match self.columns.iter().find(|(_, ty)| *ty == Ty::Text).map(|(n, _)| n.clone()) {
                    Some(key) => {
                        let _ = write!(add, "{key} == $right.s");
                        self.columns.push((format!("v{}", self.next), Ty::Real));
                    }
                    None => add.clear(),
                }
            }
            10 => {
                let _ = write!(add, "union {}", self.dice.pick(&["A", "B", "E", "(B | project k)"]));
                // names of several types are several columns then
                self.columns.retain(|(n, _)| n.starts_with('c'));
                if self.columns.is_empty() {
                    add.push_str(" | extend c0 = 1");
                    self.columns.push(("c0".to_owned(), Ty::Long));
                }
            }
            11 => {
                let value = self.expr(Ty::Dynamic, 2);
                let name = self.name();
                let _ = write!(add, "mv-expand {name} = {value}");
                self.columns.push((name, Ty::Dynamic));
            }
            12 => {
                let value = self.expr(Ty::Dynamic, 2);
                let (element, result) = (self.name(), self.name());
                let then = self.dice.pick(&[
                    "summarize $ = count()",
                    "summarize $ = make_set(tostring(#))",
                    "extend $ = tostring(#)",
                ]);
                let then = then.replace('$', &result).replace('#', &element);
                let _ = write!(add, "mv-apply {element} = {value} on ({then})");
                let ty = if then.contains("count()") {
                    Ty::Long
                } else if then.contains("set") {
                    Ty::Dynamic
                } else {
                    Ty::Text
                };
                self.columns.push((result, ty));
            }
            13 => {
                let (key, name) = (self.expr(Ty::Long, 1), self.name());
                let call = self.dice.pick(&["row_number()", "prev(#, 1)", "next(#)", "row_cumsum(#)"]);
                let long =
                    self.columns.iter().find(|(_, ty)| *ty == Ty::Long).map_or("1".to_owned(), |(n, _)| n.clone());
                if !call.contains('#') || long != "1" {
                    let _ = write!(add, "sort by {key} asc | extend {name} = {}", call.replace('#', &long));
                    self.columns.push((name, Ty::Long));
                }
            }
            14 | 15 => {
                // rows that tie must be the same rows
                let ty = [Ty::Text, Ty::Real, Ty::Time][self.dice.roll(3)];
                let by = self.expr(ty, 1);
                let names: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
                let keys: Vec<String> = names.iter().map(|name| format!("tostring({name}) asc")).collect();
                let order = self.dice.pick(&["asc", "desc", "asc nulls last", "desc nulls first"]);
                let _ = write!(
                    add,
                    "project {}, key = {by} | sort by key {order}, {} | take {} | project-away key",
                    names.join(", "),
                    keys.join(", "),
                    1 + self.dice.roll(4)
                );
            }
            16 => {
                let text = self.expr(Ty::Text, 1);
                let (a, b) = (self.name(), self.name());
                let _ = write!(add, "parse {text} with {a} 'b' {b}:long");
                self.columns.extend([(a, Ty::Text), (b, Ty::Long)]);
            }
            17 => {
                let time = self.expr(Ty::Time, 1);
                let (n, at) = (self.name(), self.name());
                let _ = write!(
                    add,
                    "make-series {n} = count() on {at} = {time} from datetime(2024-01-01) to datetime(2024-01-04) step 1d"
                );
                self.columns = vec![(n, Ty::Dynamic), (at, Ty::Dynamic)];
            }
            _ => {
                add.push_str("as X | union (X | count | project c0 = Count) | extend c0 = coalesce(c0, 1)");
                self.columns.retain(|(n, _)| n != "c0");
                self.columns.push(("c0".to_owned(), Ty::Long));
            }
        }
        if !add.is_empty() {
            let _ = write!(self.text, " | {add}");
        }
    }
}

fn generate(dice: &mut Dice) -> String {
    let columns: &[(&str, Ty)] = match dice.roll(4) {
        0 => &[("k", Ty::Long), ("s", Ty::Text), ("v", Ty::Real), ("u", Ty::Time)],
        _ => &[
            ("k", Ty::Long),
            ("i", Ty::Long),
            ("r", Ty::Real),
            ("s", Ty::Text),
            ("t", Ty::Time),
            ("p", Ty::Span),
            ("d", Ty::Dynamic),
            ("b", Ty::Bool),
        ],
    };
    let source = if columns.len() > 4 { "A" } else { *dice.pick(&["B", "E"]) };
    let columns = columns.iter().map(|(n, ty)| ((*n).to_owned(), *ty)).collect();
    let steps = 1 + dice.roll(5);
    let mut query = Query { dice, text: source.to_owned(), columns, next: 0 };
    (0..steps).for_each(|_| query.step());
    query.text
}

/// Tables from memory, in batches and partitions of these sizes.
fn engine(batch_size: usize, partitions: usize) -> Engine {
    let plain = Engine::builder().build().expect("an engine");
    let rows = |text: &str| {
        let table = plain.query(text).expect("the rows are good").tables.remove(0);
        // a table without rows still needs its columns
        if table.batches.is_empty() { vec![RecordBatch::new_empty(table.schema.arrow())] } else { table.batches }
    };
    let mut builder = Engine::builder().now("2024-05-01T12:00:00Z").expect("a time");
    for (name, text) in [("A", A), ("B", B), ("E", EMPTY)] {
        builder = builder.table(name, rows(text)).expect("a table");
    }
    builder.limits(Limits { batch_size, partitions, ..Limits::default() }).build().expect("an engine")
}

/// The rows as texts, sorted: which of tying rows come first is left open where nothing asks for it.
fn rows(answer: &Answer) -> Vec<String> {
    let mut all = Vec::new();
    for table in &answer.tables {
        for batch in &table.batches {
            for row in 0..batch.num_rows() {
                let mut text = String::new();
                for (column, array) in table.schema.columns.iter().zip(batch.columns()) {
                    let mut one = String::new();
                    cell::json(array, column.ty, row, &mut one);
                    rounded(&one, column.ty == kql_engine::ScalarType::Real, &mut text);
                    text.push('|');
                }
                all.push(text);
            }
        }
    }
    all.sort();
    all
}

/// The text with the numbers in it that have a point cut short: the last digits of sums depend on their order. A column of
/// reals is cut short as a whole.
fn rounded(text: &str, real: bool, out: &mut String) {
    let of_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '+' | '-');
    let mut rest = text;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|c| !of_number(c)).unwrap_or(rest.len()));
        match number.parse::<f64>() {
            Ok(value) if real || number.contains('.') => _ = write!(out, "{value:.9e}"),
            _ => out.push_str(number),
        }
        let (other, next) = after.split_at(after.find(of_number).unwrap_or(after.len()));
        out.push_str(other);
        rest = next;
    }
}

#[test]
fn generated_queries_run_alike_in_all_batches_and_partitions() {
    let count = std::env::var("KQL_GENERATED").ok().and_then(|n| n.parse().ok()).unwrap_or(QUERIES);
    let engines = [engine(8192, 1), engine(1, 4), engine(3, 2)];
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    let (mut good, mut faults) = (0, Vec::new());
    for _ in 0..count {
        let text = generate(&mut dice);
        let mut first: Option<Result<Vec<String>, String>> = None;
        for engine in &engines {
            let got = match engine.query(&text) {
                Ok(answer) => Ok(rows(&answer)),
                Err(Error::Query(found)) => Err(format!("{:?}", found.iter().map(|d| d.code).collect::<Vec<_>>())),
                Err(Error::Internal(defect)) => {
                    faults.push(format!("{text}\n  {defect}"));
                    break;
                }
                Err(error) => Err(error.to_string()),
            };
            match &first {
                None => {
                    good += usize::from(got.is_ok());
                    first = Some(got);
                }
                Some(before) if *before == got => {}
                Some(before) => {
                    faults.push(format!("{text}\n  {before:?}\n  {got:?}"));
                    break;
                }
            }
        }
    }
    assert!(faults.is_empty(), "{} of {count} queries:\n{}", faults.len(), faults.join("\n"));
    assert!(good as f64 >= GOOD * count as f64, "only {good} of {count} queries bind");
}

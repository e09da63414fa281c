//! Every operator, source, statement, scalar operator and type of the language, each with a query that parses.
//!
//! `inventory.md` beside this file is the table, which `KQL_BLESS=1` writes anew. Where `KQL_INVENTORY` names a JSON
//! inventory of the language, no name of it may be missing here.

use crate::shared;
use kql_parser::{format, parse, print};

/// What is named, and queries that use it.
const TABULAR_OPERATORS: &[(&str, &[&str])] = &[
    ("as", &["T | as Name | take 1", "T | as hint.materialized=true Name"]),
    ("assert-schema", &["T | assert-schema (a: long, b: string)"]),
    ("consume", &["T | consume", "T | consume decodeblocks=true"]),
    ("count", &["T | count", "T | count as n"]),
    ("distinct", &["T | distinct a, b", "T | distinct *", "T | distinct hint.shufflekey=a hint.num_partitions=4 a"]),
    (
        "evaluate",
        &[
            "T | evaluate bag_unpack(d)",
            "T | evaluate hint.distribution=per_node hint.remote=local bag_unpack(d, 'p_') : (*, a: long)",
            "evaluate narrow(T)",
        ],
    ),
    ("execute_and_cache (internal)", &["T | __executeAndCache"]),
    ("extend", &["T | extend a = 1, (b, c) = f(d), ['e f'] = g"]),
    ("facet", &["T | facet by a, b", "T | facet by a with (where b > 1 | take 5)", "T | facet by a with take 5"]),
    ("where (alias filter)", &["T | where a == 1", "T | filter a == 1"]),
    (
        "find",
        &[
            "find 'a'",
            "find in (A, B*, database('d').C) where x has 'a' project y, z: long, pack(*)",
            "find withsource=s in (A) where x == 1 project-smart",
            "find datascope=hotcache 'a'",
        ],
    ),
    ("getschema", &["T | getschema", "T | getschema kind=csl"]),
    (
        "graph-match",
        &[
            "G | graph-match (a)-[e]->(b) where a.x == 1 project a.y, e.z",
            "G | graph-match cycles=none (a)<-[e*1..3]-(b)--(), (c)-[f]-(d)-->(e) project a.y",
        ],
    ),
    ("graph-shortest-paths", &["G | graph-shortest-paths output=all (a)-[e*1..5]->(b) where a.x == 1 project e"]),
    (
        "graph-to-table",
        &[
            "G | graph-to-table nodes",
            "G | graph-to-table nodes as N with_node_id=i, edges as E with_source_id=s with_target_id=t",
        ],
    ),
    ("invoke", &["T | invoke f(1)", "T | invoke database('d').f(1)"]),
    ("lookup", &["T | lookup kind=leftouter (U) on a, $left.b == $right.c"]),
    (
        "join",
        &[
            "T | join (U) on a",
            "T | join kind=inner hint.strategy=shuffle hint.num_partitions=3 hint.remote=left U on $left.a == $right.b",
            "T | join kind=fullouter hint.shufflekey=a (U | take 1) where $left.a == $right.b",
        ],
    ),
    (
        "search",
        &[
            "search 'a' and x: 'b' or y == 5",
            "search * and x: 'b'",
            "search kind=case_sensitive in (A, B*) 'a' and not(x has 'c')",
            "T | search * and y == 5",
            "search *",
        ],
    ),
    ("fork", &["T | fork (where a) n = (where b | count) (take 5)"]),
    (
        "macro-expand",
        &[
            "macro-expand isfuzzy=true force_remote=true entity_group [database('a'), database('b')] as X (X.T | count)",
            "macro-expand best_effort=true G as X (let y = 5; X.T | where z == y)",
        ],
    ),
    (
        "make-graph",
        &[
            "T | make-graph a --> b",
            "T | make-graph a -- b with_node_id=i",
            "T | make-graph hint.strategy=x a --> b with N on id, M on key partitioned-by p (graph-match (a)-->(b) project a)",
        ],
    ),
    ("graph-mark-components", &["G | graph-mark-components kind=strong with_component_id=c"]),
    ("graph-where-nodes", &["G | graph-where-nodes a == 1"]),
    ("graph-where-edges", &["G | graph-where-edges a == 1"]),
    (
        "make-series",
        &[
            "T | make-series n = count() default=0, avg(x) on t from ago(1d) to now() step 1h by a, b",
            "T | make-series kind=nonempty hint.shufflekey=a count() on t step 1h",
            "T | make-series count() on t in range(ago(1d), now(), 1h) by a",
        ],
    ),
    (
        "mv-apply / mvapply",
        &[
            "T | mv-apply a on (take 1)",
            "T | mvapply with_itemindex=i b = a to typeof(long), c limit 5 on (where b > 1 | summarize sum(b))",
        ],
    ),
    (
        "mv-expand / mvexpand",
        &[
            "T | mv-expand a",
            "T | mvexpand a",
            "T | mv-expand kind=array bagexpansion=bag with_itemindex=i a, b = c to typeof(long) limit 5",
        ],
    ),
    ("__partitionby (internal)", &["T | __partitionby hint.concurrency=2 a id 'x' (take 1)"]),
    (
        "partition",
        &[
            "T | partition by a (top 1 by b)",
            "T | partition hint.strategy=native hint.concurrency=2 hint.spread=1 by a { U | where x == a }",
            "T | partition hint.materialized=true hint.shufflekey=a by a in f() (take 1)",
        ],
    ),
    (
        "parse",
        &[
            "T | parse a with * 'x=' b: long ',' c *",
            "T | parse kind=regex flags=Ui a with @'\\d+' b: int",
            "T | parse kind=relaxed a with 'x' 'y' where: string",
        ],
    ),
    ("parse-where", &["T | parse-where kind=simple a with 'x=' b: long"]),
    (
        "parse-kv",
        &[
            "T | parse-kv a as (b: long, c: string) with (pair_delimiter=',', kv_delimiter='=', quote='\"', greedy=true)",
        ],
    ),
    ("print", &["print 1", "print a = 1, b = 'c'"]),
    ("project", &["T | project a, b = c + 1", "T | project"]),
    ("project-away", &["T | project-away a, b*, *c*, ['d e']"]),
    ("project-by-names", &["T | project-by-names 'a', dynamic(['b*'])"]),
    ("project-keep", &["T | project-keep a, b*"]),
    ("project-rename", &["T | project-rename a = b, c = d"]),
    ("project-reorder", &["T | project-reorder a, b* asc, c desc, d* granny-asc, e* granny-desc"]),
    ("range", &["range x from 1 to 5 step 1"]),
    ("reduce by", &["T | reduce by a", "T | reduce kind=source by a with threshold=0.2, characters='-'"]),
    (
        "render",
        &[
            "T | render timechart",
            "T | render columnchart with (kind=stacked, title='a', xcolumn=b, ycolumns=c, d, series=e, f, ymin=0, legend=hidden)",
            "T | render areachart kind=stacked title='a' accumulate=true by b, c",
            "T | render 3Dchart",
        ],
    ),
    ("sample", &["T | sample 5"]),
    ("sample-distinct", &["T | sample-distinct 5 of a"]),
    (
        "scan",
        &[
            "T | scan with (step s: true;)",
            "T | scan with_match_id=m kind=partial order by a asc nulls last partition by b declare (c: long = 0, d: string) \
             with (step s1: a > 1; step s2 optional output=last: b == s1.b => c = s1.c + 1, d = 'x';)",
        ],
    ),
    ("serialize", &["T | serialize", "T | serialize n = row_number()"]),
    (
        "sort / order",
        &["T | sort by a", "T | order by a asc nulls first, b desc nulls last", "T | sort hint.strategy=x by a"],
    ),
    (
        "summarize",
        &[
            "T | summarize count()",
            "T | summarize n = count(), sum(a) by b, bin(c, 1h)",
            "T | summarize hint.strategy=shuffle hint.shufflekey=a hint.num_partitions=4 count() by a",
            "T | summarize by a",
            "T | summarize count() by a bin=1h",
        ],
    ),
    ("take / limit", &["T | take 5", "T | limit 5"]),
    ("top-hitters", &["T | top-hitters 5 of a", "T | top-hitters 5 of a by b"]),
    ("top", &["T | top 5 by a desc nulls last", "T | top hint.progressive_top=true 5 by a"]),
    (
        "top-nested",
        &[
            "T | top-nested 3 of a with others='rest' by count() desc, top-nested of b by n = sum(c), top-nested 1 of d by max(e)",
        ],
    ),
    (
        "union",
        &[
            "union A, B*, (C | take 1)",
            "T | union kind=outer withsource=s isfuzzy=true best_effort=true hint.concurrency=2 hint.spread=1 *",
            "union cluster('c').database('d').E, database('d').F*",
        ],
    ),
];

const TABULAR_SOURCES: &[(&str, &[&str])] = &[
    (
        "datatable",
        &["datatable (a: long, b: string) [1, 'x', -2, 'y',]", "datatable (d: dynamic) [dynamic({'a': [1]})]"],
    ),
    (
        "externaldata / external_data",
        &[
            "externaldata (a: string) [@'file.csv'] with (format='csv', ignoreFirstRecord=true)",
            "external_data (a: string) ['x', 'y']",
        ],
    ),
    (
        "inline external_table(...)",
        &[
            "inline_external_table (a: long) kind=storage partition by (p: datetime = bin(t, 1d)) \
             pathformat=('a/' datetime_pattern('yyyy', p) '/b') dataformat=csv ('uri') with (k=v)",
            "inline_external_table kind=delta ('uri')",
        ],
    ),
    ("contextual_datatable", &["T | mv-apply a on (__contextual_datatable 'x' (a: long) | take 1)"]),
    (
        "materialized-view-combine",
        &["materialized-view-combine ('V') base (T) delta (U | take 1) aggregations (summarize count() by a)"],
    ),
    ("datascope", &["T datascope=hotcache | take 1"]),
    ("materialize()", &["let t = materialize(T | take 5); t"]),
    ("toscalar()", &["print toscalar(T | count)", "print toscalar kind=nooptimization (T | count)"]),
    ("totable()", &["totable(dynamic([1]))", "print x = 1 | where x in (totable(T | project x))"]),
];

const STATEMENTS: &[(&str, &[&str])] = &[
    (
        "let",
        &[
            "let a = 5; print a",
            "let f = (a: long, b: string = 'x') { strcat(b, a) }; print f(1)",
            "let v = view () { T }; v",
            "let f = (T: (*), U: (a: long, b: string)) { T | union U }; f(A, B)",
            "let g = () { let x = 1; declare query_parameters(y: long = 2); print x + y }; g",
        ],
    ),
    ("set", &["set notruncation; T", "set truncationmaxrecords = 5; T", "set query_take_max_records = 10; T"]),
    ("declare query_parameters", &["declare query_parameters(a: long, b: string = 'x', c: real = -1.5); print a"]),
    (
        "declare pattern",
        &[
            "declare pattern p; p('x')",
            "declare pattern p = (a: string)[b: string] { ('x').['y'] = { T }; ('z').['w'] = { let u = 1; U }; }; p('x').y",
        ],
    ),
    ("alias database", &["alias database d = cluster('c').database('e'); database('d').T"]),
    (
        "restrict access to",
        &["restrict access to (A, B*, database('d').*); A", "restrict access to (A) with (x=true); A"],
    ),
    ("tabular expression statement", &["T", "T | take 5", "cluster('c').database('d').T"]),
    ("batch (\";\" separated, several results)", &["T; U | take 1; print 3"]),
];

const SCALAR_OPERATORS: &[(&str, &[&str])] = &[
    ("-x", &["print -x, -1.5, -(1)"]),
    ("+x", &["print +x"]),
    ("and", &["print a and b"]),
    ("or", &["print a or b and c"]),
    ("+", &["print a + b"]),
    ("-", &["print a - b"]),
    ("*", &["print a * b"]),
    ("/", &["print a / b"]),
    ("%", &["print a % b"]),
    ("<", &["print a < b"]),
    ("<=", &["print a <= b"]),
    (">", &["print a > b"]),
    (">=", &["print a >= b"]),
    ("==", &["print a == b"]),
    ("!= / <>", &["print a != b, a <> b"]),
    ("=~", &["print a =~ b"]),
    ("!~", &["print a !~ b"]),
    ("has", &["print a has b"]),
    ("has_cs", &["print a has_cs b"]),
    ("!has", &["print a !has b"]),
    ("!has_cs", &["print a !has_cs b"]),
    ("hasprefix", &["print a hasprefix b"]),
    ("hasprefix_cs", &["print a hasprefix_cs b"]),
    ("!hasprefix", &["print a !hasprefix b"]),
    ("!hasprefix_cs", &["print a !hasprefix_cs b"]),
    ("hassuffix", &["print a hassuffix b"]),
    ("hassuffix_cs", &["print a hassuffix_cs b"]),
    ("!hassuffix", &["print a !hassuffix b"]),
    ("!hassuffix_cs", &["print a !hassuffix_cs b"]),
    ("like", &["print a like b"]),
    ("like_cs", &["print a likecs b"]),
    ("notlike", &["print a notlike b"]),
    ("notlike_cs", &["print a notlikecs b"]),
    ("contains", &["print a contains b"]),
    ("contains_cs / containscs", &["print a contains_cs b, a containscs b"]),
    ("!contains / notcontains", &["print a !contains b, a notcontains b"]),
    ("!contains_cs / notcontainscs", &["print a !contains_cs b, a notcontainscs b"]),
    ("startswith", &["print a startswith b"]),
    ("startswith_cs", &["print a startswith_cs b"]),
    ("!startswith", &["print a !startswith b"]),
    ("!startswith_cs", &["print a !startswith_cs b"]),
    ("endswith", &["print a endswith b"]),
    ("endswith_cs", &["print a endswith_cs b"]),
    ("!endswith", &["print a !endswith b"]),
    ("!endswith_cs", &["print a !endswith_cs b"]),
    ("matches regex", &["print a matches regex b"]),
    (": (search term operator)", &["search a: 'b'"]),
    ("in", &["print a in (1, 2), b in (T), c in ((T | project x))"]),
    ("in~", &["print a in~ ('x')"]),
    ("!in", &["print a !in (1)"]),
    ("!in~", &["print a !in~ ('x')"]),
    ("between", &["print a between (1 .. 5), b between(x..y)"]),
    ("!between", &["print a !between (1 .. 5)"]),
    ("has_any", &["print a has_any ('x', 'y')"]),
    ("has_all", &["print a has_all (list)"]),
];

const DATA_TYPES: &[(&str, &[&str])] = &[
    ("bool", &["print true, FALSE, bool(1), bool(null)", "datatable (a: bool, b: boolean) [true, false]"]),
    ("int", &["print int(5), int(-1), int32(1), int(0x1F), int(null)", "T | mv-expand a to typeof(int16)"]),
    ("long", &["print 5, 0x1F, long(-1), int64(2), long(null), long(-9223372036854775808)"]),
    ("real", &["print 1.5, 1e10, 1.5e-3, real(nan), double(+inf), real(-inf), real(null), 1."]),
    ("decimal", &["print decimal(1.5), decimal(-1e-3), decimal(null)"]),
    (
        "string",
        &["print 'a', \"b\\n\", @'c''d', @\"e\", h'f', H@\"g\", 'h' \"i\", ```j\nk```, ~~~l~~~, '\\u00e4\\x41\\101'"],
    ),
    (
        "datetime",
        &[
            "print datetime(2020-01-01), date(2020-01-01T10:00:00.1234567Z), datetime(null), datetime(now), datetime(8:00)",
        ],
    ),
    ("timespan", &["print 1d, 1.5h, 10ms, 5ticks, time(1.02:03:04.5), timespan(-1), time(null)"]),
    ("guid", &["print guid(74be27de-1e4e-49d9-b579-fe0b331d3642), guid(null)"]),
    (
        "dynamic",
        &[
            "print dynamic({'a': [1, -2.5, null, true, 'x' 'y'], \"b\": datetime(2020-01-01)}), dynamic(null), dynamic(1d)",
        ],
    ),
];

type Section = (&'static str, &'static str, &'static [(&'static str, &'static [&'static str])]);

const SECTIONS: &[Section] = &[
    ("Tabular operators", "tabular_operators", TABULAR_OPERATORS),
    ("Tabular sources", "tabular_sources", TABULAR_SOURCES),
    ("Statements", "statements", STATEMENTS),
    ("Scalar operators", "scalar_operators", SCALAR_OPERATORS),
    ("Data types", "data_types", DATA_TYPES),
];

fn queries() -> impl Iterator<Item = &'static str> {
    SECTIONS.iter().flat_map(|(_, _, rows)| rows.iter()).flat_map(|(_, queries)| queries.iter().copied())
}

#[test]
fn everything_parses() {
    for query in queries() {
        let parse = parse(query);
        assert_eq!(parse.diagnostics, [], "{query}");
        assert!(!format!("{:?}", parse.query).contains("Error"), "{query}");
    }
}

#[test]
fn everything_is_printed_and_formatted() {
    for query in queries() {
        let printed = print(&parse(query).query);
        assert_eq!(parse(&printed).diagnostics, [], "{printed}");
        assert_eq!(print(&parse(&printed).query), printed);
        let once = format(query).unwrap_or_else(|d| panic!("{query}: {d:?}"));
        assert_eq!(format(&once).as_deref(), Ok(once.as_str()));
        assert_eq!(print(&parse(&once).query), printed);
    }
}

#[test]
fn the_table_is_current() {
    let mut table =
        String::from("# What parses\n\nWritten by `KQL_BLESS=1 cargo test -p kql-parser --test it inventory`.\n");
    for (title, _, rows) in SECTIONS {
        table.push_str(&format!("\n## {title}\n\n| name | parsed in this test |\n| --- | --- |\n"));
        for (name, queries) in *rows {
            let code: Vec<String> = queries.iter().map(|q| cell(q)).collect();
            table.push_str(&format!("| {} | {} |\n", name.replace('|', "\\|"), code.join("<br>")));
        }
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/inventory.md");
    if std::env::var_os("KQL_BLESS").is_some() {
        std::fs::write(path, &table).expect("the table is written");
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), table, "KQL_BLESS=1 writes it anew");
}

/// A query as code in a cell of a table.
fn cell(query: &str) -> String {
    let text = query.replace('|', "\\|").replace('\n', " ");
    if text.contains('`') { format!("```` {text} ````") } else { format!("`{text}`") }
}

#[test]
fn nothing_of_the_inventory_is_missing() {
    let Some(path) = shared::named_by("KQL_INVENTORY", "an inventory of Kusto's syntax") else { return };
    let text = std::fs::read_to_string(path).expect("an inventory");
    let mut missing = Vec::new();
    for (_, section, rows) in SECTIONS {
        let start = text.find(&format!("\"{section}\": [")).expect(section);
        // a section is a list of objects: its end is the bracket at its own depth
        let mut depth = 0;
        let mut strings = false;
        let mut escaped = false;
        let body = &text[start + section.len() + 4..];
        let end = body.char_indices().find(|(_, c)| {
            match c {
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                '"' => strings = !strings,
                '[' | '{' if !strings => depth += 1,
                ']' | '}' if !strings => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        let body = &body[..end.expect("an end").0];
        // entries begin with their name or token; those of signatures and parameters are within them
        let key = if *section == "scalar_operators" { "token" } else { "name" };
        for object in objects(body) {
            let Some(name) = shared::field(object, key) else { continue };
            if !rows.iter().any(|(ours, _)| *ours == name) {
                missing.push(format!("{section}: {name}"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

/// The objects of a list, without those in them.
fn objects(list: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start, mut strings, mut escaped) = (Vec::new(), 0, 0, false, false);
    for (at, c) in list.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => strings = !strings,
            '{' if !strings => {
                if depth == 0 {
                    start = at;
                }
                depth += 1;
            }
            '}' if !strings => {
                depth -= 1;
                if depth == 0 {
                    found.push(&list[start..=at]);
                }
            }
            _ => {}
        }
    }
    found
}

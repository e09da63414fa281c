//! Stopping a run ends it soon, wherever it is: inside a function, an aggregate, an operator, or before it runs.

use kql_engine::{CancellationToken, Engine, Error, Limits};
use std::time::{Duration, Instant};

/// How long a run goes on before it is stopped.
const BEFORE: Duration = Duration::from_millis(200);

/// How long it can take to end, on slow machines that run other tests as well.
const SOON: Duration = Duration::from_secs(5);

/// Queries that run much longer than a test waits.
const HEAVY: &[(&str, &str)] = &[
    (
        "a function over long texts",
        "range i from 1 to 100000 step 1 | extend s = strrep('ab', 1000) | extend t = replace_string(s, 'a', s) \
         | summarize sum(strlen(t))",
    ),
    (
        "a regular expression",
        "range i from 1 to 100000000 step 1 | extend s = strcat(strrep('a', 1000), i) \
         | where s matches regex '(a|aa)+[b-z]' | count",
    ),
    (
        "a long row",
        "range i from 1 to 3 step 1 | extend x = range(i, 1000000) \
         | extend y = series_fir(x, x) | summarize max(array_length(y))",
    ),
    ("constants", "print x = array_length(series_fir(range(1, 1000000), range(1, 1000000)))"),
    (
        "a constant that binding needs",
        "range x from 1 to 10 step 1 | summarize count() by bin(x, array_length(series_fir(range(1, 1000000), \
         range(1, 1000000))))",
    ),
    (
        "a part that runs while the query is bound",
        "range i from 1 to 1000000000000 step 1 | where i % 2 == 5 | extend d = bag_pack('a', i) | evaluate bag_unpack(d)",
    ),
    ("a subquery", "print x = toscalar(range i from 1 to 1000000000000 step 1 | summarize sum(i % 7))"),
    ("an aggregate", "range i from 1 to 1000000000 step 1 | summarize dcount(i), make_set(i % 1000) by i % 10"),
    (
        "mv-expand",
        "range i from 1 to 1000000 step 1 | extend x = range(1, 1000) | mv-expand x | mv-expand y = x | count",
    ),
    (
        "mv-expand of mv-expand",
        "print x = range(1, 1000) | mv-expand x | extend y = range(1, 1000) | mv-expand y \
         | extend z = range(1, 1000) | mv-expand z | extend w = range(1, 1000) | mv-expand w | count",
    ),
    ("sort", "range i from 1 to 1000000000 step 1 | extend k = hash(i) | sort by k | summarize sum(row_number())"),
    (
        "join",
        "let a = range i from 1 to 1000000 step 1 | extend k = 1; a | join kind = inner a on k \
         | where strlen(strcat(i, i1)) > 3 | summarize sum(i)",
    ),
    (
        "a join without rows",
        "range i from 1 to 1000000000 step 1 | join kind = inner (range i from 0 to 0 step 1) on i",
    ),
    ("summarize by many keys", "range i from 1 to 1000000000000 step 1 | summarize count() by hash(i) % 100000"),
];

/// Runs the query in a thread, and returns how it and the threads of its engine ended, and how long after `stop`.
fn stopped(query: &str, stop: impl FnOnce(&Engine, &CancellationToken)) -> (Result<(), Error>, Duration) {
    let limits = Limits { partitions: 2, memory: Some(1 << 30), ..Limits::default() };
    let engine = Engine::builder().limits(limits).build().expect("an engine");
    let cancel = CancellationToken::new();
    let (running, token) = (engine.clone(), cancel.clone());
    let text = query.to_owned();
    let thread = std::thread::spawn(move || {
        let answer = futures::executor::block_on(running.query_async(&text, &token)).map(|_| ());
        drop(running);
        answer
    });
    std::thread::sleep(BEFORE);
    assert!(!thread.is_finished(), "{query} is not heavy");
    let since = Instant::now();
    stop(&engine, &cancel);
    // the last handle waits for the threads of the engine
    drop(engine);
    let result = thread.join().expect("no panic");
    (result, since.elapsed())
}

fn each_ends_soon(how: &str, stop: fn(&Engine, &CancellationToken)) {
    let late: Vec<String> = HEAVY
        .iter()
        .filter_map(|(name, query)| {
            let (result, after) = stopped(query, stop);
            println!("{how}: {name}: {after:?}");
            match result {
                Err(Error::Interrupted) if after < SOON => None,
                other => Some(format!("{name}: {other:?} after {after:?}")),
            }
        })
        .collect();
    assert!(late.is_empty(), "{how}:\n{}", late.join("\n"));
}

#[test]
fn stopping_everything_ends_a_run_soon() {
    each_ends_soon("stop", |engine, _| engine.progress().stop());
}

#[test]
fn stopping_one_run_ends_it_soon() {
    each_ends_soon("cancel", |_, cancel| cancel.cancel());
}

#[test]
fn results_that_are_too_large_are_refused_by_name() {
    let engine = Engine::builder().build().expect("an engine");
    // one row that is not constant: an error of a constant is found again by each step of planning
    let row = "range i from 1 to 1 step 1 | extend a = strrep(tostring(i), 1024)";
    for (query, message) in [
        (
            format!("{row} {}", "| extend a = replace_string(a, '1', a) ".repeat(4)),
            "replace_string() would create a value of more than 256 MB.",
        ),
        (format!("{row} {}", "| extend a = strcat(a, a) ".repeat(30)), "strcat() would create a value"),
        (format!("{row} {}", "| extend a = strrep(a, 1024) ".repeat(3)), "strrep() would create a value"),
        (format!("{row} | extend a = repeat(a, 1000000)"), "repeat() would create a value"),
        (
            format!("{row} | extend a = repeat(a, 100000) | extend a = array_concat(a, a, a)"),
            "array_concat() would create a value",
        ),
        (
            "range i from 1 to 3000000 step 1 | extend s = strrep('x', 1000) | summarize l = make_list(s)".to_owned(),
            "make_list() would create a value",
        ),
    ] {
        match engine.query(&query) {
            Err(Error::Run(text)) => assert!(text.starts_with(message), "{text}"),
            other => panic!("{query}: {:?}", other.map(|_| ())),
        }
    }
}

/// Each of many nodes that yield has its turns: none takes those of the others.
#[test]
fn a_plan_with_many_expansions_ends() {
    let engine = Engine::builder().limits(Limits { partitions: 2, ..Limits::default() }).build().expect("an engine");
    for step in
        ["| mv-expand a | extend a = pack_array(a)", "| join kind=inner (print a = dynamic([1]) | extend k = 1) on k"]
    {
        let query = format!("print a = dynamic([1]) | extend k = 1\n{}| count", format!("{step}\n").repeat(140));
        let answer = engine.query(&query).expect("an answer");
        assert_eq!(
            answer.tables.iter().flat_map(|table| &table.batches).map(|batch| batch.num_rows()).sum::<usize>(),
            1
        );
    }
}

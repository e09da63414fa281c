//! The memory of every operator, plugin, aggregate and function stays near the limit: a query either goes on in temporary
//! files or is refused.
//!
//! The queries run one after the other in a process of their own, whose peak the system measures.
//! `KQL_MEMORY_ROWS` sets the number of rows.

use crate::dice::Dice;
use crate::registry_walk::arguments;
use kql_engine::registry::Eval;
use kql_engine::{CancellationToken, Engine, Error, Limits};

/// The limit of the engine.
const LIMIT: usize = 48 << 20;

/// How much more the process may have.
const MORE: usize = 200 << 20;

/// Rows in which nearly all values differ.
fn table(rows: usize) -> String {
    format!(
        "let T = range x from 1 to {rows} step 1 | extend k = x % 50, b = x % 2 == 0, i = toint(x), l = x * 7919, \
         r = x / 3.0, m = todecimal(x), s = strcat('powershell.exe -NoProfile -Command Get-Mailbox ', x), \
         t = datetime(2024-01-01) + x * 1s, p = x * 1s, g = toguid(hash_md5(tostring(x))), \
         y = bag_pack('a', x % 10, 'b', strcat('v', x % 7));\n"
    )
}

/// One query for each operator that holds rows, with the operator's name first.
const OPERATORS: &[&str] = &[
    "T | sort by s asc | extend n = row_number() | summarize max(n), max(strlen(s))",
    "T | top 100000 by s asc | summarize max(strlen(s))",
    "T | top-nested 3 of k by count(), top-nested 3 of s by max(x)",
    "T | top-hitters 10 of s",
    "T | distinct s, g | summarize max(strlen(s))",
    "T | sample 100000 | summarize max(strlen(s))",
    "T | sample-distinct 100000 of s | count",
    "T | sort by t asc | extend q = prev(s), n = next(s), c = row_cumsum(x) | where q == n | count",
    "T | sort by t asc | scan declare (c: long = 0) with (step a: true => c = c + x;) | summarize max(c), max(strlen(s))",
    "T | partition hint.strategy=native by k (summarize count() by s) | count",
    "T | partition by k (top 2 by x)",
    "T | make-series count() on t step 1m by k | count",
    "T | make-series count() on t step 1s",
    "T | mv-expand z = range(1, 20) to typeof(long) | summarize sum(z)",
    "T | mv-apply z = range(1, 3) to typeof(long) on (summarize w = sum(z)) | count",
    "T | join kind=inner (T | project k2 = x, s2 = s) on $left.x == $right.k2 | summarize max(strlen(s2)), max(strlen(s))",
    "T | join kind=innerunique (T | project x, s2 = s) on x | summarize max(strlen(s2)), max(strlen(s))",
    "T | join kind=leftouter (T | project x, s2 = s) on x | summarize max(strlen(s2)), max(strlen(s))",
    "T | join kind=rightouter (T | project x, s2 = s) on x | summarize max(strlen(s2)), max(strlen(s))",
    "T | join kind=fullouter (T | project x, s2 = s) on x | summarize max(strlen(s2)), max(strlen(s))",
    "T | join kind=leftanti (T | where k > 10 | project x, s2 = s) on x | summarize max(strlen(s))",
    "T | join kind=rightanti (T | where k > 10) on x | summarize max(strlen(s))",
    "T | join kind=leftsemi (T | project x, s2 = s) on x | summarize max(strlen(s))",
    "T | join kind=rightsemi (T | project x, s2 = s) on x | summarize max(strlen(s2))",
    "T | lookup (T | project x, s2 = s) on x | summarize max(strlen(s2))",
    "union T, (T | extend s = strcat(s, '!')) | sort by s asc | take 1",
    "let M = materialize(T | project x, s); union (M | summarize max(strlen(s))), (M | where x > 5 | summarize max(strlen(s)))",
    "T | fork (summarize max(strlen(s))) (where x > 5 | summarize max(strlen(s)))",
    "T | facet by k with (summarize max(strlen(s)))",
    "T | where s in ((T | project s)) | count",
    "T | where s has_any ((T | where x < 1000 | project s)) | count",
    "T | extend n = toscalar(T | summarize max(strlen(s))) | summarize max(n)",
    "T | reduce by s",
    "T | parse s with * 'Mailbox ' n: long | summarize sum(n)",
    "T | parse-kv s as (Command: string) with (pair_delimiter=' ', kv_delimiter=' ') | count",
    "T | search 'mailbox' | count",
    "find in (T) where s has 'mailbox' | count",
    "T | extend g = tostring(g) | make-graph s --> g with (T | project s) on s | graph-match (a)-[e]->(c) where a.s has '77' project a.s | count",
    "T | where x < 20000 | make-graph x --> k | graph-to-table edges | count",
    "T | where x < 2000 | make-graph x --> k | graph-shortest-paths (a)-[e*1..3]->(c) project n = e | count",
    "T | where x < 20000 | make-graph x --> k | graph-mark-components | graph-to-table nodes | count",
    "T",
];

/// One query for each plugin that can run without other data, with the plugin's name.
const PLUGINS: &[(&str, &str)] = &[
    ("bag_unpack", "T | project x, s, y | evaluate bag_unpack(y) | summarize max(strlen(s))"),
    ("pivot", "T | evaluate pivot(k, count(), b)"),
    ("narrow", "T | evaluate narrow() | count"),
    ("autocluster", "T | project k, b, s | evaluate autocluster()"),
    ("basket", "T | project k, b, s | evaluate basket()"),
    ("diffpatterns", "T | project k, s, c = iff(b, 'a', 'b') | evaluate diffpatterns(c, 'a', 'b')"),
    ("session_count", "T | evaluate session_count(s, t, datetime(2024-01-01), datetime(2024-02-01), 1h, 1d)"),
    ("sequence_detect", "T | evaluate sequence_detect(t, 1h, 1h, a = (k == 1), c = (k == 2), i)"),
    (
        "sliding_window_counts",
        "T | evaluate sliding_window_counts(s, t, datetime(2024-01-01), datetime(2024-01-05), 3d, 1d)",
    ),
    ("rolling_percentile", "T | evaluate rolling_percentile(x, 50, t, 1h, 10)"),
    ("rows_near", "T | sort by t asc | evaluate rows_near(x % 1000 == 0, 2) | count"),
    (
        "activity_counts_metrics",
        "T | evaluate activity_counts_metrics(s, t, datetime(2024-01-01), datetime(2024-01-05), 1d)",
    ),
    ("activity_metrics", "T | evaluate activity_metrics(s, t, datetime(2024-01-01), datetime(2024-01-05), 1d)"),
    ("new_activity_metrics", "T | evaluate new_activity_metrics(s, t, datetime(2024-01-01), datetime(2024-01-05), 1d)"),
    (
        "active_users_count",
        "T | evaluate active_users_count(s, t, datetime(2024-01-01), datetime(2024-01-05), 1d, 1d, 1, 1d)",
    ),
    ("dcount_intersect", "T | summarize h = hll(s), j = hll(g) by k | evaluate dcount_intersect(h, j)"),
    ("identity", "T | evaluate identity() | count"),
    ("estimate_rows_count", "T | evaluate estimate_rows_count()"),
];

/// Plugins with data of their own, whose rows stream.
const STREAMING: &[&str] = &["ipv4_lookup", "ipv6_lookup", "geo_polygon_lookup", "geo_line_lookup", "schema_merge"];

fn queries() -> Vec<String> {
    let mut all: Vec<String> = OPERATORS.iter().map(|query| (*query).to_owned()).collect();
    for plugin in kql_engine::plugins::ALL {
        match PLUGINS.iter().find(|(name, _)| *name == plugin.name) {
            Some((_, query)) => all.push((*query).to_owned()),
            None => assert!(STREAMING.contains(&plugin.name), "the plugin {} has no query here", plugin.name),
        }
    }
    let mut dice = Dice(17);
    for aggregate in kql_engine::aggregates::all() {
        let args: Vec<String> = match aggregate.signatures.first() {
            Some(signature) => arguments(&mut dice, signature, true).into_iter().map(|(text, _)| text).collect(),
            None => Vec::new(),
        };
        for by in ["k", "x"] {
            all.push(format!("T | summarize a = {}({}) by {by} | count", aggregate.name, args.join(", ")));
        }
    }
    for list in ["make_list", "make_set", "dcount", "hll", "percentile", "make_bag"] {
        let value = match list {
            "percentile" => "x, 50",
            "make_bag" => "bag_pack(s, x)",
            _ => "s",
        };
        all.push(format!("T | summarize a = {list}({value}) by k | summarize max(strlen(tostring(a)))"));
    }
    for function in kql_engine::functions::all() {
        if matches!(function.eval, Eval::Window(_) | Eval::Rewrite(_)) {
            continue;
        }
        if let Some(signature) = function.signatures.first() {
            let args: Vec<String> = arguments(&mut dice, signature, true).into_iter().map(|(text, _)| text).collect();
            all.push(format!("T | extend v = {}({}) | summarize take_any(v)", function.name, args.join(", ")));
        }
    }
    all
}

/// Runs in the process of [`peaks`].
#[test]
#[ignore = "run by the test `peaks`, in a process of its own"]
fn run_all() {
    let rows = std::env::var("KQL_MEMORY_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(60_000);
    let only = std::env::var("KQL_MEMORY_ONLY").unwrap_or_default();
    let limits = Limits { memory: Some(LIMIT), process: true, partitions: 2, ..Limits::default() };
    let engine = Engine::builder().limits(limits).now("2024-05-01").expect("a time").build().expect("an engine");
    let mut wrong = Vec::new();
    for query in queries().iter().filter(|query| query.contains(&only)) {
        reset_peak();
        let begin = std::time::Instant::now();
        let outcome = run(&engine, &format!("{}{query}", table(rows)));
        let size = peak();
        let error = outcome.as_ref().err().map_or(String::new(), |error| format!(": {error}"));
        println!("{:6} MB {:6.2} s {:8} {query}{error}", size >> 20, begin.elapsed().as_secs_f64(), label(&outcome));
        if size > LIMIT + MORE || matches!(outcome, Err(Error::Internal(_))) {
            wrong.push(format!(
                "{} MB: {query}: {}",
                size >> 20,
                outcome.err().map_or(String::new(), |e| e.to_string())
            ));
        }
    }
    assert!(wrong.is_empty(), "too much memory, or a defect:\n{}", wrong.join("\n"));
}

fn label(outcome: &Result<usize, Error>) -> &'static str {
    match outcome {
        Ok(_) => "answered",
        Err(Error::Memory { .. }) => "refused",
        Err(Error::Query(_)) => "invalid",
        Err(_) => "failed",
    }
}

fn run(engine: &Engine, query: &str) -> Result<usize, Error> {
    let mut run = engine.start(query, &CancellationToken::new())?;
    let mut rows = 0;
    for stream in run.take_streams() {
        for batch in stream.batches() {
            rows += batch?.num_rows();
        }
    }
    Ok(rows)
}

fn reset_peak() {
    // 5 resets the peak of the resident memory
    std::fs::write("/proc/self/clear_refs", "5").expect("the peak can be reset");
}

fn peak() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").expect("the state of the process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("a peak");
    let kilobytes: usize = line.trim().trim_end_matches("kB").trim().parse().expect("a number");
    kilobytes << 10
}

#[test]
#[cfg(target_os = "linux")]
fn peaks() {
    let program = std::env::current_exe().expect("the program of the tests");
    let output = std::process::Command::new(program)
        .args(["memory::run_all", "--exact", "--ignored", "--nocapture"])
        // the allocator gives freed memory back at once: what one query leaves does not count for the next
        .envs([("MALLOC_ARENA_MAX", "2"), ("MALLOC_TRIM_THRESHOLD_", "131072"), ("MALLOC_MMAP_THRESHOLD_", "131072")])
        .output()
        .expect("the tests run");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(text.contains("answered"), "no query ran:\n{text}{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
}

//! A scheduler and executors as processes: the founding query, executors that die or hang, and what the commands say.

use crate::served::Served;
use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn start(arguments: &[&str]) -> Served {
    Served::start(&[&["cluster"], arguments].concat())
}

fn scheduler() -> Served {
    start(&["scheduler", "--listen", "127.0.0.1:0", "--silence", "6"])
}

fn executor(scheduler: &str) -> Served {
    start(&["executor", "--scheduler", scheduler, "--slots", "2", "--silence", "6"])
}

fn kql(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_kql")).args(arguments).output().expect("kql runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Waits until the scheduler knows the executors.
fn executors(scheduler: &str, count: usize) {
    let begun = Instant::now();
    loop {
        let cluster = kql_cluster::Cluster::connect_blocking(scheduler);
        if cluster.as_ref().is_ok_and(|cluster| cluster.executors() == count) {
            return;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{cluster:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn the_founding_query_on_two_executors() {
    let scheduler = scheduler();
    let at = scheduler.address.as_str();
    let refused = kql(&["run", "-q", "print 1", "--cluster", at]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused.stderr));
    assert!(text(&refused.stderr).contains("has no executors"), "{}", text(&refused.stderr));

    let _executors = [executor(at), executor(at)];
    executors(at, 2);
    let package = Path::new(env!("CARGO_MANIFEST_DIR")).join("../queries/T1070.008-clear-mailbox-data");
    let (query, data) = (package.join("query.kql"), package.join("data"));
    let (query, data) = (query.to_string_lossy(), data.to_string_lossy());
    let arguments = ["run", &query, "--data", &data, "--now", "2026-03-10T12:00:00Z", "--format", "csv"];
    let here = kql(&arguments);
    let there = kql(&[&arguments[..], &["--cluster", at]].concat());
    assert!(there.status.success(), "{}", text(&there.stderr));
    assert_eq!(text(&there.stdout).lines().count(), text(&here.stdout).lines().count());
    let sorted = |output: &Output| {
        let mut lines: Vec<String> = text(&output.stdout).lines().map(str::to_owned).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&there), sorted(&here));

    let explained =
        kql(&["explain", &query, "--data", &data, "--now", "2026-03-10T12:00:00Z", "--analyze", "--cluster", at]);
    let stages = text(&explained.stdout);
    assert!(stages.contains("stage 1") && stages.contains(" at 127.0.0.1:"), "{stages}{}", text(&explained.stderr));
}

/// Stages that read stages that read stages: when an executor is lost, so are rows of several of them.
const DEEP: &str = "T | summarize n = count(), t = take_any(Text) by Group, Kind \
    | summarize s = sum(n), t = max(t) by Group \
    | join kind=inner (T | summarize k = count(), i = sum(Id) by Group, Other) on Group \
    | extend h = hash_sha256(strcat(t, k, hash_sha256(strcat(t, i)))) \
    | mv-expand x = range(1, 40) to typeof(long) | extend h = hash_sha256(strcat(h, x)) \
    | summarize sum(s), max(h), count(), sum(k) by Group | sort by Group asc";

#[test]
fn an_executor_that_dies_or_hangs_changes_no_rows() {
    let scheduler = start(&["scheduler", "--listen", "127.0.0.1:0", "--silence", "2"]);
    let at = scheduler.address.as_str();
    let executor = || start(&["executor", "--scheduler", at, "--slots", "1", "--silence", "2"]);
    let _others = [executor(), executor()];
    let mut victim = executor();
    executors(at, 3);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("T.ndjson");
    let mut rows = String::new();
    for i in 0..100_000 {
        let (group, kind, other) = (i % 500, i % 7, i % 11);
        let _ = writeln!(
            rows,
            "{{\"Id\":{i},\"Text\":\"the text of the row {i} that is read\",\"Group\":{group},\"Kind\":{kind},\"Other\":{other}}}"
        );
    }
    std::fs::write(&path, rows).expect("written");
    let path = path.to_string_lossy();
    let arguments = ["run", "-q", DEEP, "--data", &path, "--format", "csv"];
    let here = kql(&arguments);
    assert_eq!(text(&here.stdout).lines().count(), 501, "{}", text(&here.stderr));
    let on_cluster = [&arguments[..], &["--cluster", at]].concat();
    let begun = Instant::now();
    assert_eq!(text(&kql(&on_cluster).stdout), text(&here.stdout));
    let whole = begun.elapsed();
    for (moment, signal) in [(0.3, "-KILL"), (0.6, "-STOP"), (0.8, "-KILL")] {
        let running = Command::new(env!("CARGO_BIN_EXE_kql"))
            .args(&on_cluster)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("kql starts");
        std::thread::sleep(whole.mul_f64(moment));
        let sent = Command::new("kill").args([signal, &victim.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        let there = running.wait_with_output().expect("kql ends");
        assert!(there.status.success(), "{moment} {signal}: {}", text(&there.stderr));
        assert_eq!(text(&there.stdout), text(&here.stdout), "{moment} {signal}");
        victim = executor();
        executors(at, 3);
    }
}

#[test]
fn what_the_commands_say() {
    let missing = kql(&["cluster", "executor", "--scheduler", "127.0.0.1:1"]);
    assert_eq!(missing.status.code(), Some(2));
    assert!(
        text(&missing.stderr).contains("The scheduler at 127.0.0.1:1 cannot be reached"),
        "{}",
        text(&missing.stderr)
    );
    for levels in ["loud", "warn,,info", "=debug", "part=loud"] {
        let wrong = kql(&["cluster", "scheduler", "--log", levels]);
        assert_eq!(wrong.status.code(), Some(2));
        assert!(text(&wrong.stderr).contains("levels are expected"), "{}", text(&wrong.stderr));
    }
    let help = text(&kql(&["cluster", "scheduler", "--help"]).stdout);
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(help.contains("private network"), "{help}");
}

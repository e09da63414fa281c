//! Scheduled rules on a timeline.

use kql_detection::hunt::read_rules;
use kql_detection::simulate::{Ran, SimulateOptions, Simulated, simulate};
use kql_engine::{DataPath, Engine};

/// Rows at these times, some of which arrive later: hour and minute of the time, and of the arrival.
const ROWS: [(&str, &str); 6] = [
    ("00:10", "00:10"),
    ("00:50", "01:20"),
    ("01:30", "01:30"),
    ("01:40", "05:00"),
    ("03:05", "03:05"),
    ("04:59", "04:59"),
];

fn ran(header: &str, query: &str) -> Ran {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut csv = "TimeGenerated,_TimeReceived,n\n".to_owned();
    for (n, (time, received)) in ROWS.iter().enumerate() {
        csv.push_str(&format!("2026-03-01T{time}:00Z,2026-03-01T{received}:00Z,{n}\n"));
    }
    std::fs::create_dir(folder.path().join("data")).expect("a folder can be made");
    std::fs::write(folder.path().join("data/T.csv"), csv).expect("a file can be written");
    let rule = format!("id: 1\nname: r\nseverity: Low\n{header}query: |\n  {query}\n");
    std::fs::write(folder.path().join("rule.yaml"), rule).expect("a file can be written");
    let data = DataPath::parse(&folder.path().join("data").to_string_lossy());
    let engine = Engine::builder().data(data).build().expect("an engine");
    let set = read_rules(&[folder.path().join("rule.yaml")], kql_engine::Profile::Unified).expect("rules");
    assert!(set.problems.is_empty(), "{:?}", set.problems);
    let from = kql_parser::time::parse_datetime("2026-03-01T00:00:00Z");
    let options =
        SimulateOptions { from, to: None, delay: 0, timeout: None, memory: 1 << 20, threads: 1, progress: None };
    let simulation = simulate(&engine, set, &options).expect("a simulation");
    match simulation.rules.into_iter().next().map(|rule| rule.outcome) {
        Some(Simulated::Ran(ran)) => *ran,
        other => panic!("{other:?}"),
    }
}

fn scheduled(frequency: &str, period: &str, operator: &str, threshold: u32) -> String {
    format!(
        "kind: Scheduled\nqueryFrequency: {frequency}\nqueryPeriod: {period}\ntriggerOperator: {operator}\n\
         triggerThreshold: {threshold}\n"
    )
}

/// The hour of each run with alerts, its rows, and its alerts.
fn alerts(ran: &Ran) -> Vec<(i64, u64, u64)> {
    let hour = |ticks: i64| (ticks - ran.schedule.first) / 36_000_000_000;
    ran.alerts.iter().map(|alert| (hour(alert.now), alert.rows, alert.alerts)).collect()
}

#[test]
fn each_run_sees_what_is_there() {
    let ran = ran(&scheduled("1h", "1h", "gt", 0), "T | project n");
    assert_eq!(alerts(&ran), [(1, 1, 1), (2, 1, 1), (4, 1, 1), (5, 1, 1)]);
    let gaps = &ran.gaps[0];
    assert_eq!((gaps.seen, gaps.late, gaps.between, gaps.outside), (4, 2, 0, 0));
    assert_eq!(ran.repeated_rows, 0);
}

#[test]
fn windows_that_overlap_find_rows_again() {
    let grouping = "eventGroupingSettings:\n  aggregationKind: AlertPerResult\n";
    let ran = ran(&format!("{}{grouping}", scheduled("1h", "2h", "gt", 0)), "T | project n");
    assert_eq!(alerts(&ran), [(1, 1, 1), (2, 3, 3), (3, 1, 1), (4, 1, 1), (5, 2, 2)]);
    assert_eq!((ran.repeated_rows, ran.repeated_alerts), (3, 3));
    assert_eq!((ran.gaps[0].seen, ran.gaps[0].late), (5, 1));
}

#[test]
fn windows_with_gaps_between_them() {
    let ran = ran(&scheduled("2h", "1h", "gt", 0), "T | project n");
    let gaps = &ran.gaps[0];
    assert_eq!((gaps.seen, gaps.late, gaps.between), (2, 1, 3));
}

#[test]
fn a_rule_is_silent_after_an_alert() {
    let silence = "suppressionEnabled: true\nsuppressionDuration: 3h\n";
    let ran = ran(&format!("{}{silence}", scheduled("1h", "1h", "gt", 0)), "T | project n");
    assert_eq!(alerts(&ran), [(1, 1, 1), (4, 1, 1)]);
    assert_eq!((ran.suppressed, ran.gaps[0].suppressed), (3, 2));
}

#[test]
fn no_rows_can_make_an_alert() {
    let ran = ran(&scheduled("1h", "1h", "lt", 1), "T | project n");
    assert_eq!(alerts(&ran), [(0, 0, 1), (3, 0, 1)]);
}

#[test]
fn near_real_time_sees_what_arrives() {
    let ran = ran("kind: NRT\n", "T | where n in (1, 3) | project n");
    assert_eq!(ran.alerts.len(), 2);
    assert_eq!(alerts(&ran), [(1, 1, 1), (5, 1, 1)]);
    assert_eq!((ran.gaps[0].seen, ran.gaps[0].late), (6, 0));
}

//! Scheduled rules on a timeline.

use kql_detection::hunt::read_rules;
use kql_detection::simulate::{Ran, SimulateOptions, Simulated, Simulation, simulate, summary};
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
    let simulation = simulation(header, query, &ROWS, Some("2026-03-01T00:00:00Z"));
    match simulation.rules.into_iter().next().map(|rule| rule.outcome) {
        Some(Simulated::Ran(ran)) => *ran,
        other => panic!("{other:?}"),
    }
}

/// Why the rule was not run, with its line.
fn refused(header: &str, rows: &[(&str, &str)], from: Option<&str>) -> (String, Option<usize>) {
    match simulation(header, "T | project n", rows, from).rules.into_iter().next().map(|rule| rule.outcome) {
        Some(Simulated::Refused(refusal)) => (refusal.reason, refusal.line),
        other => panic!("{other:?}"),
    }
}

fn simulation(header: &str, query: &str, rows: &[(&str, &str)], from: Option<&str>) -> Simulation {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut csv = "TimeGenerated,_TimeReceived,n\n".to_owned();
    for (n, (time, received)) in rows.iter().enumerate() {
        csv.push_str(&format!("2026-03-01T{time}:00Z,2026-03-01T{received}:00Z,{n}\n"));
    }
    std::fs::create_dir(folder.path().join("data")).expect("a folder can be made");
    std::fs::write(folder.path().join("data/T.csv"), csv).expect("a file can be written");
    let rule = format!("id: 1\nname: r\nseverity: Low\n{header}query: |\n  {query}\n");
    std::fs::write(folder.path().join("rule.yaml"), rule).expect("a file can be written");
    let data = DataPath::parse(&folder.path().join("data").to_string_lossy());
    let engine = Engine::builder().data(data).build().expect("an engine");
    let set = read_rules(&[folder.path().join("rule.yaml")], kql_engine::Profile::Unified).expect("rules");
    let from = from.and_then(kql_parser::time::parse_datetime);
    let options =
        SimulateOptions { from, to: None, delay: 0, timeout: None, memory: 1 << 20, threads: 1, progress: None };
    simulate(&engine, set, &options).expect("a simulation")
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

#[test]
fn a_rule_whose_schedule_is_not_known_does_not_run() {
    let hourly = |more: &str| format!("kind: Scheduled\nqueryFrequency: 1h\nqueryPeriod: 1h\n{more}");
    let reason = |header: &str| refused(header, &ROWS, Some("2026-03-01T00:00:00Z"));
    let (why, line) = reason(&hourly("triggerOperator: ge\ntriggerThreshold: 0\n"));
    assert!(why.starts_with("'ge' is not a valid value of 'triggerOperator'"), "{why}");
    assert_eq!(line, Some(7));
    let (why, _) = reason(&hourly("triggerOperator: gt\ntriggerThreshold: -1\n"));
    assert_eq!(why, "'-1' is not a whole number, 0 or more (write a number such as 0 or 5)");
    assert!(reason("kind: Scheduled\nqueryFrequency: often\n").0.contains("'often' is not a duration"));
    for frequency in ["0m", "4m"] {
        let (why, line) = reason(&scheduled(frequency, "1h", "gt", 0));
        assert!(why.starts_with("a scheduled rule cannot run more often than every 5 minutes"), "{why}");
        assert_eq!(line, Some(5));
    }
    assert_eq!(ran(&scheduled("5m", "5m", "gt", 0), "T | project n").schedule.runs, 61);
}

#[test]
fn rows_of_several_alerts_are_counted_once() {
    // four rows are in several windows, 13 times together
    let grouping = "eventGroupingSettings:\n  aggregationKind: AlertPerResult\n";
    let four = ran(&format!("{}{grouping}", scheduled("1h", "4h", "gt", 0)), "T | project n");
    assert_eq!((four.repeated_rows, four.repeated_alerts), (4, 9));
    // rows past the most alerts of a run are in none
    let many =
        ran(&format!("{}{grouping}", scheduled("1h", "4h", "gt", 0)), "T | extend x = range(1, 200) | mv-expand x");
    assert!(many.alerts.iter().all(|alert| alert.alerts <= 150 && alert.repeated_rows <= 150));
}

#[test]
fn what_cannot_run_is_said() {
    let hourly = scheduled("1h", "1h", "gt", 0);
    let (why, _) = refused(&hourly, &[], None);
    assert!(why.contains("have no times") && why.contains("--from"), "{why}");
    let shown = summary(&simulation(&hourly, "T | project n", &[], None));
    assert!(shown.starts_with("No rule ran.") && !shown.contains("1970"), "{shown}");
    let hunting = simulation("", "T | project n", &ROWS, None);
    assert!(!hunting.has_run());
    assert!(summary(&hunting).starts_with("No rule ran: none has a schedule."));
    let after = simulation(&hourly, "T | project n", &ROWS, Some("2026-04-01T00:00:00Z"));
    assert_eq!(after.notices, ["the data ends at 2026-03-01T05:00:00Z, before the first run at 2026-04-01T00:00:00Z"]);
}

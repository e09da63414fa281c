//! The result of a simulation as text.

use super::outcome::{Ran, Simulated, Simulation};
use crate::hunt::iso;
use crate::visible::visible;
use kql_parser::time;
use std::fmt::Write;

/// Alerts of a rule that are listed.
const ALERTS: usize = 20;

/// The result as text for a person.
pub fn summary(simulation: &Simulation) -> String {
    let mut out = String::new();
    match simulation.range {
        Some((from, to)) if simulation.has_run() => _ = writeln!(out, "From {} to {}.", iso(from), iso(to)),
        _ if simulation.rules.iter().all(|rule| matches!(rule.outcome, Simulated::NoSchedule)) => {
            out.push_str("No rule ran: none has a schedule.\n");
        }
        _ => out.push_str("No rule ran.\n"),
    }
    let mut without = 0;
    for simulated in &simulation.rules {
        let name = &visible(&simulated.rule.name);
        match &simulated.outcome {
            Simulated::NoSchedule => without += 1,
            Simulated::Refused(refusal) => {
                let line = refusal.line.map_or_else(String::new, |line| format!(":{line}"));
                let file = visible(&simulated.rule.file.to_string_lossy());
                let _ = writeln!(out, "\n{name}\n  not run ({file}{line}): {}", visible(&refusal.reason));
            }
            Simulated::Ran(ran) => rule(&mut out, name, ran),
        }
    }
    for problem in &simulation.problems {
        let _ = writeln!(out, "not read: {}", visible(&problem.to_string()));
    }
    if without > 0 {
        let _ = writeln!(out, "\nWithout a schedule, and so not run: {without} of {} rules.", simulation.rules.len());
    }
    out
}

fn rule(out: &mut String, name: &str, ran: &Ran) {
    let schedule = &ran.schedule;
    let every = time::units(schedule.frequency);
    let window = match schedule.period {
        Some(period) => format!("over {}", time::units(period)),
        None => "over what has arrived since".to_owned(),
    };
    let (runs, alerts) = (counted(schedule.runs as u64, "run", "runs"), counted(ran.alert_count(), "alert", "alerts"));
    let _ = writeln!(out, "\n{name}\n  {runs}, every {every} {window}: {alerts}");
    if ran.suppressed > 0 {
        let _ = writeln!(out, "  {} suppressed after an alert", counted(ran.suppressed, "run", "runs"));
    }
    for alert in ran.alerts.iter().take(ALERTS) {
        let many = if alert.alerts == 1 { String::new() } else { format!(", {} alerts", alert.alerts) };
        let entities: Vec<String> = alert
            .entities
            .iter()
            .take(3)
            .map(|entity| {
                let values: Vec<&str> = entity.fields.iter().map(|(_, value)| value.as_str()).collect();
                visible(&format!("{} {}", entity.kind, values.join(" ")))
            })
            .collect();
        let entities = if entities.is_empty() { String::new() } else { format!(": {}", entities.join(", ")) };
        let rows = counted(alert.rows, "row", "rows");
        let _ = writeln!(out, "  {}  {rows}{many}{entities}", iso(alert.now));
    }
    if ran.alerts.len() > ALERTS {
        let _ = writeln!(out, "  and {} more runs with alerts", ran.alerts.len() - ALERTS);
    }
    if ran.repeated_rows > 0 {
        let rows = counted(ran.repeated_rows, "row is", "rows are");
        let alerts = counted(ran.repeated_alerts, "alert has", "alerts have");
        let _ = writeln!(out, "  double: {rows} in alerts of several runs; {alerts} no new row");
    }
    for gaps in &ran.gaps {
        let reasons = [
            (gaps.late, "too late for every run"),
            (gaps.between, "between two windows"),
            (gaps.suppressed, "there only while the rule was suppressed"),
        ];
        for (count, reason) in reasons.into_iter().filter(|(count, _)| *count > 0) {
            let _ = writeln!(out, "  gap: {} of {} {reason}", counted(count, "row", "rows"), gaps.table);
        }
    }
}

fn counted(count: u64, one: &str, several: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { several })
}

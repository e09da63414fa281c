//! `kql explain`: the steps of a query over its own text; with `--analyze`, what each did.

use crate::arguments::{CheckFormat, Explain};
use crate::failure::Failure;
use crate::run::{Subject, subject};
use kql_detection::first_line;
use kql_engine::{CancellationToken, Step, TraceOptions};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::Write;

/// Prints the steps of a query.
pub fn explain(arguments: &Explain) -> Result<(), Failure> {
    #[cfg(feature = "cluster")]
    if let Some(address) = &arguments.cluster {
        return explain_on(arguments, address);
    }
    let Subject { text, shown, first_line, engine } =
        subject(arguments.query.as_deref(), arguments.file.as_deref(), &arguments.environment)?;
    let failed = |error| crate::run::failure(error, &text, &shown);
    let trace = if arguments.analyze {
        let traced = engine.trace(&text, &TraceOptions::default(), &CancellationToken::new()).map_err(failed)?;
        traced.answer.notices.iter().for_each(|notice| crate::message::message!("notice: {notice}"));
        traced.trace
    } else {
        engine.steps(&text).map_err(failed)?
    };
    let mut out = std::io::stdout();
    match arguments.format {
        CheckFormat::Json => {
            for step in &trace.steps {
                writeln!(out, "{}", object(step, &text, arguments.analyze))?;
            }
        }
        CheckFormat::Human => out.write_all(table(&trace.steps, &text, first_line, arguments.analyze).as_bytes())?,
    }
    Ok(())
}

/// Prints the stages of a query on a cluster.
#[cfg(feature = "cluster")]
fn explain_on(arguments: &Explain, address: &str) -> Result<(), Failure> {
    let (builder, cluster) = crate::cluster::on(arguments.environment.engine()?, address)?;
    let Subject { text, shown, engine, .. } =
        crate::run::subject_on(arguments.query.as_deref(), arguments.file.as_deref(), builder)?;
    let failed = |error| crate::run::failure(error, &text, &shown);
    crate::cluster::explain(&engine, &cluster, &text, arguments.analyze, failed)
}

/// The rows that a step was given: those of the step before it in its pipeline.
fn rows_in(steps: &[Step], step: &Step) -> Option<u64> {
    let before = step.place.checked_sub(1)?;
    steps.iter().find(|s| s.pipeline == step.pipeline && s.place == before).map(|s| s.rows)
}

fn table(steps: &[Step], text: &str, begins: usize, analyzed: bool) -> String {
    let mut out = String::new();
    if analyzed {
        let _ = writeln!(
            out,
            "{:>5}  {:>12}  {:>12}  {:>9}  {:>9}  {:>9}  step",
            "line", "rows in", "rows out", "time", "size", "spilled"
        );
    } else {
        let _ = writeln!(out, "{:>5}  step", "line");
    }
    for step in steps {
        let line = text.bytes().take(step.span.start as usize).filter(|b| *b == b'\n').count() + begins;
        // a step inside another one is indented
        let inside = |other: &&Step| {
            other.pipeline != step.pipeline && other.span.start <= step.span.start && step.span.end <= other.span.end
        };
        let depth = steps.iter().filter(inside).count();
        let bar = if step.place == 0 { "" } else { "| " };
        // what all uses of a let returned is added up
        let times = if step.times > 1 { format!("  ×{}", step.times) } else { String::new() };
        let shown = format!("{}{bar}{}{times}", "  ".repeat(depth), first_line(step.span.text(text)));
        if !analyzed {
            let _ = writeln!(out, "{line:>5}  {shown}");
            continue;
        }
        let rows_in = rows_in(steps, step).map_or_else(String::new, |rows| rows.to_string());
        let (rows, time, size, spilled) = if step.ran {
            let time = step.time.map_or_else(String::new, |time| format!("{:.1} ms", time.as_secs_f64() * 1000.0));
            let spilled = if step.spilled > 0 { bytes(step.spilled) } else { String::new() };
            (step.rows.to_string(), time, bytes(step.bytes), spilled)
        } else {
            ("not run".to_owned(), String::new(), String::new(), String::new())
        };
        let _ = writeln!(out, "{line:>5}  {rows_in:>12}  {rows:>12}  {time:>9}  {size:>9}  {spilled:>9}  {shown}");
    }
    out
}

fn bytes(n: u64) -> String {
    match n {
        0..1024 => format!("{n} B"),
        1024..1_048_576 => format!("{:.1} KB", n as f64 / 1024.0),
        1_048_576..1_073_741_824 => format!("{:.1} MB", n as f64 / 1_048_576.0),
        _ => format!("{:.1} GB", n as f64 / 1_073_741_824.0),
    }
}

fn object(step: &Step, text: &str, analyzed: bool) -> Value {
    let mut object = json!({
        "start": step.span.start,
        "end": step.span.end,
        "name": step.name,
        "pipeline": step.pipeline,
        "place": step.place,
        "text": step.span.text(text),
    });
    if analyzed && let Some(fields) = object.as_object_mut() {
        fields.insert("ran".into(), step.ran.into());
        fields.insert("times".into(), step.times.into());
        fields.insert("rows".into(), step.rows.into());
        fields.insert("bytes".into(), step.bytes.into());
        fields.insert("spilled".into(), step.spilled.into());
        fields.insert("milliseconds".into(), step.time.map(|time| time.as_secs_f64() * 1000.0).into());
    }
    object
}

//! `kql why`: how far rows of a table get in a query, and what keeps them out.

use crate::arguments::{CheckFormat, Why};
use crate::failure::Failure;
use crate::run::{Subject, subject};
use kql_detection::{WhyError, WhyRow, why as follow};
use kql_engine::CancellationToken;
use serde_json::{Value, json};
use std::io::Write;

/// Follows rows and prints where each is lost.
pub fn why(arguments: &Why) -> Result<(), Failure> {
    let Subject { text, shown, first_line, engine } =
        subject(arguments.query.as_deref(), arguments.file.as_deref(), &arguments.environment)?;
    let found =
        follow(&engine, &text, arguments.table.as_deref(), &arguments.row, arguments.limit, &CancellationToken::new())
            .map_err(|error| match error {
                WhyError::Query(error) => at_fault(crate::run::failure(error, &text, &shown)),
                WhyError::Condition(error, condition) => at_fault(crate::run::failure(error, &condition, "--row")),
                // as grep does when nothing is found
                no_row @ WhyError::NoRow(_) => Failure::Query(no_row.to_string()),
                other => Failure::Usage(other.to_string()),
            })?;
    let mut out = std::io::stdout();
    for row in &found.rows {
        match arguments.format {
            CheckFormat::Human => human(&mut out, row, &found.table, first_line - 1)?,
            CheckFormat::Json => writeln!(out, "{}", object(row, &found.table, first_line - 1))?,
        }
    }
    if found.selected > found.rows.len() as u64 {
        let (all, shown) = (found.selected, found.rows.len());
        crate::message::message!(
            "notice: the condition selects {all} rows, and {shown} are shown; --limit shows more."
        );
    }
    Ok(())
}

/// A query that cannot run has another exit status than a condition that selects no row.
fn at_fault(failure: Failure) -> Failure {
    match failure {
        Failure::Reported => Failure::Files,
        Failure::Query(text) => Failure::Usage(text),
        other => other,
    }
}

/// `offset` is added to the lines of the query, which can be part of a file.
fn human(out: &mut impl Write, row: &WhyRow, table: &str, offset: usize) -> Result<(), Failure> {
    writeln!(out, "{table}: {}", row.cells)?;
    if row.in_result {
        writeln!(out, "  is in the result, or its rows are made from it")?;
    }
    if row.losses.is_empty() && !row.in_result {
        let text = match row.is_read {
            true => "is read; no step shows where it was lost: it may only be compared with other rows",
            false => "is not read by the query",
        };
        writeln!(out, "  {text}")?;
    }
    for loss in &row.losses {
        if loss.is_unknown {
            let line = loss.line + offset;
            let note = loss.note.as_deref().unwrap_or("kql why does not follow rows any further");
            writeln!(out, "  gets as far as line {line}: {}; {note}", loss.text)?;
            continue;
        }
        let mut lines = loss.lines(offset).into_iter();
        if let Some(first) = lines.next() {
            writeln!(out, "  left out by {first}")?;
        }
        for line in lines {
            writeln!(out, "    {}", line.trim_start())?;
        }
    }
    Ok(())
}

fn object(row: &WhyRow, table: &str, offset: usize) -> Value {
    let losses: Vec<Value> = row
        .losses
        .iter()
        .map(|loss| {
            let arms: Vec<Value> = loss
                .arms
                .iter()
                .map(|arm| {
                    let values: serde_json::Map<String, Value> =
                        arm.values.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
                    json!({
                        "start": arm.at.start, "end": arm.at.end, "line": arm.line + offset, "text": arm.text,
                        "value": if arm.is_null { Value::Null } else { arm.negated.into() },
                        "operands": values,
                    })
                })
                .collect();
            json!({
                "start": loss.step.start, "end": loss.step.end, "line": loss.line + offset, "text": loss.text,
                "arms": arms, "note": loss.note, "unknown": loss.is_unknown,
            })
        })
        .collect();
    json!({ "table": table, "row": row.cells, "in_result": row.in_result, "left_out_by": losses })
}

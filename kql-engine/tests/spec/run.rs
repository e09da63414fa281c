//! Running a case over the matrix, and comparing.

use crate::case_engine::engine;
use crate::document::{Case, Expected};
use kql_engine::{CancellationToken, Follow, Limits, TraceOptions};
use kql_engine::{Error, Table, cell};
use libtest_mimic::Failed;

/// Batch sizes and partition counts at which every case gives the same answer.
const MATRIX: [(usize, usize); 5] = [(8192, 1), (8192, 4), (3, 1), (1, 4), (1, 1)];

/// What the engine answers, as it stands in a page.
pub fn answer(case: &Case) -> Result<String, Failed> {
    Ok(match run(case, MATRIX[0], false)? {
        Answer::Table(lines) => lines.join("\n"),
        Answer::Errors(lines) => format!("```error\n{}\n```", lines.join("\n")),
    })
}

/// Compares the answers with the page.
pub fn check(case: &Case) -> Result<(), Failed> {
    let runs = MATRIX.map(|size| (size, false)).into_iter().chain([((8192, 2), true), ((3, 1), true)]);
    for (size, traced) in runs {
        let found = run(case, size, traced)?;
        let (want, got, ordered) = match (&case.expected, &found) {
            (Expected::Table(want), Answer::Table(got)) => (want.clone(), got.clone(), case.ordered),
            (Expected::Errors(want), Answer::Errors(got)) => (want.clone(), got.clone(), true),
            (Expected::Missing, _) => return Err("nothing is expected: KQL_BLESS=1 fills it in".into()),
            (Expected::Table(_), Answer::Errors(got)) => {
                return Err(format!("rows expected, errors given:\n{}", got.join("\n")).into());
            }
            (Expected::Errors(_), Answer::Table(got)) => {
                return Err(format!("errors expected, rows given:\n{}", got.join("\n")).into());
            }
        };
        if arranged(&want, ordered) != arranged(&got, ordered) {
            let message = format!(
                "at batch size {} and {} partitions{}\n--- expected{}\n{}\n--- given\n{}",
                size.0,
                size.1,
                if traced { ", traced" } else { "" },
                case.from.map(|from| format!(", from: {from}")).unwrap_or_default(),
                want.join("\n"),
                got.join("\n")
            );
            return Err(message.into());
        }
    }
    Ok(())
}

/// Lines as they are compared: rows without an order are sorted, and the rule under the header does not count.
fn arranged(lines: &[String], ordered: bool) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(|l| l.trim_end().to_owned()).filter(|l| !is_rule(l)).collect();
    if !ordered && lines.len() > 1 {
        lines[1..].sort();
    }
    lines
}

fn is_rule(line: &str) -> bool {
    line.starts_with('|') && line.chars().all(|c| matches!(c, '|' | '-' | ' ' | ':')) && line.contains("---")
}

enum Answer {
    Table(Vec<String>),
    Errors(Vec<String>),
}

/// Runs a case; a traced run follows the rows of a table, and must give the same answer.
fn run(case: &Case, (batch_size, partitions): (usize, usize), traced: bool) -> Result<Answer, Failed> {
    let (engine, _folder) = engine(case, Limits { batch_size, partitions, ..Limits::default() })?;
    let answer = if traced {
        let tables = engine.data_tables();
        let follow = tables.into_iter().find(|table| case.query.contains(table.as_str()));
        let follow = follow.map(|table| Follow { table, rows: None });
        let options = TraceOptions { follow, items: true, ..TraceOptions::default() };
        engine.trace(&case.query, &options, &CancellationToken::new()).map(|traced| traced.answer)
    } else {
        engine.query(&case.query)
    };
    match answer {
        Ok(answer) => {
            let Some(table) = answer.tables.last() else { return Err("no table".into()) };
            Ok(Answer::Table(lines(table)))
        }
        Err(Error::Query(diagnostics)) => Ok(Answer::Errors(
            diagnostics
                .iter()
                .filter(|d| d.is_error())
                .map(|d| {
                    let before = case.query.get(..d.span.start as usize).unwrap_or("");
                    let line = before.matches('\n').count() + 1;
                    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
                    format!("{line}:{column} {} {}", d.code, d.message)
                })
                .collect(),
        )),
        // what is refused only when rows come has no place in the query
        Err(error @ (Error::Run(_) | Error::Function(_))) if !error.to_string().contains("Internal error") => {
            Ok(Answer::Errors(vec![format!("run {error}")]))
        }
        Err(error) => Err(format!("the run failed: {error}").into()),
    }
}

fn lines(table: &Table) -> Vec<String> {
    let columns = &table.schema.columns;
    let header: Vec<String> = columns.iter().map(|c| format!("{}: {}", c.name, c.ty)).collect();
    let mut lines = vec![format!("| {} |", header.join(" | ")), format!("|{}", " --- |".repeat(columns.len()))];
    for batch in &table.batches {
        for row in 0..batch.num_rows() {
            let mut line = "|".to_owned();
            for (column, array) in columns.iter().zip(batch.columns()) {
                let mut text = String::new();
                cell::text(array, column.ty, row, &mut text);
                line.push(' ');
                line.push_str(&escape(&text));
                line.push_str(" |");
            }
            lines.push(line);
        }
    }
    lines
}

/// A cell as Markdown; blanks at its ends are spelled out, since Markdown drops them.
fn escape(text: &str) -> String {
    let mut out =
        text.replace('\\', "\\\\").replace('|', "\\|").replace('\r', "\\r").replace('\n', "<br>").replace('\t', "\\t");
    if out.starts_with(' ') {
        out.replace_range(..1, "&#32;");
    }
    if out.ends_with(' ') {
        out.truncate(out.len() - 1);
        out.push_str("&#32;");
    }
    out
}

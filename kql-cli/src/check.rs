//! `kql check`

use crate::arguments::{Check, CheckFormat};
use crate::diagnostics::{self, position};
use crate::failure::Failure;
use kql_detection::{Problem, QueryPlaces, Rule, RuleFile};
use kql_engine::Checked;
use kql_parser::{Diagnostic, Severity, Span};
use serde_json::json;
use std::io::{BufWriter, Write};
use std::path::Path;

/// Checks queries and prints the findings.
pub fn check(arguments: &Check) -> Result<(), Failure> {
    let engine = crate::run::build(arguments.environment.engine()?)?;
    let files = find(&arguments.paths)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut failed = false;
    for file in &files {
        let text = match crate::run::read(file) {
            // one file that is not text does not hide what is wrong with the others
            Err(failure @ Failure::Query(_)) if files.len() > 1 => {
                crate::message::message!("error: {failure}");
                failed = true;
                continue;
            }
            read => read?,
        };
        let rules = kql_detection::read(Path::new(file), &text);
        failed |= !rules.problems.is_empty();
        let shown = Shown {
            lines: std::iter::once(0).chain(text.match_indices('\n').map(|(byte, _)| byte + 1)).collect(),
            text: &text,
            file,
            titled: files.len() > 1 || rules.rules.len() > 1,
            several: rules.rules.len() > 1,
        };
        if arguments.format == CheckFormat::Human {
            shown.problems(&rules);
        } else if rules.rules.is_empty() && !rules.problems.is_empty() {
            shown.unreadable(&mut out, &rules)?;
        }
        for (number, rule) in rules.rules.iter().enumerate() {
            let checked = engine.check(&rule.query.text);
            failed |= checked.diagnostics.iter().any(Diagnostic::is_error);
            match arguments.format {
                CheckFormat::Json => shown.json(&mut out, rule, &checked, (number == 0).then_some(&rules))?,
                CheckFormat::Human => shown.human(&mut out, rule, &checked)?,
            }
        }
    }
    out.flush()?;
    if failed { Err(Failure::Reported) } else { Ok(()) }
}

/// The files that the paths stand for.
fn find(paths: &[String]) -> Result<Vec<String>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        if path == "-" {
            files.push(path.clone());
            continue;
        }
        let found = crate::query_files::rules(Path::new(path))?;
        files.extend(found.into_iter().map(|path| path.to_string_lossy().into_owned()));
    }
    Ok(files)
}

/// A file whose findings are shown.
struct Shown<'a> {
    text: &'a str,
    /// The byte where each line starts.
    lines: Vec<usize>,
    file: &'a str,
    /// Whether the columns of a query have a title: there are others.
    titled: bool,
    /// Whether the file has several rules.
    several: bool,
}

impl Shown<'_> {
    /// The line of a byte of the file, from 1.
    fn line(&self, byte: usize) -> usize {
        self.lines.partition_point(|start| *start <= byte)
    }

    /// A line for the rule; with `file`, that of the first rule, also what is wrong with the file.
    fn json(
        &self,
        out: &mut impl Write,
        rule: &Rule,
        checked: &Checked,
        file: Option<&RuleFile>,
    ) -> Result<(), Failure> {
        let places = rule.query.places();
        let diagnostics: Vec<_> = checked
            .diagnostics
            .iter()
            .map(|d| {
                let place = places.place(d.span.start as usize);
                json!({
                    "code": d.code.as_str(),
                    "severity": if d.is_error() { "error" } else { "warning" },
                    "message": d.message,
                    "start": d.span.start,
                    "end": d.span.end,
                    "line": place.map_or(rule.query.first_line, |byte| self.line(byte)),
                })
            })
            .collect();
        let columns = checked
            .columns
            .as_ref()
            .map(|c| c.iter().map(|c| json!({"name": c.name, "type": c.ty.name()})).collect::<Vec<_>>());
        let mut line = json!({
            "file": self.file,
            "syntax_ok": checked.syntax_ok,
            "diagnostics": diagnostics,
            "columns": columns,
            "external": checked.external,
        });
        if self.several {
            line["rule"] = json!(rule.name);
        }
        if let Some(file) = file.filter(|file| !file.problems.is_empty() || !file.warnings.is_empty()) {
            line["problems"] = problems(file);
        }
        writeln!(out, "{line}")?;
        Ok(())
    }

    /// A line for a file without a rule that can be checked.
    fn unreadable(&self, out: &mut impl Write, file: &RuleFile) -> Result<(), Failure> {
        let line = json!({
            "file": self.file,
            "syntax_ok": false,
            "diagnostics": [],
            "columns": null,
            "external": [],
            "problems": problems(file),
        });
        writeln!(out, "{line}")?;
        Ok(())
    }

    fn problems(&self, file: &RuleFile) {
        for (severity, problem) in with_severity(file) {
            crate::message::print(&diagnostics::problem(problem, severity));
        }
    }

    fn human(&self, out: &mut impl Write, rule: &Rule, checked: &Checked) -> Result<(), Failure> {
        let found = &checked.diagnostics;
        let places = rule.query.places();
        let moved: Option<Vec<_>> = found.iter().map(|d| in_file(&places, d)).collect();
        crate::message::print(&match moved {
            Some(moved) => diagnostics::render(self.text, self.file, &moved),
            // the file has the query in another form, so its own lines are shown
            None => diagnostics::render(
                &rule.query.text,
                &format!("{}: query of '{}'", self.file, kql_detection::visible(&rule.name)),
                found,
            ),
        });
        if self.several {
            writeln!(out, "{}: {}", self.file, kql_detection::visible(&rule.name))?;
        } else if self.titled {
            writeln!(out, "{}", self.file)?;
        }
        if let Some(columns) = &checked.columns {
            let width = columns.iter().map(|c| c.name.chars().count()).max().unwrap_or(0);
            for column in columns {
                writeln!(out, "{}{:width$}  {}", if self.titled { "  " } else { "" }, column.name, column.ty)?;
            }
        } else if !found.iter().any(Diagnostic::is_error) {
            writeln!(out, "The columns depend on the data.")?;
        }
        for address in &checked.external {
            writeln!(out, "External data: {address}")?;
        }
        Ok(())
    }
}

fn with_severity(file: &RuleFile) -> impl Iterator<Item = (Severity, &Problem)> {
    let errors = file.problems.iter().map(|problem| (Severity::Error, problem));
    errors.chain(file.warnings.iter().map(|problem| (Severity::Warning, problem)))
}

fn problems(file: &RuleFile) -> serde_json::Value {
    let problem = |(severity, problem): (Severity, &Problem)| {
        json!({
            "severity": if severity == Severity::Error { "error" } else { "warning" },
            "message": problem.message,
            "help": problem.help,
            "start": problem.place.map(|place| place.start),
            "end": problem.place.map(|place| place.end),
            "line": problem.line(),
        })
    };
    with_severity(file).map(problem).collect()
}

/// A finding with its places in the file.
fn in_file(places: &QueryPlaces<'_>, diagnostic: &Diagnostic) -> Option<Diagnostic> {
    let moved = |span: Span| {
        let byte = |at: u32| places.place(at as usize).map(position);
        Some(Span { start: byte(span.start)?, end: byte(span.end)? })
    };
    let mut diagnostic = diagnostic.clone();
    diagnostic.span = moved(diagnostic.span)?;
    for label in &mut diagnostic.labels {
        label.span = moved(label.span)?;
    }
    Some(diagnostic)
}

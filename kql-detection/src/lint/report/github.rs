//! Workflow commands of GitHub: each finding marks its line.

use crate::lint::level::Level;
use crate::lint::lines::place_in_lines;
use crate::lint::linter::LintReport;
use std::fmt::Write;

pub(super) fn report(reports: &[LintReport]) -> String {
    let mut out = String::new();
    for report in reports {
        for finding in &report.findings {
            let command = match finding.level {
                Level::Error => "error",
                Level::Warning => "warning",
                Level::Note | Level::Off => "notice",
            };
            let mut position = format!("file={},line={}", property(&report.file.to_string_lossy()), finding.line);
            if !finding.in_query {
                let (line, column, end_line, end_column) = place_in_lines(&finding.source, finding.place);
                let _ = write!(position, ",endLine={end_line}");
                // columns count on one line only
                if line == end_line {
                    let _ = write!(position, ",col={column},endColumn={end_column}");
                }
            }
            let help = finding.help.as_ref().map_or_else(String::new, |help| {
                let stop = if help.ends_with(['.', '?']) { "" } else { "." };
                format!(" Help: {help}{stop}")
            });
            let message = data(&format!("{}{help}", finding.message));
            let _ = writeln!(out, "::{command} {position},title={}::{message}", property(finding.rule.name));
        }
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

//! Reports as workflow commands of GitHub: each failure marks its line.

use super::text::{plural, said};
use crate::check::FileReport;
use std::fmt::Write;

pub(super) fn report(reports: &[FileReport]) -> String {
    let mut out = String::new();
    for report in reports {
        for problem in &report.problems {
            let help = problem.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
            let text = format!("{}{help}", problem.message);
            command(&mut out, &problem.file.display().to_string(), problem.line(), "kql test", &text);
        }
        for verdict in report.verdicts.iter().filter(|verdict| !verdict.passed()) {
            for said in said(verdict, &report.file) {
                let text = format!("{}\n{}", said.summary, said.details);
                command(&mut out, &report.file.display().to_string(), Some(said.line), &verdict.name, text.trim_end());
            }
        }
    }
    let passed: usize = reports.iter().map(FileReport::passed).sum();
    let failed: usize =
        reports.iter().map(|report| report.verdicts.len() - report.passed() + report.problems.len()).sum();
    let _ = writeln!(out, "{} passed, {failed} failed", plural(passed, "test"));
    out
}

fn command(out: &mut String, file: &str, line: Option<usize>, title: &str, message: &str) {
    let data = |text: &str| text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    let property = |text: &str| data(text).replace(':', "%3A").replace(',', "%2C");
    let line = line.map_or_else(String::new, |line| format!(",line={line}"));
    let _ = writeln!(out, "::error file={}{line},title={}::{}", property(file), property(title), data(message));
}

//! Reports as JUnit's XML.

use super::text::said;
use crate::check::{FileReport, Outcome};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};

pub(super) fn report(reports: &[FileReport]) -> String {
    let mut all = Report::new("kql test");
    for report in reports {
        let mut suite = TestSuite::new(report.file.display().to_string());
        for problem in &report.problems {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
            status.set_message(problem.to_string());
            let mut case = TestCase::new("the file", status);
            case.set_classname(report.file.display().to_string());
            suite.add_test_case(case);
        }
        for verdict in &report.verdicts {
            let mut status = match verdict.outcome {
                Outcome::Passed => TestCaseStatus::success(),
                Outcome::Failed(_) => TestCaseStatus::non_success(NonSuccessKind::Failure),
                Outcome::Refused(_) => TestCaseStatus::non_success(NonSuccessKind::Error),
            };
            let said = said(verdict, &report.file);
            if let Some(first) = said.first() {
                status.set_message(first.summary.clone());
                let lines = said
                    .iter()
                    .map(|said| format!("{}:{}: {}\n{}", report.file.display(), said.line, said.summary, said.details));
                status.set_description(lines.collect::<Vec<_>>().join("\n"));
            }
            let mut case = TestCase::new(verdict.name.clone(), status);
            case.set_classname(if report.rule.is_empty() {
                report.file.display().to_string()
            } else {
                report.rule.clone()
            });
            case.set_time(verdict.took);
            suite.add_test_case(case);
        }
        suite.set_time(report.verdicts.iter().map(|verdict| verdict.took).sum());
        all.add_test_suite(suite);
    }
    // build servers check the report against a schema in which the whole has no such attribute
    all.to_string().unwrap_or_default().replacen(" skipped=\"0\"", "", 1)
}

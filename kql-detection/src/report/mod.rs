//! Verdicts as text: for people, and in the formats of build servers.

mod github;
mod human;
mod json;
mod junit;
mod mutation;
mod tap;
mod text;

pub use mutation::mutation_report;
pub use text::{Look, ReportFormat};

use crate::check::FileReport;

/// The reports of a run as one text.
pub fn report(reports: &[FileReport], format: ReportFormat, look: Look) -> String {
    match format {
        ReportFormat::Human => human::report(reports, look),
        ReportFormat::Json => json::report(reports),
        ReportFormat::Junit => junit::report(reports),
        ReportFormat::Tap => tap::report(reports),
        ReportFormat::Github => github::report(reports),
    }
}

//! What the tests of a rule reach: steps, conditions, items of lists, legs of unions and `let` statements.

mod html;
mod human;
mod json;
mod lcov;
mod model;
mod navigator;
mod units;

pub use model::{Coverage, CoverageFormat, Unit, UnitKind};
pub use units::reached;
pub(crate) use units::units;

/// The coverage of several rules as one text.
pub fn coverage_report(all: &[Coverage], format: CoverageFormat, colours: bool) -> String {
    match format {
        CoverageFormat::Human => human::report(all, colours),
        CoverageFormat::Json => json::report(all),
        CoverageFormat::Html => html::report(all),
        CoverageFormat::Lcov => lcov::report(all),
        CoverageFormat::Navigator => navigator::report(all),
    }
}

//! A rule that hit, as parts of the page show it.

use crate::hunt::{Hit, RuleOutcome};

/// A rule that hit, and its place on the page.
pub(super) struct Shown<'a> {
    /// Its place among the hits, from 0: the highest severity first, then the most rows.
    pub(super) at: usize,
    pub(super) rule: &'a RuleOutcome,
    pub(super) hit: &'a Hit,
    pub(super) severity: &'static str,
}

/// The style of a severity.
pub(super) fn class(severity: &str) -> &'static str {
    match severity {
        "High" => "s-high",
        "Medium" => "s-medium",
        "Low" => "s-low",
        "Informational" => "s-info",
        _ => "s-none",
    }
}

/// `1,234,567`
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

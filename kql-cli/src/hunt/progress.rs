//! How many rules have run, on standard error, if it is a terminal.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;

/// A line with the number of rules that have ended.
pub struct Ended(Option<ProgressBar>);

impl Ended {
    /// For that many rules.
    pub fn of(rules: usize) -> Ended {
        if !std::io::stderr().is_terminal() {
            return Ended(None);
        }
        let bar = ProgressBar::with_draw_target(Some(rules as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} rules, {elapsed}") {
            bar.set_style(style);
        }
        Ended(Some(bar))
    }

    /// Shows how many have ended.
    pub fn show(&self, count: usize) {
        if let Some(bar) = &self.0 {
            bar.set_position(count as u64);
        }
    }

    /// Removes the line.
    pub fn clear(&self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}

//! What has been read, and then how many rules have run, on standard error, if it is a terminal.

use crate::bar::Bar;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kql_engine::Progress;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// A line with what has been read until the first rule has ended, and then with the number of rules that have.
pub struct Ended {
    rules: usize,
    reading: Mutex<Option<Bar>>,
    line: OnceLock<ProgressBar>,
}

impl Ended {
    /// For that many rules, of an engine with this progress.
    pub fn of(rules: usize, progress: &Arc<Progress>) -> Ended {
        Ended { rules, reading: Mutex::new(Some(Bar::start(progress))), line: OnceLock::new() }
    }

    /// Shows how many have ended.
    pub fn show(&self, count: usize) {
        if !std::io::stderr().is_terminal() {
            return;
        }
        self.stop_reading();
        self.line.get_or_init(|| self.start()).set_position(count as u64);
    }

    /// Removes the line.
    pub fn clear(&self) {
        self.stop_reading();
        if let Some(line) = self.line.get() {
            line.finish_and_clear();
        }
    }

    fn stop_reading(&self) {
        drop(self.reading.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    fn start(&self) -> ProgressBar {
        let line = ProgressBar::with_draw_target(Some(self.rules as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} of {len} rules, {elapsed}") {
            line.set_style(style);
        }
        line
    }
}

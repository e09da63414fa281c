//! Shows on standard error what has been read, if the user waits longer than a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use kql_engine::Progress;
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// No progress is shown before this.
const PATIENCE: Duration = Duration::from_secs(1);
const TICK: Duration = Duration::from_millis(120);

/// A line that shows the progress until it is dropped.
pub struct Bar(Option<(Sender<()>, JoinHandle<()>)>);

impl Bar {
    /// Starts to wait; shows nothing if standard error is not a terminal.
    pub fn start(progress: &Arc<Progress>) -> Bar {
        if !std::io::stderr().is_terminal() {
            return Bar(None);
        }
        let (sender, done) = channel::<()>();
        let progress = progress.clone();
        let show = move || {
            if done.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {msg}") {
                bar.set_style(style);
            }
            bar.set_elapsed(PATIENCE);
            loop {
                bar.set_message(read(progress.rows(), progress.bytes()));
                bar.tick();
                if done.recv_timeout(TICK) != Err(RecvTimeoutError::Timeout) || progress.is_stopped() {
                    break;
                }
            }
            bar.finish_and_clear();
        };
        Bar(std::thread::Builder::new().name("progress".to_owned()).spawn(show).ok().map(|thread| (sender, thread)))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some((sender, thread)) = self.0.take() {
            drop(sender);
            let _ = thread.join();
        }
    }
}

/// What has been read, as displayed.
fn read(rows: u64, bytes: u64) -> String {
    if rows == 0 && bytes == 0 {
        return "reading".to_owned();
    }
    format!("{} rows, {} read", indicatif::HumanCount(rows), indicatif::HumanBytes(bytes))
}

//! What a run is allowed to use. Loops over values ask here, so that a run that was stopped, or is too large, ends soon.
//!
//! A thread has the budget of the run it works for. Functions get it when they are planned, and enter it when they run:
//! then it does not matter which thread that is.

use crate::memory;
use crate::progress::Progress;
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::runtime_env::RuntimeEnv;
use std::cell::{Cell, RefCell};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The bytes of text that one value can have. Kusto keeps at most 32 MB when it stores one, and 1 MB by default; what
/// functions can return is not documented. Functions over arrays need a multiple of it.
pub(crate) const MOST_IN_A_VALUE: usize = 1 << 28;

/// The bytes of text that a column of one batch can have: Arrow's offsets have 32 bits.
pub(crate) const MOST_IN_A_COLUMN: usize = i32::MAX as usize;

/// Bytes that every run has.
const MUCH: usize = 1 << 20;

/// Bytes, or steps of similar cost, between two questions whether the run goes on.
const BETWEEN_CHECKS: usize = 1 << 16;

/// What a row costs besides its text, in the same unit: a row can take a millisecond.
const ROW: usize = 1 << 10;

thread_local! {
    static CURRENT: RefCell<Option<Entered>> = const { RefCell::new(None) };
}

/// The budget of a thread.
struct Entered {
    budget: Budget,
    /// Whether [`check`] has failed since it was entered.
    failed: Cell<bool>,
}

/// The budget of a run. A clone shares everything with it.
#[derive(Clone, Debug)]
pub(crate) struct Budget {
    progress: Arc<Progress>,
    cancel: CancellationToken,
    memory: Arc<RuntimeEnv>,
    /// Whether what is planned can run in another process.
    distributed: bool,
}

impl Budget {
    /// The budget of a run that these two can stop.
    pub(crate) fn new(progress: &Arc<Progress>, cancel: &CancellationToken, memory: &Arc<RuntimeEnv>) -> Budget {
        Budget { progress: progress.clone(), cancel: cancel.clone(), memory: memory.clone(), distributed: false }
    }

    /// The budget of a run whose plans can be executed by other processes, or not.
    pub(crate) fn distributed(self, distributed: bool) -> Budget {
        Budget { distributed, ..self }
    }

    /// The memory of the run.
    pub(crate) fn environment(&self) -> &Arc<RuntimeEnv> {
        &self.memory
    }

    fn check(&self) -> Result<()> {
        if self.progress.is_stopped() || self.cancel.is_cancelled() {
            return Err(DataFusionError::External(Box::new(Stopped)));
        }
        memory::check(&self.memory, None)
    }
}

/// The run was stopped.
#[derive(Debug, thiserror::Error)]
#[error("interrupted")]
pub(crate) struct Stopped;

/// A result that is too large. The caller of a function adds its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooLarge {
    /// The text of one value.
    #[error("would create a value of more than 256 MB")]
    Value,
    /// The text of a column of one batch.
    #[error("would create more than 2 GB of text in one batch of rows; filter the rows first, or use shorter texts")]
    Column,
}

impl From<TooLarge> for DataFusionError {
    fn from(error: TooLarge) -> DataFusionError {
        DataFusionError::External(Box::new(error))
    }
}

/// Adds to an error that something is too large, or that memory is short, what would have created it.
pub(crate) fn named(error: DataFusionError, name: impl FnOnce() -> String) -> DataFusionError {
    match &error {
        DataFusionError::External(inner) => match inner.downcast_ref::<TooLarge>() {
            Some(large) => DataFusionError::Execution(format!("{} {large}.", name())),
            None => error,
        },
        DataFusionError::ResourcesExhausted(message) => match memory::blamed(message, &name()) {
            Some(message) => DataFusionError::ResourcesExhausted(message),
            None => error,
        },
        _ => error,
    }
}

/// The budget that the thread had before; dropping it restores that.
#[must_use]
pub(crate) struct Guard(Option<Entered>);

impl Drop for Guard {
    fn drop(&mut self) {
        let before = self.0.take();
        // the thread can be about to end
        let _ = CURRENT.try_with(|current| *current.borrow_mut() = before);
    }
}

/// Gives the thread a budget, until the result is dropped.
pub(crate) fn enter(budget: Budget) -> Guard {
    Guard(CURRENT.with_borrow_mut(|current| current.replace(Entered { budget, failed: Cell::new(false) })))
}

/// The budget of the run that something was planned for. All of these are equal: what is computed does not depend on them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Captured(Option<Budget>);

impl Captured {
    /// That of the thread.
    pub(crate) fn now() -> Captured {
        Captured(CURRENT.with_borrow(|current| current.as_ref().map(|entered| entered.budget.clone())))
    }

    /// Gives it to the thread. Without one, the thread keeps its own.
    pub(crate) fn enter(&self) -> Option<Guard> {
        self.0.clone().map(enter)
    }
}

impl PartialEq for Captured {
    fn eq(&self, _: &Captured) -> bool {
        true
    }
}

impl Eq for Captured {}

impl Hash for Captured {
    fn hash<H: Hasher>(&self, _: &mut H) {}
}

/// Whether what the thread plans can run in another process, so that it must keep all it was made from.
pub(crate) fn is_distributed() -> bool {
    CURRENT.with_borrow(|current| current.as_ref().is_some_and(|entered| entered.budget.distributed))
}

/// Whether the run goes on: the error is that it was stopped, or that it uses too much memory. Without a budget, it does.
pub(crate) fn check() -> Result<()> {
    CURRENT.with_borrow(|current| match current {
        Some(entered) => entered.budget.check().inspect_err(|_| entered.failed.set(true)),
        None => Ok(()),
    })
}

/// Whether every [`check`] has passed since the budget was entered, and passes now: a loop that a check has ended early can
/// have left anything behind, even if memory is free again.
pub(crate) fn confirm() -> Result<()> {
    check()?;
    CURRENT.with_borrow(|current| match current {
        Some(Entered { budget, failed }) if failed.get() => Err(memory::exhausted(&budget.memory)),
        _ => Ok(()),
    })
}

/// Whether a value can have that many bytes.
pub(crate) fn value(bytes: usize) -> Result<()> {
    // while a text grows, there are two of it
    if bytes > MOST_IN_A_VALUE { Err(TooLarge::Value.into()) } else { room(bytes.saturating_mul(2)) }
}

/// Whether a column can have that many bytes.
pub(crate) fn column(bytes: usize) -> Result<()> {
    if bytes > MOST_IN_A_COLUMN { Err(TooLarge::Column.into()) } else { room(bytes.saturating_mul(2)) }
}

/// Whether the memory of the run has room for that many bytes at once.
#[inline]
pub(crate) fn room(bytes: usize) -> Result<()> {
    if bytes < MUCH {
        return Ok(());
    }
    CURRENT.with_borrow(|current| {
        current.as_ref().map_or(Ok(()), |entered| memory::room(&entered.budget.memory, bytes, None))
    })
}

/// Asks [`check`] from time to time.
#[derive(Debug, Default)]
pub(crate) struct Pace(usize);

impl Pace {
    /// Work that is about as much as copying that many bytes.
    #[inline]
    pub(crate) fn work(&mut self, bytes: usize) -> Result<()> {
        self.0 = self.0.saturating_add(bytes);
        if self.0 < BETWEEN_CHECKS {
            return Ok(());
        }
        self.0 = 0;
        check()
    }

    /// A row, with the text that was created for it.
    #[inline]
    pub(crate) fn row(&mut self, bytes: usize) -> Result<()> {
        self.work(ROW.saturating_add(bytes))
    }
}

/// A text that grows within the bounds of a value.
pub(crate) struct Growing<'a> {
    text: &'a mut String,
    pace: Pace,
}

impl<'a> Growing<'a> {
    /// Appends to this text.
    pub(crate) fn new(text: &'a mut String) -> Growing<'a> {
        Growing { text, pace: Pace::default() }
    }

    /// Appends a text.
    #[inline]
    pub(crate) fn push(&mut self, text: &str) -> Result<()> {
        value(self.text.len().saturating_add(text.len()))?;
        self.text.push_str(text);
        self.pace.work(text.len() + 1)
    }

    /// Appends what `write` writes.
    #[inline]
    pub(crate) fn push_with<R>(&mut self, write: impl FnOnce(&mut String) -> R) -> Result<R> {
        let before = self.text.len();
        let result = write(self.text);
        value(self.text.len())?;
        self.pace.work(self.text.len().saturating_sub(before) + 1)?;
        Ok(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory() -> Arc<RuntimeEnv> {
        Arc::new(RuntimeEnv::default())
    }

    fn is_stopped(result: &Result<()>) -> bool {
        matches!(result, Err(DataFusionError::External(inner)) if inner.is::<Stopped>())
    }

    #[test]
    fn a_thread_has_the_budget_it_entered_last() {
        let (progress, cancel) = (Arc::new(Progress::default()), CancellationToken::new());
        assert!(check().is_ok());
        {
            let _outer = enter(Budget::new(&progress, &cancel, &memory()));
            let _inner = enter(Budget::new(&progress, &CancellationToken::new(), &memory()));
            cancel.cancel();
            assert!(check().is_ok());
            drop(_inner);
            assert!(is_stopped(&check()));
        }
        assert!(check().is_ok());
        progress.stop();
        let _guard = enter(Budget::new(&progress, &CancellationToken::new(), &memory()));
        assert!(is_stopped(&check()));
    }

    #[test]
    fn a_loop_asks_after_some_bytes_and_after_some_rows() {
        let budget = Budget::new(&Arc::new(Progress::default()), &CancellationToken::new(), &memory());
        budget.progress.stop();
        let _guard = enter(budget);
        let mut pace = Pace::default();
        assert!(pace.work(BETWEEN_CHECKS - 1).is_ok() && is_stopped(&pace.work(1)));
        let rows = (1..).find(|_| pace.row(0).is_err());
        assert_eq!(rows, Some(BETWEEN_CHECKS / ROW));
    }

    #[test]
    fn an_error_names_what_is_too_large() {
        let error = named(TooLarge::Value.into(), || "strcat()".to_owned());
        assert!(
            matches!(error, DataFusionError::Execution(m) if m == "strcat() would create a value of more than 256 MB.")
        );
        let other = named(DataFusionError::Execution("x".to_owned()), || "strcat()".to_owned());
        assert!(matches!(other, DataFusionError::Execution(m) if m == "x"));
        assert!(value(MOST_IN_A_VALUE).is_ok() && value(MOST_IN_A_VALUE + 1).is_err());
        assert!(column(MOST_IN_A_COLUMN).is_ok() && column(MOST_IN_A_COLUMN + 1).is_err());
    }
}

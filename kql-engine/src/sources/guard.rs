//! Third-party readers (Arrow IPC, Parquet, event logs) that panic on some damaged files. The panic is converted to an
//! error about the file.

use super::error::ReaderPanic;
use crate::error::panic_message;
use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};

thread_local! {
    static IN_READER: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is inside such a reader, so that a panic becomes an error and need not be printed; for the
/// program's panic hook.
pub fn in_reader() -> bool {
    IN_READER.get()
}

/// Runs a reader; the error is the message of its panic.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, ReaderPanic> {
    let before = IN_READER.replace(true);
    let result = catch_unwind(AssertUnwindSafe(read));
    IN_READER.set(before);
    result.map_err(|panic| ReaderPanic(panic_message(panic.as_ref()).to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error() {
        assert_eq!(guarded(|| 5), Ok(5));
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(|_| assert!(in_reader())));
        let result: Result<(), ReaderPanic> = guarded(|| panic!("at {}", 7));
        std::panic::set_hook(usual);
        assert_eq!(result.map_err(|e| e.to_string()), Err("the reader gave up: at 7".to_owned()));
        assert!(!in_reader());
    }
}

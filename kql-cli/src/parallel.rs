//! Work on several files at once.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// Works on several files at once; what comes out is in the order of the files.
pub fn in_parallel<F: Sync, T: Send>(files: &[F], jobs: usize, work: impl Fn(&F) -> T + Sync) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<T>>> = files.iter().map(|_| Mutex::new(None)).collect();
    std::thread::scope(|scope| {
        for _ in 0..jobs.min(files.len()) {
            scope.spawn(|| {
                while let Some((file, slot)) = {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    files.get(i).zip(done.get(i))
                } {
                    let one = work(file);
                    *slot.lock().unwrap_or_else(PoisonError::into_inner) = Some(one);
                }
            });
        }
    });
    done.into_iter().filter_map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect()
}

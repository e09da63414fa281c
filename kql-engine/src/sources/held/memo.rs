//! What conditions have chosen, for the next queries that have them.

use super::chosen::Chosen;
use datafusion::logical_expr::Expr;
use hashbrown::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

/// What conditions have chosen, for the next queries that have them.
#[derive(Debug)]
pub(super) struct Memo {
    chunks: usize,
    bytes: AtomicUsize,
    known: Mutex<HashMap<Expr, Arc<Vec<OnceLock<Chosen>>>>>,
}

/// Bytes of chosen rows that are remembered.
const MOST: usize = 64 << 20;

/// Conditions that are remembered.
const MOST_CONDITIONS: usize = 100_000;

impl Memo {
    pub(super) fn new(chunks: usize) -> Memo {
        Memo { chunks, bytes: AtomicUsize::new(0), known: Mutex::default() }
    }

    pub(super) fn get(&self, e: &Expr, chunk: usize) -> Option<Chosen> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(e)?.get(chunk)?.get().cloned()
    }

    pub(super) fn put(&self, e: &Expr, chunk: usize, chosen: &Chosen) {
        let bytes = chosen.bytes();
        if self.bytes.load(Ordering::Relaxed) + bytes > MOST {
            return;
        }
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let of_chunks = match known.get(e) {
            Some(found) => found.clone(),
            None if known.len() >= MOST_CONDITIONS => return,
            None => {
                let new = Arc::new((0..self.chunks).map(|_| OnceLock::new()).collect::<Vec<_>>());
                known.insert(e.clone(), new.clone());
                new
            }
        };
        drop(known);
        if of_chunks.get(chunk).is_some_and(|slot| slot.set(chosen.clone()).is_ok()) {
            self.bytes.fetch_add(bytes, Ordering::Relaxed);
        }
    }
}

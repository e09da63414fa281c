//! Notes of a run about the values it reads: each sentence once, however many rows cause it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The notes of one run, added by any thread; they become notices of the result.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<BTreeSet<String>>>);

impl Notes {
    /// Adds a sentence, unless it was added before.
    pub fn add(&self, sentence: &str) {
        let mut sentences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !sentences.contains(sentence) {
            sentences.insert(sentence.to_owned());
        }
    }

    /// All sentences, sorted.
    pub fn sentences(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

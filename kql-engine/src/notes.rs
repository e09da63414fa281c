//! What a run has to say about the values it met: each sentence once, however many rows call for it.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

/// The sentences of one run, from any thread; they end up among the result's notices.
#[derive(Clone, Debug, Default)]
pub struct Notes(Arc<Mutex<BTreeSet<String>>>);

impl Notes {
    /// Adds a sentence, unless it is there.
    pub fn add(&self, sentence: &str) {
        let mut sentences = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !sentences.contains(sentence) {
            sentences.insert(sentence.to_owned());
        }
    }

    /// All of them, in the order of their letters.
    pub fn sentences(&self) -> Vec<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

//! The memory of requests that are being read.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes of all bodies that are being read.
#[derive(Clone)]
pub struct Bodies {
    used: Arc<AtomicUsize>,
    limit: usize,
}

/// The bytes of one body, which are given back when it is dropped.
pub struct Held {
    bodies: Bodies,
    bytes: usize,
}

impl Bodies {
    /// Room for this many bytes.
    pub fn new(limit: usize) -> Bodies {
        Bodies { used: Arc::default(), limit }
    }

    /// The bytes of a new body.
    pub fn hold(&self) -> Held {
        Held { bodies: self.clone(), bytes: 0 }
    }
}

impl Held {
    /// Takes more bytes; false if there is no room.
    pub fn grow(&mut self, bytes: usize) -> bool {
        let before = self.bodies.used.fetch_add(bytes, Ordering::Relaxed);
        self.bytes += bytes;
        before + bytes <= self.bodies.limit
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.bodies.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

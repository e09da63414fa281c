//! Columns that are extracted from texts.

mod converted;
pub use converted::converted;
pub mod key_values;
pub mod pattern;

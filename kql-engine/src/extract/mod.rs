//! Columns that are read out of texts.

mod converted;
pub use converted::converted;
pub mod key_values;
pub mod pattern;

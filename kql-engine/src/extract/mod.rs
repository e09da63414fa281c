//! Columns that are extracted from texts.

mod converted;
pub use converted::{Unconverted, converted};
pub mod key_values;
pub mod pattern;

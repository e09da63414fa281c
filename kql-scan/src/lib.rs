//! Search in text, 64 bytes at a time: the string operators of KQL over whole Arrow columns, and where the parts of JSON and
//! CSV stand.
//!
//! All `unsafe` code of the project is here, in `text/simd.rs` and `lanes.rs`. Each is sound by construction: a function that
//! needs a feature of the processor takes a value that only its detection makes, or is `unsafe` with its condition.

pub mod csv_rows;
pub mod json_index;
pub mod json_keys;
pub mod json_text;
mod lanes;
pub mod text;
mod unescape;

pub use unescape::unescape;

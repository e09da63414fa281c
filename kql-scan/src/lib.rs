//! Searches text 64 bytes at a time: the string operators of KQL over whole Arrow columns, and the positions of the parts of
//! JSON and CSV.
//!
//! All `unsafe` code of the project is here, in `text/simd.rs` and `lanes.rs`. Each use is sound by construction: a function
//! that needs a processor feature takes a value that only its detection creates, or is `unsafe` and states its condition.

pub mod csv_rows;
pub mod json_index;
pub mod json_keys;
pub mod json_text;
mod lanes;
pub mod text;
mod unescape;

pub use unescape::unescape;

//! The dynamic type: compact JSON text, read by path without building trees.

pub mod compare;
pub mod date;
pub mod expand;
pub mod json_path;
pub mod path;
pub mod read;
mod text;
pub mod write;

pub use text::dynamic_text;

//! The dynamic type: compact JSON text, read by path without building trees.

pub mod expand;
pub mod path;
pub mod read;
pub mod write;

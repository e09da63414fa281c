//! Graphs: how their rows become nodes and edges in memory, and how patterns are found.

mod components;
mod data;
mod error;
mod evaluate;
mod function;
mod paths;
mod search;
mod steps;

pub use function::{GraphSearch, GraphTable, Wanted};

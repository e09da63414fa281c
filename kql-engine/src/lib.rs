//! Binds KQL to columns and types, and runs it over Arrow batches on Apache DataFusion.

#![recursion_limit = "256"]

mod aggregates;
pub mod bind;
pub mod cell;
mod database;
pub mod decimal;
pub mod dynamic;
mod engine;
pub mod exec;
pub mod functions;
mod lower;
mod operators;
pub mod plan;
pub mod registry;
pub mod render;
mod rewrite;
pub mod sources;
pub mod text;
pub mod types;
pub mod value;

pub use engine::{Answer, Checked, Engine, EngineBuilder, Error, Prepared, Table};

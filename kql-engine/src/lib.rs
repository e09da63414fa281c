#![doc = include_str!("../README.md")]
#![recursion_limit = "256"]

mod aggregates;
pub mod bind;
pub mod cell;
mod database;
pub mod decimal;
mod defect;
pub mod describe;
pub mod dynamic;
mod engine;
pub mod exec;
pub mod export;
mod extract;
pub mod functions;
pub mod geo_ip;
mod graph;
mod lower;
pub mod notes;
mod operators;
mod partition_constants;
pub mod plan;
pub mod plugins;
pub mod progress;
pub mod registry;
pub mod render;
mod rewrite;
pub mod sources;
pub mod storage;
pub mod text;
mod text_tables;
pub mod types;
pub mod value;
mod zones;

pub use bind::ExternalMissing;
pub use defect::Defect;
pub use engine::{Answer, Checked, Engine, EngineBuilder, Error, Prepared, Table};

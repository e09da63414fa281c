#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![recursion_limit = "256"]

pub mod aggregates;
mod answer;
pub mod bind;
mod builder;
pub mod cell;
mod database;
pub mod decimal;
mod defect;
pub mod describe;
pub mod dynamic;
mod engine;
mod error;
pub mod exec;
pub mod export;
mod external;
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
mod text_tables;
pub mod time;
pub mod types;
pub mod value;

pub use answer::{Answer, Checked, Table};
pub use bind::ExternalMissing;
pub use builder::EngineBuilder;
pub use defect::Defect;
pub use engine::{Engine, Prepared};
pub use error::{Error, SourceError};

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
mod deep_stack;
mod defect;
pub mod describe;
pub mod dynamic;
mod engine;
mod engine_core;
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
mod prepared;
pub mod progress;
pub mod registry;
pub mod render;
mod rewrite;
pub mod sources;
mod stages;
pub mod storage;
mod stream;
mod text_tables;
pub mod time;
pub mod types;
pub mod value;
mod workers;

pub use answer::{Answer, Checked, Table};
pub use bind::ExternalMissing;
pub use builder::EngineBuilder;
pub use defect::Defect;
pub use engine::Engine;
pub use error::{Error, SourceError};
pub use prepared::Prepared;
pub use progress::Progress;
pub use stream::TableStream;
pub use tokio_util::sync::CancellationToken;

/// Arrow and DataFusion as the engine has them: tables from memory, and table providers, are made of these.
pub use {arrow, datafusion};

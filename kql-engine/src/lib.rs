//! Binds KQL to columns and types, and runs it over Arrow batches on Apache DataFusion.
//!
//! ```
//! use arrow::array::{ArrayRef, Int64Array, RecordBatch, StringArray};
//! use kql_engine::Engine;
//! use std::sync::Arc;
//!
//! let users: ArrayRef = Arc::new(StringArray::from(vec!["ann", "bob", "ann"]));
//! let bytes: ArrayRef = Arc::new(Int64Array::from(vec![10, 20, 30]));
//! let batch = RecordBatch::try_from_iter([("user", users), ("bytes", bytes)])?;
//!
//! let engine = Engine::builder().table("Transfers", vec![batch])?.build()?;
//! let answer = engine.query("Transfers | summarize total = sum(bytes) by user | where user =~ 'ANN'")?;
//! let table = &answer.tables[0];
//! assert_eq!(table.schema.columns[1].name, "total");
//! assert_eq!(table.batches.iter().map(|b| b.num_rows()).sum::<usize>(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Engine::check`] binds without running, [`Engine::prepare`] keeps a bound query for running it several times; tables
//! come from batches ([`EngineBuilder::table`]) or from files ([`EngineBuilder::data`]).
#![doc = include_str!("../../docs/architecture.md")]
#![forbid(unsafe_code)]
#![recursion_limit = "256"]

/// The project's README, so that its example is compiled.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct ReadMe;

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

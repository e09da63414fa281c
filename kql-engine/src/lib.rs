#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]
#![recursion_limit = "256"]

#[doc(hidden)]
pub mod aggregates;
mod answer;
mod bind;
mod budget;
mod builder;
mod byte_channel;
pub mod cell;
#[doc(hidden)]
pub mod codec;
mod database;
#[doc(hidden)]
pub mod decimal;
mod deep_stack;
mod defect;
mod describe;
#[doc(hidden)]
pub mod dynamic;
pub mod editing;
mod encoded;
mod engine;
mod engine_core;
mod error;
mod exec;
mod export;
mod external;
mod external_files;
mod extract;
mod fixed_schema;
#[doc(hidden)]
pub mod functions;
mod geo_ip;
mod graph;
mod hold;
mod lower;
mod meaning;
mod memory;
mod notes;
mod one_input;
mod operators;
mod partition_constants;
mod partition_sort;
mod placed;
mod plan;
#[doc(hidden)]
pub mod plugins;
mod prepared;
mod progress;
#[doc(hidden)]
pub mod registry;
#[doc(hidden)]
pub mod render;
mod rewrite;
mod round_robin;
mod run;
mod runner;
mod sample;
mod scan_exec;
mod slices;
#[doc(hidden)]
pub mod sources;
mod stages;
mod stoppable;
mod storage;
mod stored_rows;
mod stores;
mod strategy;
mod stream;
mod text_tables;
#[doc(hidden)]
pub mod time;
mod top_candidates;
mod trace;
mod traced;
pub mod types;
#[doc(hidden)]
pub mod value;
mod workers;
mod yielding;

pub use answer::{Answer, Checked, Table};
#[doc(hidden)]
pub use bind::callable;
pub use bind::{Arrivals, ExternalMissing, StoredFunction};
pub use builder::EngineBuilder;
pub use defect::Defect;
pub use describe::TableDescription;
#[doc(hidden)]
pub use encoded::Encoded;
pub use engine::Engine;
#[doc(hidden)]
pub use error::is_overflow;
pub use error::{Error, SourceError};
pub use exec::Limits;
pub use export::{Exported, RowWriter};
pub use hold::{Held, HeldDescription, Moment, QueryReads};
pub use meaning::{ColumnMeaning, ExprMeaning, Meaning, OperatorMeaning, TableUse};
pub use memory::Release;
pub use plan::{ColumnId, Render};
pub use prepared::Prepared;
pub use progress::Progress;
pub use run::{Run, Settled};
pub use runner::{PlanRunner, RemoteError};
pub use sample::{NearMiss, Sample, SampleCell, SampleRow, Unsupported};
pub use sources::{ColumnSource, DataPath, DateOrder, FileSummary, FolderDates, Profile};
pub use storage::{Layout, TimeRanges};
pub use stores::{ObjectWriter, is_url};
pub use stream::TableStream;
pub use tokio_util::sync::CancellationToken;
pub use trace::{Follow, JoinKeys, Leaf, LeafValue, SideKeys, Step, Trace, TraceOptions};
pub use traced::Traced;
pub use types::{Column, ScalarType, TableSchema};

/// The versions of Arrow and DataFusion that the engine uses; tables from memory and table providers are created with them.
pub use {arrow, datafusion};

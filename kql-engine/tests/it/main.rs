//! The tests of the engine, in one executable; `spec` and `corpus` have a harness of their own.

mod binder_probes;
#[path = "../spec/case_engine.rs"]
mod case_engine;
mod coverage;
mod dice;
#[allow(dead_code)] // the reference needs the queries and their tables only
#[path = "../spec/document.rs"]
mod document;
mod embedding;
mod errors;
mod filters;
mod generated;
mod inventory;
mod meaning;
mod memory;
mod notices;
mod orders;
mod plans;
mod reference;
mod registry_walk;
mod result_names;
mod row_places;
mod snapshots;
mod stops;
mod stores;
mod wide_rows;

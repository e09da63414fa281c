//! Tests that speak HTTP to a server in this process.
#![allow(clippy::unwrap_used)]

mod attacks;
mod client;
mod defender;
mod encryption;
mod guards;
mod ingestion;
mod kusto;
mod limits;
mod log_analytics;
mod management;
mod mcp;
mod page;
mod store;
mod streams;

//! The tests of the parser, in one executable.

mod corpus;
mod inventory;
#[path = "../shared/long.rs"]
mod long;
mod printing;
mod rejected;
mod robustness;
#[path = "../shared/mod.rs"]
mod shared;
mod snapshots;
mod time;

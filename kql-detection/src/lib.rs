#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod problem;
mod rule;
pub mod yaml;

pub use problem::{Place, Placed, Problem, Source};
pub use rule::{
    Entity, EntityField, EventGrouping, Operator, QueryPlaces, QueryText, Rule, RuleFile, RuleKind, Trigger, files,
    read,
};

#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod mutants;
mod problem;
mod rule;
pub mod yaml;

pub use mutants::{Mutant, MutantKind, mutants};
pub use problem::{Place, Placed, Problem, Source};
pub use rule::{
    Entity, EntityField, EventGrouping, Operator, QueryPlaces, QueryText, Rule, RuleFile, RuleKind, Trigger, files,
    read,
};

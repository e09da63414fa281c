#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod mutants;
mod problem;
mod rule;

pub use mutants::{Mutant, MutantKind, mutants};
pub use problem::{Place, Placed, Problem};
pub use rule::{Entity, EntityField, EventGrouping, Operator, QueryText, Rule, RuleKind, Trigger};

#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod problem;
mod rule;

pub use problem::{Place, Placed, Problem};
pub use rule::{Entity, EntityField, EventGrouping, Operator, QueryText, Rule, RuleKind, Trigger};

//! Detection rules: what they are, and the readers of the files they come in.

mod comments;
mod defender;
mod duration;
mod fields;
mod files;
mod markdown;
mod model;
mod read;
mod sentinel;
mod tree;

pub use files::files;
pub(crate) use model::extension;
pub use model::{
    Entity, EntityField, EventGrouping, Operator, QueryPlaces, QueryText, Rule, RuleFile, RuleKind, Trigger,
};
pub use read::read;

#[cfg(test)]
mod tests;

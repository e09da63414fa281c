//! The grammar, a file for each part; `operators/` has a file for each tabular operator.
//!
//! A parser called `opt_x` may find nothing and take nothing; a parser called `x` finds one or fails. Every choice is
//! made by looking at the next token or two, and never taken back.

pub mod expression;
pub mod literal;
pub mod name;
pub mod operators;
pub mod parameter;
pub mod pipeline;
pub mod query;
pub mod source;

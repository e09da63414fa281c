//! The grammar, one file per part; `operators/` has one file per tabular operator.
//!
//! A parser called `opt_x` succeeds without consuming anything if x is missing; a parser called `x` finds one or fails.
//! Every choice is made by looking at the next token or two, without backtracking.

pub mod expression;
pub mod literal;
pub mod name;
pub mod operators;
pub mod parameter;
pub mod pipeline;
pub mod query;
pub mod source;

//! Aggregation functions.

use super::{ResultName, Signature};
use crate::registry::CallInfo;
use datafusion::common::Result;
use datafusion::logical_expr::{Expr, GroupsAccumulator};
use serde::{Deserialize, Serialize};
use std::fmt;

/// An aggregation function.
#[derive(Debug)]
pub struct AggregateFunction {
    /// Its name.
    pub name: &'static str,
    /// Older or other names of the same function.
    pub aliases: &'static [Alias],
    /// The ways it can be called.
    pub signatures: &'static [Signature],
    /// The default name of its column.
    pub result_name: ResultName,
    /// The columns it returns.
    pub outputs: Outputs,
    /// A description in one sentence.
    pub summary: &'static str,
    /// The page of the Kusto documentation that it follows, without the host.
    pub page: &'static str,
    /// How it runs.
    pub reduce: Reduce,
}

impl PartialEq for AggregateFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// An older or other name of an aggregate.
#[derive(Debug)]
pub struct Alias {
    /// The name.
    pub name: &'static str,
    /// The default name of a column under this name, if it differs.
    pub result_name: Option<ResultName>,
    /// The second argument, if a call has only one.
    pub second_argument: Option<i64>,
}

/// A name that does not differ in anything else.
pub const fn alias(name: &'static str) -> Alias {
    Alias { name, result_name: None, second_argument: None }
}

impl AggregateFunction {
    /// The alias used in a call; `None` if it uses the function's own name.
    fn alias(&self, called: &str) -> Option<&'static Alias> {
        self.aliases.iter().find(|alias| alias.name == called)
    }

    /// The default name of a call's column, by the name used in the call.
    pub fn result_name(&self, called: &str) -> ResultName {
        self.alias(called).and_then(|alias| alias.result_name).unwrap_or(self.result_name)
    }

    /// The second argument of a call that has only one, by the name used in the call.
    pub fn second_argument(&self, called: &str) -> Option<i64> {
        self.alias(called).and_then(|alias| alias.second_argument)
    }
}

/// The columns that an aggregate returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outputs {
    /// One, of the signature's type.
    One,
    /// One for each argument, of the argument's type and with its name; `*` stands for all columns of the input.
    EachArgument,
    /// One for each argument from this index, each of the signature's type.
    EachFrom(usize),
}

/// The arguments that a group accumulator is created for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AggregateArgs {
    /// Types and constants of the arguments, without the row order.
    pub info: CallInfo,
    /// Whether there is an additional last argument of type Binary that orders the rows.
    pub ordered: bool,
}

/// How an aggregate runs.
#[derive(Clone, Copy)]
pub enum Reduce {
    /// An expression over DataFusion's own aggregates.
    Expr(fn(&CallInfo, Vec<Expr>) -> Result<Expr>),
    /// One of our group accumulators.
    Accumulator {
        /// Creates one.
        make: fn(&AggregateArgs) -> Result<Box<dyn GroupsAccumulator>>,
        /// Arrow types of its state.
        state: fn(&AggregateArgs) -> Vec<arrow::datatypes::DataType>,
        /// Whether its result depends on the order of the rows.
        ordered: bool,
    },
    /// Another aggregate over the rows for which the argument at this index is true.
    If(&'static AggregateFunction, usize),
}

impl fmt::Debug for Reduce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Reduce::Expr(_) => "Expr",
            Reduce::Accumulator { .. } => "Accumulator",
            Reduce::If(..) => "If",
        })
    }
}

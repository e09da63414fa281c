//! The entry types of the registry: an entry contains a function's arguments, result, column name, description and code.
//!
//! Field names follow Microsoft's `Symbols` so that Kusto people recognise them. The entries themselves are at the top
//! of each function's file; `functions` and `aggregates` list them.

mod aggregate;
mod eval;
mod expr;
pub mod rows;
mod signature;
mod text;
mod udf;
mod unavailable;

pub use aggregate::{AggregateArgs, AggregateFunction, Alias, Outputs, Reduce, alias};
pub use eval::{Call, CallInfo, Eval, Kernel, KernelFn, RewriteContext, Window};
pub use expr::{ColumnId, Expr, ExprKind, PlanColumn, StageId};
pub use signature::{
    ArgumentKind, OutputColumn, OutputName, OutputPlace, Parameter, ParameterType, ResultName, Returns, Signature,
    Values, converts as converts_to, optional, p, repeated, sig,
};
pub use udf::{LONG, Udf};
pub use unavailable::{refused, unavailable};

/// A scalar function, or a scalar operator (`name` is its spelling).
#[derive(Debug)]
pub struct ScalarFunction {
    /// Its name; for an operator, its spelling.
    pub name: &'static str,
    /// Older or other names of the same function.
    pub aliases: &'static [&'static str],
    /// The ways it can be called.
    pub signatures: &'static [Signature],
    /// The default name of its column.
    pub result_name: ResultName,
    /// A description in one sentence.
    pub summary: &'static str,
    /// The page of the Kusto documentation that it follows, without the host.
    pub page: &'static str,
    /// How it runs.
    pub eval: Eval,
}

impl PartialEq for ScalarFunction {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl ScalarFunction {
    /// Whether it is written as an operator, not called.
    pub fn is_operator(&self) -> bool {
        !self.name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') || self.page.starts_with("operator:")
    }
}

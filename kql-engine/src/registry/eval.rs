//! How a scalar function runs.

use crate::geo_ip::GeoIp;
use crate::notes::Notes;
use crate::types::ScalarType;
use crate::value::Value;
use datafusion::common::Result;
use datafusion::logical_expr::{self as df, ColumnarValue};
use std::fmt;
use std::sync::Arc;

/// The arguments of one evaluation over a batch.
pub struct Call<'a> {
    /// The values, of the types in `types`; constants come as scalars.
    pub args: &'a [ColumnarValue],
    /// Rows of the batch.
    pub rows: usize,
    /// KQL types of the arguments.
    pub types: &'a [ScalarType],
    /// KQL type of the result.
    pub returns: ScalarType,
}

/// What is known of a call when it is planned.
#[derive(Clone, Debug, PartialEq)]
pub struct CallInfo {
    /// KQL types of the arguments.
    pub types: Vec<ScalarType>,
    /// The arguments that are constants.
    pub constants: Vec<Option<Value>>,
    /// KQL type of the result.
    pub returns: ScalarType,
}

impl CallInfo {
    /// The text of constant argument `i`.
    pub fn text(&self, i: usize) -> Option<&str> {
        self.constants.get(i)?.as_ref()?.as_text()
    }

    /// The integer of constant argument `i`.
    pub fn long(&self, i: usize) -> Option<i64> {
        self.constants.get(i)?.as_ref()?.as_long()
    }
}

/// A function over whole columns.
pub type KernelFn = fn(&Call) -> Result<ColumnarValue>;

/// A kernel that was prepared for its constant arguments.
pub trait Kernel: Send + Sync {
    /// Runs it over a batch.
    fn run(&self, call: &Call) -> Result<ColumnarValue>;
}

impl<F: Fn(&Call) -> Result<ColumnarValue> + Send + Sync> Kernel for F {
    fn run(&self, call: &Call) -> Result<ColumnarValue> {
        self(call)
    }
}

/// What a rewriting function may ask.
pub struct RewriteContext {
    /// The one value of `now()` in this query, in ticks.
    pub now: i64,
    /// Where the call stands.
    pub span: kql_parser::Span,
}

/// How a scalar function runs.
#[derive(Clone, Copy)]
pub enum Eval {
    /// A kernel over columns.
    Kernel(KernelFn),
    /// A kernel made once for a call, from its constant arguments.
    Compiled(fn(&CallInfo) -> Result<Box<dyn Kernel>>),
    /// A kernel whose result differs from row to row and from run to run; never computed before the query runs.
    PerRow(KernelFn),
    /// A kernel over all rows of a table, or of each of its parts, in their order.
    Window(KernelFn),
    /// A kernel over columns that looks addresses up in the engine's database of places, where there is one.
    Located(fn(Option<Arc<GeoIp>>) -> Box<dyn Kernel>),
    /// The same as [`Eval::Compiled`], of a kernel that has something to say about the values it meets.
    Noting(fn(&CallInfo, Notes) -> Result<Box<dyn Kernel>>),
    /// An expression of DataFusion's own.
    Expr(fn(&CallInfo, Vec<df::Expr>) -> Result<df::Expr>),
    /// Defined by other functions.
    Rewrite(fn(&RewriteContext, Vec<super::Expr>) -> super::Expr),
}

impl fmt::Debug for Eval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Eval::Kernel(_) => "Kernel",
            Eval::Compiled(_) => "Compiled",
            Eval::PerRow(_) => "PerRow",
            Eval::Window(_) => "Window",
            Eval::Located(_) => "Located",
            Eval::Noting(_) => "Noting",
            Eval::Expr(_) => "Expr",
            Eval::Rewrite(_) => "Rewrite",
        })
    }
}

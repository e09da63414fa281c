//! How a scalar function runs.

use crate::geo_ip::GeoIp;
use crate::notes::Notes;
use crate::types::ScalarType;
use crate::value::Value;
use datafusion::common::Result;
use datafusion::logical_expr::{self as df, ColumnarValue};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The arguments of one evaluation over a batch.
pub struct Call<'a> {
    /// The values, of the types in `types`; constants are scalars.
    pub args: &'a [ColumnarValue],
    /// Rows of the batch.
    pub rows: usize,
    /// KQL types of the arguments.
    pub types: &'a [ScalarType],
    /// KQL type of the result.
    pub returns: ScalarType,
}

/// What is known about a call when it is planned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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

/// A function over the rows of a table in their order, which come piece by piece.
pub trait Window: Send {
    /// How many rows after a row its value depends on.
    fn ahead(&self) -> usize {
        0
    }

    /// The values of the next `call.rows` rows. The arrays of the arguments continue with the rows after these: as many as
    /// [`Window::ahead`] says, or fewer if the table or part ends before.
    fn values(&mut self, call: &Call) -> Result<ColumnarValue>;
}

/// A function that keeps what it needs of earlier rows in a variable.
impl<F: FnMut(&Call) -> Result<ColumnarValue> + Send> Window for F {
    fn values(&mut self, call: &Call) -> Result<ColumnarValue> {
        self(call)
    }
}

/// The context of a rewriting function.
pub struct RewriteContext {
    /// The value of `now()` in this query, in ticks.
    pub now: i64,
    /// The position of the call in the text.
    pub span: kql_parser::Span,
}

/// How a scalar function runs.
#[derive(Clone, Copy)]
pub enum Eval {
    /// A kernel over columns.
    Kernel(KernelFn),
    /// A kernel that is created once for a call, from its constant arguments.
    Compiled(fn(&CallInfo) -> Result<Box<dyn Kernel>>),
    /// A kernel whose result differs between rows and between runs; never computed before the query runs.
    PerRow(KernelFn),
    /// A function over all rows of a table, or of each of its parts, in their order.
    Window(fn(&CallInfo) -> Result<Box<dyn Window>>),
    /// A kernel over columns that looks addresses up in the engine's IP database, if there is one.
    GeoLookup(fn(Option<Arc<GeoIp>>) -> Box<dyn Kernel>),
    /// Like [`Eval::Compiled`], for a kernel that can add notes about the values it reads.
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
            Eval::GeoLookup(_) => "GeoLookup",
            Eval::Noting(_) => "Noting",
            Eval::Expr(_) => "Expr",
            Eval::Rewrite(_) => "Rewrite",
        })
    }
}

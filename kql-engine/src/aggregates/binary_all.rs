//! `binary_all_and()`, `binary_all_or()`, `binary_all_xor()`

use crate::registry::{
    AggregateFunction, CallInfo, Outputs, ParameterType::Summable, Reduce, ResultName, Returns, p, sig,
};
use datafusion::common::{Result, internal_err};
use datafusion::functions_aggregate::expr_fn::{bit_and, bit_or, bit_xor};
use datafusion::logical_expr::{Expr, try_cast};

macro_rules! binary_all {
    ($row:ident, $name:literal, $page:literal, $reduce:expr, $summary:literal) => {
        pub static $row: AggregateFunction = AggregateFunction {
            name: $name,
            aliases: &[],
            signatures: &[sig(&[p("expr", Summable)], Returns::Parameter(0))],
            result_name: ResultName::FirstArgument,
            outputs: Outputs::One,
            summary: $summary,
            page: $page,
            reduce: Reduce::Expr(|info, args| reduced(info, args, $reduce)),
        };
    };
}

binary_all!(
    BINARY_ALL_AND,
    "binary_all_and",
    "binary-all-and-aggregation-function",
    bit_and,
    "The bits that all of the group's values have."
);
binary_all!(
    BINARY_ALL_OR,
    "binary_all_or",
    "binary-all-or-aggregation-function",
    bit_or,
    "The bits that any of the group's values has."
);
binary_all!(
    BINARY_ALL_XOR,
    "binary_all_xor",
    "binary-all-xor-aggregation-function",
    bit_xor,
    "The exclusive or of the group's values."
);

/// The bits are those of a long, whatever the type of the values.
fn reduced(info: &CallInfo, mut args: Vec<Expr>, reduce: fn(Expr) -> Expr) -> Result<Expr> {
    let Some(value) = args.pop() else { return internal_err!("an argument is expected") };
    // a value that is too large for a long has no bits
    let bits = reduce(try_cast(value, arrow::datatypes::DataType::Int64));
    Ok(try_cast(bits, info.returns.arrow()))
}

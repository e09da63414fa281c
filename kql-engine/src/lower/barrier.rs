//! Prevents DataFusion from inlining an expression wherever its column is used.
//!
//! `extend a = iff(x, f(a), a)`, repeated, doubles `a` each time it replaces its name: a filter after
//! twenty of them would have a million calls. A column that would get too large is computed once, where it is defined.

use arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Expressions larger than this after inlining are kept as columns.
pub(super) const LARGEST: usize = 200;

/// The same value in a form that DataFusion does not inline.
pub(super) fn barrier(e: Expr) -> Expr {
    ScalarUDF::new_from_impl(Barrier { signature: Signature::any(1, Volatility::Volatile) }).call(vec![e])
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Barrier {
    signature: Signature,
}

impl ScalarUDFImpl for Barrier {
    fn name(&self) -> &str {
        "computed_here"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, types: &[DataType]) -> Result<DataType> {
        match types.first() {
            Some(ty) => Ok(ty.clone()),
            None => internal_err!("a value is expected"),
        }
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        match args.args.into_iter().next() {
            Some(value) => Ok(value),
            None => internal_err!("a value is expected"),
        }
    }
}

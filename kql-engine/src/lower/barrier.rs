//! What keeps DataFusion from writing an expression out wherever its column is used.
//!
//! `extend a = iff(x, f(a), a)` again and again doubles `a` each time it is put in place of its name: a filter behind
//! twenty of them would have a million calls. A column that would get too large is computed once, where it stands.

use arrow::datatypes::DataType;
use datafusion::common::{Result, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Expressions larger than this, written out, are kept as columns.
pub(super) const LARGEST: usize = 200;

/// The same value, which DataFusion does not look into.
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

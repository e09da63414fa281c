//! Prevents DataFusion from inlining an expression wherever its column is used.
//!
//! `extend a = iff(x, f(a), a)`, repeated, doubles `a` each time it replaces its name: a filter after
//! twenty of them would have a million calls. A column that would get too large is computed once, where it is defined.
//!
//! A long constant text is refused if the memory cannot hold a batch of it: DataFusion repeats it for every row.

use crate::budget::{self, Captured};
use arrow::datatypes::DataType;
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};

/// Expressions larger than this after inlining are kept as columns.
pub(super) const LARGEST: usize = 200;

/// Constant texts longer than this are not copied into a column before it is known that they fit.
pub(super) const LONG_TEXT: usize = 1 << 10;

/// The same value in a form that DataFusion does not inline.
pub(super) fn barrier(e: Expr) -> Expr {
    ScalarUDF::new_from_impl(Barrier::new()).call(vec![e])
}

/// The function.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct Barrier {
    signature: Signature,
    budget: Captured,
}

impl Barrier {
    pub(crate) fn new() -> Barrier {
        Barrier { signature: Signature::any(1, Volatility::Volatile), budget: Captured::now() }
    }
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
        let _entered = self.budget.enter();
        match args.args.into_iter().next() {
            Some(ColumnarValue::Scalar(ScalarValue::Utf8(Some(text)))) => {
                let bytes = text.len().saturating_mul(args.number_rows);
                budget::column(bytes).map_err(|error| budget::named(error, || "extend".to_owned()))?;
                Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(text))))
            }
            Some(value) => Ok(value),
            None => internal_err!("a value is expected"),
        }
    }
}

//! One DataFusion scalar function for every entry of the registry.

use super::{Call, CallInfo, Eval, Kernel, ScalarFunction};
use crate::budget::{self, Captured};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A call of a function in the registry, prepared for its constant arguments.
pub struct Udf {
    function: &'static ScalarFunction,
    info: CallInfo,
    compiled: Option<Arc<dyn Kernel>>,
    signature: Signature,
    label: String,
    /// That of the run it was prepared for.
    budget: Captured,
}

/// The length of a constant that is too long to be kept twice.
pub const LONG: usize = 1 << 16;

/// Numbers the calls that were prepared.
static PREPARED: AtomicU64 = AtomicU64::new(0);

impl Udf {
    /// Prepares a call.
    pub fn prepare(function: &'static ScalarFunction, info: CallInfo) -> Result<ScalarUDF> {
        let compiled = match function.eval {
            Eval::Compiled(compile) => Some(Arc::from(compile(&info)?)),
            _ => None,
        };
        Ok(Udf::with_kernel(function, info, compiled))
    }

    /// Prepares a call whose kernel has all it needs of its constants: long ones are not kept.
    pub fn prepare_without_constants(function: &'static ScalarFunction, mut info: CallInfo) -> Result<ScalarUDF> {
        let Eval::Compiled(compile) = function.eval else { return Udf::prepare(function, info) };
        let kernel = Arc::from(compile(&info)?);
        for constant in info.constants.iter_mut().flatten() {
            if let Value::Text(text) = constant
                && text.len() > LONG
            {
                // calls with different constants are different
                *constant =
                    Value::Text(format!("{} {:x}", text.len(), twox_hash::XxHash64::oneshot(0, text.as_bytes())));
            }
        }
        Ok(Udf::with_kernel(function, info, Some(kernel)))
    }

    /// A call with a given kernel, for functions without a kernel in the registry.
    pub fn with_kernel(
        function: &'static ScalarFunction,
        info: CallInfo,
        compiled: Option<Arc<dyn Kernel>>,
    ) -> ScalarUDF {
        let volatility =
            if matches!(function.eval, Eval::PerRow(_)) { Volatility::Volatile } else { Volatility::Immutable };
        let signature =
            if info.types.is_empty() { Signature::nullary(volatility) } else { Signature::variadic_any(volatility) };
        let label = format!("{}#{}", function.name, PREPARED.fetch_add(1, Ordering::Relaxed));
        ScalarUDF::new_from_impl(Udf { function, info, compiled, signature, label, budget: Captured::now() })
    }
}

impl Udf {
    /// The function as messages name it.
    fn shown(&self) -> String {
        let name = self.function.name;
        let is_word = name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        if is_word { format!("{name}()") } else { format!("the operator '{name}'") }
    }
}

impl ScalarUDFImpl for Udf {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.info.returns.arrow())
    }

    fn return_field_from_args(&self, _: ReturnFieldArgs) -> Result<FieldRef> {
        Ok(Arc::new(Field::new(self.name(), self.info.returns.arrow(), self.info.returns != ScalarType::String)))
    }

    // DataFusion's name of an expression is its whole text, and it asks for the type of a call, and so for the names of all
    // calls inside, at every level: the cost of one long expression grew with the cube of its length
    fn schema_name(&self, _: &[Expr]) -> Result<String> {
        Ok(self.label.clone())
    }

    fn display_name(&self, _: &[Expr]) -> Result<String> {
        Ok(self.label.clone())
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        // DataFusion tests how a predicate treats nulls with columns of the null type, but kernels know only KQL's types
        for (arg, ty) in args.args.iter().zip(&self.info.types) {
            if arg.data_type() != ty.arrow() {
                return internal_err!("{} is given {} for {ty}", self.name(), arg.data_type());
            }
        }
        // constants only: one row is enough
        let per_row = matches!(self.function.eval, Eval::PerRow(_));
        let constant = !per_row && args.args.iter().all(|a| matches!(a, ColumnarValue::Scalar(_)));
        let rows = if constant { 1 } else { args.number_rows };
        let call = Call { args: &args.args, rows, types: &self.info.types, returns: self.info.returns };
        let _entered = self.budget.enter();
        budget::check()?;
        let result = match (&self.compiled, self.function.eval) {
            (Some(kernel), _) => kernel.run(&call),
            (None, Eval::Kernel(kernel) | Eval::PerRow(kernel)) => kernel(&call),
            _ => return internal_err!("{} has no kernel", self.name()),
        };
        let result = result.map_err(|error| budget::named(error, || self.shown()))?;
        // a kernel that was stopped inside a row can have returned anything
        budget::confirm()?;
        match result {
            ColumnarValue::Array(array) if constant => {
                Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&array, 0)?))
            }
            result => Ok(result),
        }
    }
}

impl PartialEq for Udf {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function && self.info == other.info
    }
}

impl Eq for Udf {}

impl Hash for Udf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // constants are omitted: they are arguments of the call too
        self.function.name.hash(state);
        self.info.types.hash(state);
        self.info.returns.hash(state);
    }
}

impl fmt::Debug for Udf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", self.function.name, self.info)
    }
}

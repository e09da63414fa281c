//! One DataFusion scalar function for every entry of the registry.

use super::{Call, CallInfo, Eval, Kernel, ScalarFunction};
use crate::budget::{self, Captured};
use crate::encoded::Encoded;
use crate::geo_ip::{self, GeoIp};
use crate::notes::Notes;
use crate::types::ScalarType;
use crate::value::Value;
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::{
    ColumnarValue, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::path::PathBuf;
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
    /// The call with its long constants, if it can run in another process.
    whole: Option<Arc<CallInfo>>,
    outside: Outside,
}

/// What a kernel has besides the call.
#[derive(Clone, Default)]
pub enum Outside {
    /// Nothing.
    #[default]
    Nothing,
    /// The database for IP addresses, if there is one.
    Places(Option<Arc<GeoIp>>),
    /// The notes of the run.
    Notes(Notes),
}

/// A call as data.
#[derive(Serialize, Deserialize)]
struct CallData {
    function: String,
    info: CallInfo,
    /// The file of the database for IP addresses.
    places: Option<PathBuf>,
    /// Whether long constants are arguments too, or only the kernel has them.
    kept: bool,
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
        Ok(ScalarUDF::new_from_impl(Udf::new(function, info, compiled, Outside::Nothing)))
    }

    /// Prepares a call whose kernel has all it needs of its constants: long ones are not kept.
    pub fn prepare_without_constants(function: &'static ScalarFunction, mut info: CallInfo) -> Result<ScalarUDF> {
        let Eval::Compiled(compile) = function.eval else { return Udf::prepare(function, info) };
        let kernel = Arc::from(compile(&info)?);
        let is_long = |text: &Value| matches!(text, Value::Text(text) if text.len() > LONG);
        let long = info.constants.iter().flatten().any(is_long);
        let whole = (long && budget::is_distributed()).then(|| Arc::new(info.clone()));
        for constant in info.constants.iter_mut().flatten() {
            if let Value::Text(text) = constant
                && text.len() > LONG
            {
                // calls with different constants are different
                *constant =
                    Value::Text(format!("{} {:x}", text.len(), twox_hash::XxHash64::oneshot(0, text.as_bytes())));
            }
        }
        Ok(ScalarUDF::new_from_impl(Udf { whole, ..Udf::new(function, info, Some(kernel), Outside::Nothing) }))
    }

    /// A call of a function that looks addresses up.
    pub fn prepare_lookup(function: &'static ScalarFunction, info: CallInfo, places: Option<Arc<GeoIp>>) -> ScalarUDF {
        let kernel = match function.eval {
            Eval::GeoLookup(kernel) => Some(Arc::from(kernel(places.clone()))),
            _ => None,
        };
        ScalarUDF::new_from_impl(Udf::new(function, info, kernel, Outside::Places(places)))
    }

    /// A call of a function that adds notes.
    pub fn prepare_noting(function: &'static ScalarFunction, info: CallInfo, notes: Notes) -> Result<ScalarUDF> {
        let kernel = match function.eval {
            Eval::Noting(compile) => Some(Arc::from(compile(&info, notes.clone())?)),
            _ => None,
        };
        Ok(ScalarUDF::new_from_impl(Udf::new(function, info, kernel, Outside::Notes(notes))))
    }

    fn new(
        function: &'static ScalarFunction,
        info: CallInfo,
        compiled: Option<Arc<dyn Kernel>>,
        outside: Outside,
    ) -> Udf {
        let volatility =
            if matches!(function.eval, Eval::PerRow(_)) { Volatility::Volatile } else { Volatility::Immutable };
        let signature =
            if info.types.is_empty() { Signature::nullary(volatility) } else { Signature::variadic_any(volatility) };
        let label = format!("{}#{}", function.name, PREPARED.fetch_add(1, Ordering::Relaxed));
        let budget = Captured::now();
        Udf { function, info, compiled, signature, label, budget, whole: None, outside }
    }

    /// The function that is called.
    pub fn function(&self) -> &'static ScalarFunction {
        self.function
    }

    /// What is known about the call; long constants may be missing.
    pub fn info(&self) -> &CallInfo {
        &self.info
    }

    /// The call as data, and the notes that it adds to.
    pub fn encode(&self) -> Result<(Encoded, Option<&Notes>)> {
        let info = self.whole.as_deref().unwrap_or(&self.info).clone();
        let (places, notes) = match &self.outside {
            Outside::Nothing => (None, None),
            Outside::Places(places) => {
                (places.as_ref().and_then(|places| std::path::absolute(places.path()).ok()), None)
            }
            Outside::Notes(notes) => (None, Some(notes)),
        };
        let data = CallData { function: self.function.name.to_owned(), info, places, kept: self.whole.is_none() };
        Ok((Encoded::of(&data)?, notes))
    }

    /// A call from its data. `find` finds a function by its name.
    pub fn decode(
        encoded: &Encoded,
        find: impl Fn(&str) -> Option<&'static ScalarFunction>,
        notes: &Notes,
    ) -> Result<ScalarUDF> {
        let CallData { function, info, places, kept } = encoded.data()?;
        let Some(function) = find(&function) else { return internal_err!("the function {function} is not known") };
        match function.eval {
            Eval::GeoLookup(_) => {
                let places = places.map(|path| geo_ip::shared(&path)).transpose();
                Ok(Udf::prepare_lookup(function, info, places.map_err(|e| DataFusionError::External(Box::new(e)))?))
            }
            Eval::Noting(_) => Udf::prepare_noting(function, info, notes.clone()),
            _ if kept => Udf::prepare(function, info),
            _ => Udf::prepare_without_constants(function, info),
        }
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

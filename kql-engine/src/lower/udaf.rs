//! One DataFusion aggregate for every accumulator of the registry.

use crate::aggregates;
use crate::budget::{self, Captured};
use crate::encoded::Encoded;
use crate::registry::rows::row_type;
use crate::registry::{AggregateArgs, AggregateFunction, Reduce};
use crate::types::ScalarType;
use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::{DataType, Field, FieldRef};
use datafusion::common::{DataFusionError, Result, ScalarValue, internal_err};
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::AggregateOrderSensitivity;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, EmitTo, GroupsAccumulator, Signature, Volatility,
};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// The values that a call of an aggregate returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Returned {
    /// Values of a type.
    Value(ScalarType),
    /// Structs of such values.
    Row(Vec<ScalarType>),
}

/// A call of an aggregate with one of our accumulators.
pub struct Udaf {
    function: &'static AggregateFunction,
    args: AggregateArgs,
    returned: Returned,
    returns: DataType,
    signature: Signature,
    budget: Captured,
}

impl Udaf {
    /// Prepares a call. Constants that the aggregate cannot use are found here, not when it runs.
    pub fn prepare(
        function: &'static AggregateFunction,
        args: AggregateArgs,
        returned: Returned,
    ) -> Result<AggregateUDF> {
        let signature = Signature::variadic_any(Volatility::Immutable);
        let returns = match &returned {
            Returned::Value(ty) => ty.arrow(),
            Returned::Row(types) => row_type(types),
        };
        let udaf = Udaf { function, args, returned, returns, signature, budget: Captured::now() };
        udaf.make()?;
        Ok(AggregateUDF::new_from_impl(udaf))
    }

    /// The call as data.
    pub fn encode(&self) -> Result<Encoded> {
        Encoded::of(&(self.function.name, &self.args, &self.returned))
    }

    /// A call from its data.
    pub fn decode(encoded: &Encoded) -> Result<AggregateUDF> {
        let (name, args, returned): (String, _, _) = encoded.data()?;
        let internal = || aggregates::internal().find(|function| function.name == name);
        match aggregates::aggregate(&name).or_else(internal) {
            Some(function) => Udaf::prepare(function, args, returned),
            None => internal_err!("the aggregate {name} is not known"),
        }
    }

    fn make(&self) -> Result<Box<dyn GroupsAccumulator>> {
        match self.function.reduce {
            Reduce::Accumulator { make, .. } => {
                let accumulator = make(&self.args)?;
                Ok(Box::new(Budgeted { function: self.function, accumulator, budget: self.budget.clone() }))
            }
            Reduce::Expr(_) | Reduce::If(..) => internal_err!("{} has no accumulator", self.function.name),
        }
    }
}

impl AggregateUDFImpl for Udaf {
    fn name(&self) -> &str {
        self.function.name
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(self.returns.clone())
    }

    fn state_fields(&self, args: StateFieldsArgs) -> Result<Vec<FieldRef>> {
        let Reduce::Accumulator { state, .. } = self.function.reduce else {
            return internal_err!("{} has no accumulator", self.function.name);
        };
        let fields = state(&self.args).into_iter().enumerate();
        Ok(fields.map(|(i, ty)| Arc::new(Field::new(format!("{}[{i}]", args.name), ty, true))).collect())
    }

    fn accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn Accumulator>> {
        Ok(Box::new(OneGroup(Mutex::new(self.make()?))))
    }

    fn groups_accumulator_supported(&self, _: AccumulatorArgs) -> bool {
        true
    }

    fn create_groups_accumulator(&self, _: AccumulatorArgs) -> Result<Box<dyn GroupsAccumulator>> {
        self.make()
    }

    fn order_sensitivity(&self) -> AggregateOrderSensitivity {
        // the order is an argument
        AggregateOrderSensitivity::Insensitive
    }
}

impl PartialEq for Udaf {
    fn eq(&self, other: &Self) -> bool {
        self.function == other.function && self.args == other.args && self.returned == other.returned
    }
}

impl Eq for Udaf {}

impl Hash for Udaf {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.function.name.hash(state);
        self.args.info.types.hash(state);
    }
}

impl fmt::Debug for Udaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}({:?})", self.function.name, self.args)
    }
}

/// An accumulator that stops if its run was stopped, or if memory is short, and whose errors name the function.
struct Budgeted {
    function: &'static AggregateFunction,
    accumulator: Box<dyn GroupsAccumulator>,
    budget: Captured,
}

impl Budgeted {
    fn within<R>(&mut self, work: impl FnOnce(&mut dyn GroupsAccumulator) -> Result<R>) -> Result<R> {
        let _entered = self.budget.enter();
        let result = budget::check().and_then(|()| work(self.accumulator.as_mut()));
        result.map_err(|error| blamed(error, self.function))
    }
}

/// Whether all groups can be in memory twice: as they were collected, and as arrays.
fn room_for_copy(accumulator: &dyn GroupsAccumulator, emit_to: EmitTo) -> Result<()> {
    match emit_to {
        EmitTo::All => budget::room(accumulator.size()),
        EmitTo::First(_) => Ok(()),
    }
}

fn blamed(error: DataFusionError, function: &AggregateFunction) -> DataFusionError {
    budget::named(error, || format!("{}()", function.name))
}

impl GroupsAccumulator for Budgeted {
    fn update_batch(
        &mut self,
        values: &[ArrayRef],
        groups: &[usize],
        filter: Option<&BooleanArray>,
        total: usize,
    ) -> Result<()> {
        self.within(|accumulator| accumulator.update_batch(values, groups, filter, total))
    }

    fn evaluate(&mut self, emit_to: EmitTo) -> Result<ArrayRef> {
        self.within(|accumulator| {
            room_for_copy(accumulator, emit_to)?;
            accumulator.evaluate(emit_to)
        })
    }

    fn state(&mut self, emit_to: EmitTo) -> Result<Vec<ArrayRef>> {
        self.within(|accumulator| {
            room_for_copy(accumulator, emit_to)?;
            accumulator.state(emit_to)
        })
    }

    fn merge_batch(&mut self, states: &[ArrayRef], groups: &[usize], total: usize) -> Result<()> {
        self.within(|accumulator| accumulator.merge_batch(states, groups, total))
    }

    fn convert_to_state(&self, values: &[ArrayRef], filter: Option<&BooleanArray>) -> Result<Vec<ArrayRef>> {
        let _entered = self.budget.enter();
        self.accumulator.convert_to_state(values, filter).map_err(|error| blamed(error, self.function))
    }

    fn size(&self) -> usize {
        self.accumulator.size()
    }
}

/// A group accumulator with one group, for aggregates without `by`. The mutex is never contended: it is needed
/// because an accumulator must be `Sync` and a group accumulator is not.
struct OneGroup(Mutex<Box<dyn GroupsAccumulator>>);

impl OneGroup {
    fn get(&mut self) -> &mut Box<dyn GroupsAccumulator> {
        self.0.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for OneGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneGroup")
    }
}

impl Accumulator for OneGroup {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let rows = values.first().map_or(0, |v| v.len());
        self.get().update_batch(values, &vec![0; rows], None, 1)
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        // a group without rows is created by an empty update
        let array = self.get().evaluate(EmitTo::All)?;
        if array.is_empty() {
            return ScalarValue::try_from(array.data_type());
        }
        ScalarValue::try_from_array(&array, 0)
    }

    fn size(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).size()
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        self.get()
            .state(EmitTo::All)?
            .iter()
            .map(|array| {
                if array.is_empty() {
                    ScalarValue::try_from(array.data_type())
                } else {
                    ScalarValue::try_from_array(array, 0)
                }
            })
            .collect()
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let rows = states.first().map_or(0, |v| v.len());
        self.get().merge_batch(states, &vec![0; rows], 1)
    }
}

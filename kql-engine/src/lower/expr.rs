//! Plan expressions to DataFusion expressions.

use super::{Lowering, column};
use crate::functions::operators;
use crate::plan::{Compiled, Compiler, Expr, ExprKind, PlanColumn, StageResult};
use crate::registry::{CallInfo, Eval, LONG, ScalarFunction, Udf};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::{ArrayRef, RecordBatch};
use arrow::datatypes::{Field, Schema};
use datafusion::common::{DFSchema, DataFusionError, Result, internal_err};
use datafusion::logical_expr::{self as df, ColumnarValue, lit};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

impl Lowering<'_> {
    /// Lowers an expression; calls with constant arguments are computed here, once.
    pub fn expr(&self, e: &Expr) -> Result<df::Expr> {
        match &e.kind {
            ExprKind::Column(id) => Ok(column(*id)),
            ExprKind::Constant(value) => Ok(df::Expr::Literal(value.to_scalar(e.ty), None)),
            ExprKind::Stage(id) => match self.stages.get(id) {
                Some(StageResult::Value(value)) => Ok(df::Expr::Literal(value.to_scalar(e.ty), None)),
                _ => internal_err!("the result of stage {} is missing", id.0),
            },
            ExprKind::Convert(inner) => self.convert(inner, e.ty),
            ExprKind::Call(function, args) => {
                self.call(function, args, e.ty).inspect_err(|error| self.blame_query(error, e.span))
            }
            ExprKind::Error => internal_err!("an expression with an error was lowered"),
        }
    }

    /// Reports a constant that a function cannot use as an error of the query, not as a defect.
    pub(super) fn blame_query(&self, error: &DataFusionError, span: Span) {
        if let DataFusionError::Plan(message) = error {
            self.diagnostic
                .borrow_mut()
                .get_or_insert_with(|| Diagnostic::error(codes::INVALID_ARGUMENT, span, message.clone()));
        }
    }

    fn call(&self, function: &'static ScalarFunction, args: &[Expr], returns: ScalarType) -> Result<df::Expr> {
        let mut lowered: Vec<df::Expr> = args.iter().map(|a| self.expr(a)).collect::<Result<_>>()?;
        for (i, (value, arg)) in lowered.iter_mut().zip(args).enumerate() {
            if is_regex(function, i, args.len())
                && uses_stage(arg)
                && matches!(literal(value), Some(Value::Text(text)) if text.is_empty())
            {
                let name = function.name;
                self.tables
                    .notes()
                    .add(&format!("The pattern of {name} comes from a table without rows, so it never matches."));
                *value = df::Expr::Literal(Value::Text(NEVER.to_owned()).to_scalar(ScalarType::String), None);
            }
        }
        let constants = lowered.iter().map(literal).collect();
        let info = CallInfo { types: args.iter().map(|a| a.ty).collect(), constants, returns };
        let all_constant = info.constants.iter().all(Option::is_some) && !matches!(function.eval, Eval::PerRow(_));
        let call = match function.eval {
            Eval::Expr(lower) => lower(&info, lowered)?,
            Eval::Compiled(_)
                if operators::is_membership(function) && info.constants.iter().skip(1).all(Option::is_some) =>
            {
                let udf = Udf::prepare_without_constants(function, info)?;
                // the kernel has the items; DataFusion would copy a list of a subquery with every step of planning
                let items = lowered.iter_mut().skip(1);
                items.filter(|item| is_long(item)).for_each(|item| *item = lit(""));
                df::Expr::ScalarFunction(df::expr::ScalarFunction::new_udf(Arc::new(udf), lowered))
            }
            Eval::Kernel(_) | Eval::Compiled(_) | Eval::PerRow(_) => df::Expr::ScalarFunction(
                df::expr::ScalarFunction::new_udf(Arc::new(Udf::prepare(function, info)?), lowered),
            ),
            Eval::GeoLookup(_) => {
                let udf = Udf::prepare_lookup(function, info, self.tables.places());
                df::Expr::ScalarFunction(df::expr::ScalarFunction::new_udf(Arc::new(udf), lowered))
            }
            Eval::Noting(_) => {
                let udf = Udf::prepare_noting(function, info, self.tables.notes())?;
                df::Expr::ScalarFunction(df::expr::ScalarFunction::new_udf(Arc::new(udf), lowered))
            }
            Eval::Window(_) => return internal_err!("{} is not part of a window", function.name),
            Eval::Rewrite(_) => return internal_err!("{} was not rewritten", function.name),
        };
        if all_constant && !matches!(call, df::Expr::Literal(..)) {
            return self.compute(call);
        }
        Ok(call)
    }

    /// Converts a value to another type.
    fn convert(&self, inner: &Expr, to: ScalarType) -> Result<df::Expr> {
        use ScalarType as T;
        match (inner.ty, to) {
            (T::Int, T::Long | T::Real) | (T::Long, T::Real) => {
                let cast = df::cast(self.expr(inner)?, to.arrow());
                if matches!(inner.kind, ExprKind::Column(_)) { Ok(cast) } else { self.fold(cast) }
            }
            (T::Int | T::Long | T::Real, T::Decimal) => {
                let cast = df::try_cast(self.expr(inner)?, to.arrow());
                self.fold(cast)
            }
            _ => self.call(crate::functions::conversion::to(to), std::slice::from_ref(inner), to),
        }
    }

    /// Converts a lowered value of type `from` to another type.
    pub(super) fn convert_lowered(&self, value: df::Expr, from: ScalarType, to: ScalarType) -> Result<df::Expr> {
        let function = crate::functions::conversion::to(to);
        let info = CallInfo { types: vec![from], constants: vec![None], returns: to };
        Ok(match function.eval {
            Eval::Expr(lower) => lower(&info, vec![value])?,
            _ => Udf::prepare(function, info)?.call(vec![value]),
        })
    }

    fn fold(&self, e: df::Expr) -> Result<df::Expr> {
        if e.column_refs().is_empty() { self.compute(e) } else { Ok(e) }
    }

    /// Computes an expression without columns.
    fn compute(&self, e: df::Expr) -> Result<df::Expr> {
        let schema = DFSchema::empty();
        let physical = self.state.create_physical_expr(e, &schema)?;
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(1));
        let batch = RecordBatch::try_new_with_options(Arc::new(Schema::empty()), Vec::new(), &options)?;
        let scalar = match physical.evaluate(&batch)? {
            ColumnarValue::Scalar(scalar) => scalar,
            ColumnarValue::Array(array) => datafusion::common::ScalarValue::try_from_array(&array, 0)?,
        };
        Ok(df::Expr::Literal(scalar, None))
    }

    /// The value of a constant expression; `None` if it is null.
    pub fn constant(&self, e: &Expr) -> Result<Option<Value>> {
        match self.expr(e)? {
            df::Expr::Literal(scalar, _) => Ok(Value::from_scalar(&scalar).filter(|v| *v != Value::Null)),
            other => internal_err!("{other} is not a constant"),
        }
    }
}

/// An expression of DataFusion over given columns.
struct OverColumns {
    physical: Arc<dyn datafusion::physical_plan::PhysicalExpr>,
    schema: Arc<Schema>,
}

impl Compiler for Lowering<'_> {
    fn compile(&self, columns: &[PlanColumn], e: &Expr) -> Result<Box<dyn Compiled>> {
        let fields: Vec<Field> = columns.iter().map(|c| Field::new(super::name(c.id), c.ty.arrow(), true)).collect();
        let schema = Arc::new(Schema::new(fields));
        let physical = self.expr(e).and_then(|lowered| {
            let schema = DFSchema::try_from(schema.as_ref().clone())?;
            self.state.create_physical_expr(lowered, &schema)
        })?;
        Ok(Box::new(OverColumns { physical, schema }))
    }

    fn note(&self, sentence: &str) {
        self.tables.notes().add(sentence);
    }
}

impl Compiled for OverColumns {
    fn values(&self, row: &[ArrayRef], rows: usize) -> Result<ArrayRef> {
        let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(rows));
        RecordBatch::try_new_with_options(self.schema.clone(), row.to_vec(), &options)
            .map_err(DataFusionError::from)
            .and_then(|batch| self.physical.evaluate(&batch)?.into_array(rows))
    }
}

/// A regular expression that no text matches. It has a group, for functions that need one.
const NEVER: &str = r"([^\x{0}-\x{10FFFF}])";

/// Whether an argument of a function is a regular expression.
fn is_regex(function: &ScalarFunction, argument: usize, arguments: usize) -> bool {
    function.signatures.iter().any(|s| s.parameter(argument, arguments).is_some_and(|p| p.name.ends_with("egex")))
}

/// Whether an expression uses the result of a subquery.
fn uses_stage(e: &Expr) -> bool {
    let mut uses = false;
    e.walk(&mut |e| uses |= matches!(e.kind, ExprKind::Stage(_)));
    uses
}

/// Whether an item is a constant that takes much memory.
fn is_long(item: &df::Expr) -> bool {
    matches!(item, df::Expr::Literal(datafusion::common::ScalarValue::Utf8(Some(text)), _) if text.len() > LONG)
}

fn literal(e: &df::Expr) -> Option<Value> {
    match e {
        df::Expr::Literal(scalar, _) => Value::from_scalar(scalar),
        _ => None,
    }
}

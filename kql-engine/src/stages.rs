//! Converts the rows of a subquery to its result.

use crate::error::{Error, run_error};
use crate::plan::{Compiler, Relation, Stage, StageKind, StageResult, TableFunction, TableFunctionError};
use crate::stored_rows::{Numbering, RowsWriter, StoredRows};
use crate::value::Value;
use datafusion::common::{Result as RunResult, ScalarValue};
use datafusion::execution::runtime_env::RuntimeEnv;
use std::sync::Arc;

/// How the rows of a stage are stored while it runs: numbered if they are its result.
pub(crate) fn numbering(stage: &Stage) -> Numbering {
    match &stage.kind {
        StageKind::Table(None) => Numbering::Numbered,
        _ => Numbering::AsTheyAre,
    }
}

/// What holds the rows of a stage, as it is written in KQL.
pub(crate) fn holder(stage: &Stage) -> &str {
    match &stage.kind {
        StageKind::Scalar => "toscalar",
        StageKind::List => "in",
        StageKind::Table(None) => "materialize",
        StageKind::Table(Some(function)) => function.name(),
    }
}

/// The result of a stage whose relation has these rows.
pub(crate) fn result(
    stage: &Stage,
    rows: StoredRows,
    compiler: &dyn Compiler,
    environment: &Arc<RuntimeEnv>,
) -> Result<StageResult, Error> {
    Ok(match &stage.kind {
        StageKind::Scalar => StageResult::Value(first_value(&rows).map_err(run_error)?),
        StageKind::List => StageResult::Value(list(&stage.relation, &rows).map_err(run_error)?),
        StageKind::Table(None) => StageResult::Rows(Arc::new(rows)),
        StageKind::Table(Some(function)) => {
            let made = made(function.as_ref(), &rows, compiler, environment);
            StageResult::Rows(Arc::new(made.map_err(|error| match error {
                TableFunctionError::Expression(error) => run_error(error),
                error => Error::Function(Box::new(error)),
            })?))
        }
    })
}

fn made(
    function: &dyn TableFunction,
    rows: &StoredRows,
    compiler: &dyn Compiler,
    environment: &Arc<RuntimeEnv>,
) -> Result<StoredRows, TableFunctionError> {
    let mut out = RowsWriter::new(environment, function.name(), Numbering::Numbered);
    function.run(rows, compiler, &mut out)?;
    Ok(out.finish()?)
}

/// The first value of the first column.
fn first_value(rows: &StoredRows) -> RunResult<Value> {
    for batch in rows.batches()? {
        let batch = batch?;
        if let Some(column) = batch.columns().first().filter(|column| !column.is_empty()) {
            let scalar = ScalarValue::try_from_array(column, 0)?;
            return Ok(Value::from_scalar(&scalar).unwrap_or(Value::Null));
        }
    }
    Ok(Value::Null)
}

/// How often the text of a list is in memory: while it grows, in the plan, and as the set of its values.
const COPIES: usize = 6;

/// All values of the first column as a dynamic array.
fn list(relation: &Relation, rows: &StoredRows) -> RunResult<Value> {
    let mut text = "[".to_owned();
    let Some(column) = relation.columns.first() else { return Ok(Value::Text("[]".to_owned())) };
    for batch in rows.batches()? {
        let batch = batch?;
        let Some(array) = batch.columns().first() else { continue };
        for row in 0..batch.num_rows() {
            let scalar = ScalarValue::try_from_array(array, row)?;
            if text.len() > 1 {
                text.push(',');
            }
            crate::dynamic::write::value(&Value::from_scalar(&scalar).unwrap_or(Value::Null), column.ty, &mut text);
            rows.room(text.len().saturating_mul(COPIES))?;
        }
    }
    text.push(']');
    Ok(Value::Text(text))
}

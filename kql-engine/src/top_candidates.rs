//! `top` sees only the best rows of each batch.
//!
//! Logs are sorted by time, and their last rows are asked for: each batch then replaces all rows that DataFusion's heap
//! holds, one by one. The best rows of a batch are found faster by selection, and only these are copied.

use arrow::array::{Array, ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray};
use arrow::buffer::BooleanBuffer;
use arrow::datatypes::{DataType, Int32Type, Int64Type};
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::{Transformed, TransformedResult, TreeNode};
use datafusion::common::{Result, ScalarValue, internal_err};
use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility};
use datafusion::physical_expr::expressions::lit;
use datafusion::physical_expr::{PhysicalExpr, PhysicalSortExpr, ScalarFunctionExpr};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::execution_plan::{ChildrenPropertiesMode, ReplaceChildrenOptions};
use datafusion::physical_plan::filter::FilterExec;
use datafusion::physical_plan::projection::ProjectionExec;
use datafusion::physical_plan::sorts::sort::SortExec;
use std::sync::Arc;

/// The rows of a batch for each row that is wanted, at least: with fewer, leaving rows out saves nothing.
const WORTH: usize = 8;

/// The rule that places a filter for the best rows of each batch below each `top` by a whole number or a time.
#[derive(Debug)]
pub(crate) struct TopCandidates;

impl PhysicalOptimizerRule for TopCandidates {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        plan.transform_up(|node| {
            let narrowed = node.downcast_ref::<SortExec>().map(|sort| narrowed(sort, config)).transpose()?.flatten();
            Ok(narrowed.map_or_else(|| Transformed::no(node), Transformed::yes))
        })
        .data()
    }

    fn name(&self) -> &str {
        "top_candidates"
    }

    fn schema_check(&self) -> bool {
        true
    }
}

/// The sort over the best rows of each batch.
fn narrowed(sort: &SortExec, config: &ConfigOptions) -> Result<Option<Arc<dyn ExecutionPlan>>> {
    let Some(wanted) =
        sort.fetch().filter(|wanted| wanted.saturating_mul(WORTH) <= usize::from(config.execution.batch_size))
    else {
        return Ok(None);
    };
    let (first, input) = (sort.expr().first(), sort.input());
    let whole = matches!(first.expr.data_type(&input.schema())?, DataType::Int32 | DataType::Int64);
    if !whole || !row_by_row(input) {
        return Ok(None);
    }
    let filter = FilterExec::try_new(candidates(first, wanted, config), input.clone())?;
    let options = ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute);
    Arc::new(sort.clone()).replace_children(vec![Arc::new(filter)], options).map(Some)
}

/// Whether these rows are those of a table, filtered and extended: what joins and groups return is short.
fn row_by_row(plan: &Arc<dyn ExecutionPlan>) -> bool {
    let own = matches!(plan.name(), "NumberExec" | "ParquetGuard");
    let between = own || plan.is::<FilterExec>() || plan.is::<ProjectionExec>();
    plan.children().is_empty() || between && plan.children().into_iter().all(row_by_row)
}

/// Whether a row can be among the first `wanted` by a key.
fn candidates(key: &PhysicalSortExpr, wanted: usize, config: &ConfigOptions) -> Arc<dyn PhysicalExpr> {
    let function = ScalarUDF::new_from_impl(TopCandidate::new());
    let arguments = vec![
        key.expr.clone(),
        lit(i64::try_from(wanted).unwrap_or(i64::MAX)),
        lit(key.options.descending),
        lit(key.options.nulls_first),
    ];
    let field = Arc::new(arrow::datatypes::Field::new("top_candidate", DataType::Boolean, false));
    Arc::new(ScalarFunctionExpr::new("top_candidate", Arc::new(function), arguments, field, Arc::new(config.clone())))
}

/// `top_candidate(key, wanted, descending, nulls_first)`: whether a row can be among the first `wanted` of its batch, and so of
/// all. Equal keys are kept: other keys can decide between them.
#[derive(Debug, PartialEq, Eq, Hash)]
pub(crate) struct TopCandidate {
    signature: Signature,
}

impl TopCandidate {
    pub(crate) fn new() -> TopCandidate {
        TopCandidate { signature: Signature::any(4, Volatility::Volatile) }
    }
}

impl ScalarUDFImpl for TopCandidate {
    fn name(&self) -> &str {
        "top_candidate"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(DataType::Boolean)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let rows = args.number_rows;
        let [
            key,
            ColumnarValue::Scalar(ScalarValue::Int64(Some(wanted))),
            ColumnarValue::Scalar(ScalarValue::Boolean(Some(descending))),
            ColumnarValue::Scalar(ScalarValue::Boolean(Some(nulls_first))),
        ] = args.args.as_slice()
        else {
            return internal_err!("a key, a number and two flags are expected");
        };
        let wanted = usize::try_from(*wanted).unwrap_or(usize::MAX);
        let key: ArrayRef = key.to_array(rows)?;
        let best = match key.data_type() {
            DataType::Int64 => best::<Int64Type>(&key, wanted, *descending, *nulls_first),
            DataType::Int32 => best::<Int32Type>(&key, wanted, *descending, *nulls_first),
            other => return internal_err!("a key of type {other} has no candidates"),
        };
        Ok(ColumnarValue::Array(Arc::new(BooleanArray::new(best, None))))
    }
}

/// The rows whose keys are among the first `wanted`, and those equal to the last of them.
fn best<T: ArrowPrimitiveType>(key: &ArrayRef, wanted: usize, descending: bool, nulls_first: bool) -> BooleanBuffer
where
    T::Native: Ord,
{
    let key = key.as_primitive::<T>();
    let rows = key.len();
    let all = || BooleanBuffer::new_set(rows);
    let nulls = key.nulls().filter(|nulls| nulls.null_count() > 0);
    let missing = key.null_count();
    // places that are left for values
    let wanted = if nulls_first { wanted.saturating_sub(missing) } else { wanted };
    let mut values: Vec<T::Native> = match nulls {
        None => key.values().to_vec(),
        Some(nulls) => nulls.valid_indices().map(|row| key.value(row)).collect(),
    };
    if wanted > values.len() || (nulls_first && wanted == values.len()) {
        return all();
    }
    if wanted == 0 {
        return nulls.map_or_else(all, |nulls| !nulls.inner());
    }
    let last = match descending {
        true => *values.select_nth_unstable_by(wanted - 1, |a, b| b.cmp(a)).1,
        false => *values.select_nth_unstable(wanted - 1).1,
    };
    let values = key.values();
    let best = match descending {
        true => BooleanBuffer::collect_bool(rows, |row| values[row] >= last),
        false => BooleanBuffer::collect_bool(rows, |row| values[row] <= last),
    };
    match nulls {
        None => best,
        Some(nulls) if nulls_first => &best | &!nulls.inner(),
        Some(nulls) => &best & nulls.inner(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::array::Int64Array;
    use arrow::compute::{SortOptions, sort_to_indices};
    use proptest::prelude::*;

    proptest! {
        /// No row that belongs to the first ones of a stable sort is left out, and none that is worse than the last of them is
        /// kept.
        #[test]
        fn keeps_the_first_rows(
            keys in prop::collection::vec(prop::option::weighted(0.8, -5i64..5), 0..60),
            wanted in 1usize..20,
            descending: bool,
            nulls_first: bool,
        ) {
            let keys: ArrayRef = Arc::new(Int64Array::from(keys));
            let kept = best::<Int64Type>(&keys, wanted, descending, nulls_first);
            let order = sort_to_indices(&keys, Some(SortOptions { descending, nulls_first }), None).expect("sorts");
            let order: Vec<usize> = order.values().iter().map(|row| *row as usize).collect();
            let first = &order[..wanted.min(order.len())];
            for row in first {
                prop_assert!(kept.value(*row));
            }
            if let (Some(last), true) = (first.last(), order.len() > wanted) {
                let same = |row: usize| keys.slice(row, 1) == keys.slice(*last, 1);
                for row in &order[wanted..] {
                    prop_assert_eq!(kept.value(*row), same(*row));
                }
            }
        }
    }
}

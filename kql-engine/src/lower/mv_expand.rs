//! `mv-expand`: lists of elements, unnested together.

use super::{Lowering, column, name};
use crate::dynamic::expand::{ExpandItems, ItemCount};
use crate::plan::{ColumnId, Expanded, Expr, Node};
use crate::types::ScalarType;
use crate::value::Value;
use datafusion::common::{Column, Result, UnnestOptions};
use datafusion::logical_expr::{self as df, LogicalPlan, LogicalPlanBuilder, ScalarUDF};
use std::sync::Arc;

impl Lowering<'_> {
    /// Converts each expanded value to a list, adds a list of positions as long as the longest, and unnests them together.
    pub(super) fn mv_expand(
        &self,
        input: &Arc<Node>,
        expanded: &[Expanded],
        index: ColumnId,
        limit: Option<&Expr>,
    ) -> Result<LogicalPlan> {
        let limit = match limit {
            Some(limit) => match self.constant(limit)? {
                Some(Value::Long(n)) => Some(usize::try_from(n).unwrap_or(0)),
                _ => None,
            },
            None => None,
        };
        let input_plan = self.node(input)?;
        let mut columns: Vec<df::Expr> = input.columns().iter().map(|(id, _)| column(*id)).collect();
        let mut unnested = Vec::with_capacity(expanded.len() + 1);
        let mut values = Vec::with_capacity(expanded.len());
        for item in expanded {
            let value = self.expr(&item.value)?;
            let udf = ScalarUDF::new_from_impl(ExpandItems::new(item.bag_as_array, limit, item.ty));
            columns.push(udf.call(vec![value.clone()]).alias(name(item.id)));
            unnested.push(Column::new_unqualified(name(item.id)));
            values.push(value);
        }
        columns.push(ScalarUDF::new_from_impl(ItemCount::new(limit)).call(values).alias(name(index)));
        unnested.push(Column::new_unqualified(name(index)));
        let plan = LogicalPlanBuilder::from(input_plan)
            .project(columns)?
            .unnest_columns_with_options(unnested, UnnestOptions::new().with_preserve_nulls(false))?
            .build()?;
        let mut outputs: Vec<df::Expr> = input.columns().iter().map(|(id, _)| column(*id)).collect();
        for item in expanded {
            outputs.push(if item.ty == ScalarType::Dynamic {
                column(item.id)
            } else {
                self.convert_lowered(column(item.id), ScalarType::Dynamic, item.ty)?.alias(name(item.id))
            });
        }
        outputs.push(column(index));
        LogicalPlanBuilder::from(plan).project(outputs)?.build()
    }
}

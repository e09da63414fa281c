//! Planning can be stopped: each rule of DataFusion asks first whether the run goes on.

use crate::budget;
use datafusion::common::Result;
use datafusion::common::config::ConfigOptions;
use datafusion::common::tree_node::Transformed;
use datafusion::logical_expr::LogicalPlan;
use datafusion::optimizer::optimizer::ApplyOrder;
use datafusion::optimizer::{AnalyzerRule, OptimizerConfig, OptimizerRule};
use datafusion::physical_optimizer::PhysicalOptimizerRule;
use datafusion::physical_plan::ExecutionPlan;
use std::sync::Arc;

/// A rule that fails with the error of [`budget::check`] if the run was stopped.
#[derive(Debug)]
pub(crate) struct Stoppable<R>(pub(crate) R);

impl AnalyzerRule for Stoppable<Arc<dyn AnalyzerRule + Send + Sync>> {
    fn analyze(&self, plan: LogicalPlan, config: &ConfigOptions) -> Result<LogicalPlan> {
        budget::check()?;
        self.0.analyze(plan, config)
    }

    fn name(&self) -> &str {
        self.0.name()
    }
}

impl OptimizerRule for Stoppable<Arc<dyn OptimizerRule + Send + Sync>> {
    fn name(&self) -> &str {
        self.0.name()
    }

    fn apply_order(&self) -> Option<ApplyOrder> {
        self.0.apply_order()
    }

    // called for each node of a plan
    fn rewrite(&self, plan: LogicalPlan, config: &dyn OptimizerConfig) -> Result<Transformed<LogicalPlan>> {
        budget::check()?;
        self.0.rewrite(plan, config)
    }
}

impl PhysicalOptimizerRule for Stoppable<Arc<dyn PhysicalOptimizerRule + Send + Sync>> {
    fn optimize(&self, plan: Arc<dyn ExecutionPlan>, config: &ConfigOptions) -> Result<Arc<dyn ExecutionPlan>> {
        budget::check()?;
        self.0.optimize(plan, config)
    }

    fn name(&self) -> &str {
        self.0.name()
    }

    fn schema_check(&self) -> bool {
        self.0.schema_check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::budget::{Budget, enter};
    use crate::progress::Progress;
    use datafusion::optimizer::{Optimizer, OptimizerContext};
    use tokio_util::sync::CancellationToken;

    #[test]
    fn a_stopped_run_is_not_planned_any_further() {
        let plan = || datafusion::logical_expr::LogicalPlanBuilder::empty(true).build().unwrap();
        let rules = Optimizer::new().rules.into_iter().map(|rule| Arc::new(Stoppable(rule)) as _).collect();
        let optimizer = Optimizer::with_rules(rules);
        let cancel = CancellationToken::new();
        let memory = Arc::default();
        let progress = Arc::new(Progress::default());
        let _guard = enter(Budget::new(&progress, &cancel, &memory));
        let config = OptimizerContext::new();
        assert!(optimizer.optimize(plan(), &config, |_, _| {}).is_ok());
        cancel.cancel();
        assert!(optimizer.optimize(plan(), &config, |_, _| {}).is_err());
    }
}

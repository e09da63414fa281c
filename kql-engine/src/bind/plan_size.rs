//! How far a plan can grow beyond the text of its query.
//!
//! A `let` that names the one before twice doubles the plan with each line, and so do functions that call each other: thirty
//! lines would take all memory. Expressions that the text itself spells out do not count; steps do, wherever they are used.

use super::Binder;
use crate::plan::{Expr, Node};
use kql_parser::codes;
use kql_parser::{Diagnostic, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// Expressions and steps that names can stand for in one query, where the engine's settings give no other number.
pub const MAX_PLAN_SIZE: usize = 100_000;

/// What the names of a query have brought into its plan.
#[derive(Default)]
pub(super) struct PlanSize {
    /// Expressions of scalar names and of bodies of functions.
    expressions: usize,
    /// The size of each node with everything below it, a shared part counted wherever it is used.
    nodes: HashMap<*const Node, (Arc<Node>, usize)>,
    exceeded: bool,
}

impl Binder<'_> {
    /// Whether the plan is too large: nothing more is bound then.
    pub(super) fn is_too_large(&self) -> bool {
        self.plan_size.exceeded
    }

    /// Counts the expressions of a name that is used at `span`.
    pub(super) fn count_copy(&mut self, value: &Expr, span: Span) {
        // a constant costs nothing, however often it is used
        if value.as_constant().is_none() {
            let mut count = 0;
            value.walk(&mut |_| count += 1);
            self.count_expressions(count, span);
        }
    }

    /// Counts expressions that stand in the body of a function that is called at `span`.
    pub(super) fn count_expressions(&mut self, count: usize, span: Span) {
        self.plan_size.expressions = self.plan_size.expressions.saturating_add(count);
        if self.plan_size.expressions > self.environment.max_plan_size() {
            self.report_size(span);
        }
    }

    /// Checks the size of a plan that the step at `span` made.
    pub(super) fn check_size(&mut self, node: &Arc<Node>, span: Span) {
        if self.plan_size.tree(node) > self.environment.max_plan_size() {
            self.report_size(span);
        }
    }

    fn report_size(&mut self, span: Span) {
        if self.plan_size.exceeded {
            return;
        }
        self.plan_size.exceeded = true;
        let message = format!(
            "The query is too large: with its names written out it has more than {} steps or expressions.",
            self.environment.max_plan_size()
        );
        self.report(
            Diagnostic::error(codes::QUERY_TOO_LARGE, span, message)
                .with_help("use materialize(), or names that use other names less often"),
        );
    }
}

impl PlanSize {
    /// The number of nodes in the tree of a plan.
    fn tree(&mut self, node: &Arc<Node>) -> usize {
        if let Some((_, size)) = self.nodes.get(&Arc::as_ptr(node)) {
            return *size;
        }
        let size = node.inputs().into_iter().map(|input| self.tree(input)).fold(1, usize::saturating_add);
        self.nodes.insert(Arc::as_ptr(node), (node.clone(), size));
        size
    }
}

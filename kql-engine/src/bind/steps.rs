//! The steps of pipelines, which a traced run counts.

use super::Binder;
use crate::plan::{Node, Relation, StepInfo};
use kql_parser::{Span, ast};
use std::sync::Arc;

impl Binder<'_> {
    /// The relation after a step of a pipeline, counted in a traced run: 0 is its source. The steps of saved functions are
    /// not in the text of the query.
    ///
    /// Without a source, the first operator makes the rows (`print`), or they come from the operator around the pipeline.
    pub fn step(&mut self, relation: Relation, pipeline: &ast::Pipeline, place: usize, makes_rows: bool) -> Relation {
        let has_rows = relation.graph.is_none() && relation.tables.is_empty();
        if !self.environment.traces() || self.in_saved_function() || !has_rows {
            return relation;
        }
        let first = pipeline.operators.first();
        let start = pipeline.source.as_ref().map(|source| source.span).or(first.map(|first| first.span));
        let operator = match makes_rows {
            true => pipeline.operators.get(place),
            false => place.checked_sub(1).and_then(|at| pipeline.operators.get(at)),
        };
        let (span, name) = match operator {
            Some(operator) => (operator.span, Some(operator.name_span)),
            None => match &pipeline.source {
                Some(source) => (source.span, None),
                None => (Span::empty(start.map_or(0, |span| span.start)), None),
            },
        };
        let pipeline = start.map_or(0, |span| span.start as usize);
        let step = self.query.steps.len();
        self.query.steps.push(StepInfo { span, name, pipeline, place });
        Relation { node: Arc::new(Node::Probe { input: relation.node.clone(), step }), ..relation }
    }

    /// Where an expression is in the text of the query. One in the body of a saved function is at the call, and nowhere in a
    /// traced run.
    pub(super) fn own_span(&self, span: Span) -> Span {
        match &self.inside {
            Some(_) if self.environment.traces() => Span::default(),
            Some((call, _)) => *call,
            None => span,
        }
    }
}

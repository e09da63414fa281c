//! Functions over the elements of a graph's pattern: `map(e, x)`, `all(e, p)`, `any(inner_nodes(e), p)`, `node_degree_in(n)`.

use super::{Binder, Row};
use crate::plan::{Expr, ExprKind, GraphCall, GraphCallKind, GraphOver, PlanColumn};
use crate::types::ScalarType;
use kql_parser::{Span, ast};

/// The names of a pattern, and what is computed over its elements.
#[derive(Debug, Default)]
pub struct PatternNames {
    /// The named elements.
    pub variables: Vec<(String, PatternVariable)>,
    /// The columns of nodes.
    pub nodes: Vec<PlanColumn>,
    /// The columns of edges.
    pub edges: Vec<PlanColumn>,
    /// The functions met so far.
    pub calls: Vec<GraphCall>,
}

/// What a name of a pattern stands for, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PatternVariable {
    /// A node.
    Node(usize),
    /// An edge.
    Edge(usize),
    /// An edge of variable length.
    Path(usize),
}

impl Binder<'_> {
    /// Binds a call of one of these functions; none where it is no such function.
    pub(super) fn pattern_call(&mut self, call: &ast::Call, span: Span, row: Row) -> Option<Expr> {
        let kind = match call.name.text.as_str() {
            "map" => GraphCallKind::Map,
            "all" => GraphCallKind::All,
            "any" => GraphCallKind::Any,
            "node_degree_in" => GraphCallKind::DegreeIn,
            "node_degree_out" => GraphCallKind::DegreeOut,
            "inner_nodes" => {
                self.error("KQ203", call.name.span, "inner_nodes() stands in map(), all() and any() only.");
                return Some(Expr::error(span));
            }
            "labels" | "node_id" => {
                let message = format!("The function '{}' is not supported here.", call.name.text);
                self.error("KQ201", call.name.span, message);
                return Some(Expr::error(span));
            }
            _ => return None,
        };
        let of_nodes = matches!(kind, GraphCallKind::DegreeIn | GraphCallKind::DegreeOut);
        let expected = if of_nodes { 1 } else { 2 };
        if call.args.len() != expected {
            let arguments = if expected == 1 { "argument" } else { "arguments" };
            let message = format!("The function '{}' expects {expected} {arguments}.", call.name.text);
            self.error("KS119", call.name.span, message);
            return Some(Expr::error(span));
        }
        let over = call.args.first().and_then(|a| self.pattern_element(a));
        let over = match over {
            Some(over @ GraphOver::Node(_)) if of_nodes => over,
            Some(over @ (GraphOver::Edges(_) | GraphOver::InnerNodes(_))) if !of_nodes => over,
            _ => {
                let wanted = if of_nodes { "a node of the pattern" } else { "an edge of variable length" };
                let message = format!("The function '{}' goes over {wanted}.", call.name.text);
                self.error("KQ203", call.args.first().map_or(span, |a| a.span), message);
                return Some(Expr::error(span));
            }
        };
        let names = self.pattern.as_ref()?;
        let columns = if matches!(over, GraphOver::Edges(_)) { names.edges.clone() } else { names.nodes.clone() };
        let columns: Vec<PlanColumn> = columns.into_iter().map(|c| PlanColumn { id: self.new_id(), ..c }).collect();
        let value = match (call.args.get(1), kind) {
            (Some(value), GraphCallKind::Map) => Some(self.expr(value, Row { columns: &columns, ..row })),
            (Some(value), _) => Some(self.predicate(value, Row { columns: &columns, ..row })),
            (None, _) => None,
        };
        if value.as_ref().is_some_and(|v| v.kind == ExprKind::Error) {
            return Some(Expr::error(span));
        }
        let ty = match kind {
            GraphCallKind::Map => ScalarType::Dynamic,
            GraphCallKind::All | GraphCallKind::Any => ScalarType::Bool,
            GraphCallKind::DegreeIn | GraphCallKind::DegreeOut => ScalarType::Long,
        };
        let id = self.new_id();
        self.pattern.as_mut()?.calls.push(GraphCall { id, ty, kind, over, columns, value });
        Some(Expr { kind: ExprKind::Column(id), ty, span })
    }

    /// What an argument goes over.
    fn pattern_element(&self, e: &ast::Expr) -> Option<GraphOver> {
        let variable = |e: &ast::Expr| match &e.kind {
            ast::ExprKind::Name(name) => {
                let names = self.pattern.as_ref()?;
                names.variables.iter().find(|(n, _)| *n == name.text).map(|(_, v)| *v)
            }
            _ => None,
        };
        if let ast::ExprKind::Call(call) = &e.kind
            && call.name.text == "inner_nodes"
        {
            return match call.args.as_slice() {
                [edge] => match variable(edge)? {
                    PatternVariable::Path(n) => Some(GraphOver::InnerNodes(n)),
                    _ => None,
                },
                _ => None,
            };
        }
        match variable(e)? {
            PatternVariable::Node(n) => Some(GraphOver::Node(n)),
            PatternVariable::Path(n) => Some(GraphOver::Edges(n)),
            PatternVariable::Edge(_) => None,
        }
    }
}

//! Functions over the elements of a graph's pattern: `map(e, x)`, `all(e, p)`, `any(inner_nodes(e), p)`, `node_degree_in(n)`.

use super::{Binder, Row};
use crate::functions::dynamic::BAG_PACK;
use crate::plan::{ColumnId, Expr, ExprKind, GraphCall, GraphCallKind, GraphOver, PlanColumn};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Span, ast};

/// The names of a pattern, and the expressions computed over its elements.
#[derive(Debug, Default)]
pub struct PatternNames {
    /// The named elements.
    pub variables: Vec<(String, PatternVariable)>,
    /// The columns of nodes.
    pub nodes: Vec<PlanColumn>,
    /// The columns of edges.
    pub edges: Vec<PlanColumn>,
    /// The functions found so far.
    pub calls: Vec<GraphCall>,
    /// If the expression is about one node: the degrees of that node found so far, of edges that end there (true) or
    /// start there.
    pub degrees: Option<Vec<(ColumnId, bool)>>,
}

/// The element that a name of a pattern refers to, by number.
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
    /// Binds a call of one of these functions; `None` for any other function.
    pub(super) fn pattern_call(&mut self, call: &ast::Call, span: Span, row: Row) -> Option<Expr> {
        let kind = match call.name.text.as_str() {
            "map" => GraphCallKind::Map,
            "all" => GraphCallKind::All,
            "any" => GraphCallKind::Any,
            "node_degree_in" => GraphCallKind::DegreeIn,
            "node_degree_out" => GraphCallKind::DegreeOut,
            "inner_nodes" => {
                self.error(
                    codes::GRAPH_FUNCTION_ARGUMENT,
                    call.name.span,
                    "inner_nodes() is only allowed in map(), all() and any().",
                );
                return Some(Expr::error(span));
            }
            "labels" | "node_id" => {
                let message = format!("The function '{}' is not supported yet.", call.name.text);
                self.error(codes::UNSUPPORTED_FUNCTION, call.name.span, message);
                return Some(Expr::error(span));
            }
            _ => return None,
        };
        let of_nodes = matches!(kind, GraphCallKind::DegreeIn | GraphCallKind::DegreeOut);
        if of_nodes && call.args.is_empty() {
            return Some(self.own_degree(call, kind == GraphCallKind::DegreeIn, span));
        }
        let expected = if of_nodes { 1 } else { 2 };
        if call.args.len() != expected {
            let arguments = if expected == 1 { "argument" } else { "arguments" };
            let message = format!("The function '{}' expects {expected} {arguments}.", call.name.text);
            self.error(codes::ARGUMENT_COUNT, call.name.span, message);
            return Some(Expr::error(span));
        }
        let over = call.args.first().and_then(|a| self.pattern_element(a));
        let over = match over {
            Some(over @ GraphOver::Node(_)) if of_nodes => over,
            Some(over @ (GraphOver::Edges(_) | GraphOver::InnerNodes(_))) if !of_nodes => over,
            _ => {
                let wanted = if of_nodes { "a node of the pattern" } else { "an edge of variable length" };
                let message = format!("The function '{}' expects {wanted}.", call.name.text);
                self.error(codes::GRAPH_FUNCTION_ARGUMENT, call.args.first().map_or(span, |a| a.span), message);
                return Some(Expr::error(span));
            }
        };
        let names = self.pattern.as_ref()?;
        let columns = if matches!(over, GraphOver::Edges(_)) { names.edges.clone() } else { names.nodes.clone() };
        let columns: Vec<PlanColumn> = columns.into_iter().map(|c| PlanColumn { id: self.new_id(), ..c }).collect();
        // inside, the degree of a node can be used without naming the node
        let outer = {
            let names = self.pattern.as_mut()?;
            let inside = (!of_nodes && matches!(over, GraphOver::InnerNodes(_))).then(Vec::new);
            std::mem::replace(&mut names.degrees, inside)
        };
        let value = match (call.args.get(1), kind) {
            (Some(value), GraphCallKind::Map) => Some(self.expr(value, Row { columns: &columns, ..row })),
            (Some(value), _) => Some(self.predicate(value, Row { columns: &columns, ..row })),
            (None, _) => None,
        };
        let degrees = std::mem::replace(&mut self.pattern.as_mut()?.degrees, outer).unwrap_or_default();
        if value.as_ref().is_some_and(|v| v.kind == ExprKind::Error) {
            return Some(Expr::error(span));
        }
        let ty = match kind {
            GraphCallKind::Map => ScalarType::Dynamic,
            GraphCallKind::All | GraphCallKind::Any => ScalarType::Bool,
            GraphCallKind::DegreeIn | GraphCallKind::DegreeOut => ScalarType::Long,
        };
        let id = self.new_id();
        self.pattern.as_mut()?.calls.push(GraphCall { id, ty, kind, over, columns, value, degrees });
        Some(Expr { kind: ExprKind::Column(id), ty, span })
    }

    /// The degree of the node that the enclosing expression is about.
    fn own_degree(&mut self, call: &ast::Call, ends_here: bool, span: Span) -> Expr {
        let id = self.new_id();
        match self.pattern.as_mut().and_then(|names| names.degrees.as_mut()) {
            Some(degrees) => {
                degrees.push((id, ends_here));
                Expr { kind: ExprKind::Column(id), ty: ScalarType::Long, span }
            }
            None => {
                let message = format!(
                    "The function '{}' expects a node of the pattern, unless it is inside a function over \
                     inner_nodes().",
                    call.name.text
                );
                self.error(codes::ARGUMENT_COUNT, call.name.span, message);
                Expr::error(span)
            }
        }
    }

    /// A whole element of the pattern, as a bag of its columns; `None` if the name does not refer to one.
    pub(super) fn whole_element(&self, name: &ast::Name, span: Span, row: Row) -> Option<Expr> {
        let names = self.pattern.as_ref()?;
        names.variables.iter().find(|(n, _)| *n == name.text)?;
        let (_, columns) = row.steps.iter().find(|(n, _)| *n == name.text)?;
        let args = columns.iter().flat_map(|c| {
            [Expr::constant(Value::Text(c.name.clone()), ScalarType::String, span), Expr::column(c, span)]
        });
        Some(Expr::call(&BAG_PACK, args.collect(), ScalarType::Dynamic, span))
    }

    /// The elements that an argument refers to.
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

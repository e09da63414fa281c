//! Queries that depend on the time at which they run.

use kql_engine::ScalarType;
use kql_parser::Span;
use kql_parser::ast::{Expr, ExprKind, LetValue, Literal, Parameter, ParameterType, StatementKind, Visit, visit};

/// The first place where a query depends on the time; `None` if it does not.
pub(crate) fn depends_on_time(query: &str) -> Option<Span> {
    let parse = kql_parser::parse(query);
    let mut finder = Finder(None);
    visit(&mut finder, &parse.query);
    finder.0
}

struct Finder(Option<Span>);

impl Visit for Finder {
    fn enter_expr(&mut self, e: &Expr) -> bool {
        let found = match &e.kind {
            ExprKind::Call(call) => matches!(call.name.text.as_str(), "now" | "ago"),
            ExprKind::Literal(Literal::DatetimeNow | Literal::TimeOfDay(_)) => true,
            _ => false,
        };
        if found {
            self.0.get_or_insert(e.span);
        }
        self.0.is_none()
    }
}

/// The position of the value of a `let` scalar; `None` if the query has none with this name.
pub(super) fn let_value(query: &str, name: &str) -> Option<Span> {
    let parse = kql_parser::parse(query);
    parse.query.statements.iter().find_map(|statement| match &statement.kind {
        StatementKind::Let(l) if l.name.text == name => match &l.value {
            LetValue::Expr(e) if !matches!(e.kind, ExprKind::Pipeline(_) | ExprKind::Datatable(_)) => Some(e.span),
            _ => None,
        },
        _ => None,
    })
}

/// The names and types of the parameters that a query declares.
pub(super) fn declared_parameters(query: &str) -> Vec<(String, ScalarType)> {
    let parse = kql_parser::parse(query);
    let declared = parse.query.statements.into_iter().filter_map(|statement| match statement.kind {
        StatementKind::DeclareQueryParameters(parameters) => Some(parameters),
        _ => None,
    });
    let typed = |parameter: Parameter| {
        let ty = match &parameter.ty {
            ParameterType::Scalar(ty) => ScalarType::from_name(&ty.text),
            ParameterType::Tabular(..) => None,
        };
        (parameter.name.text, ty.unwrap_or(ScalarType::String))
    };
    declared.flatten().map(typed).collect()
}

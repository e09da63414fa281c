//! Statements, and calls of the functions that `let` defines.

use super::{Binder, Row, Scope, Symbol, UserFunction};
use crate::dynamic::read::strictly_compact;
use crate::plan::{Expr, ExprKind, Relation};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Diagnostic, Span, ast};
use std::sync::Arc;

/// The result of a call of a user's function.
pub enum Called {
    /// A scalar.
    Scalar(Expr),
    /// A table.
    Table(Relation),
}

impl Binder<'_> {
    /// Binds the statements of a query; expression statements are its results.
    pub fn statements(&mut self, statements: &[ast::Statement]) {
        let mut declared: Vec<&str> = Vec::new();
        for (i, statement) in statements.iter().enumerate() {
            match &statement.kind {
                ast::StatementKind::Let(l) => {
                    if declared.contains(&l.name.text.as_str()) {
                        let message = format!("A variable with the name '{}' has already been declared.", l.name.text);
                        self.error(codes::DUPLICATE_VARIABLE, l.name.span, message);
                    }
                    declared.push(&l.name.text);
                    self.let_statement(l);
                }
                ast::StatementKind::Expr(e) => {
                    let mut relation = self.result(e);
                    if relation.tables.is_empty() {
                        relation = self.finished(relation);
                    } else {
                        let tables = std::mem::take(&mut relation.tables);
                        relation.tables = tables.into_iter().map(|table| self.finished(table)).collect();
                    }
                    if let Some(most) = self.options.get("query_take_max_records").cloned() {
                        relation.tables = std::mem::take(&mut relation.tables)
                            .into_iter()
                            .map(|table| crate::operators::at_most(self, &most, table))
                            .collect();
                        if relation.tables.is_empty() {
                            relation = crate::operators::at_most(self, &most, relation);
                        }
                    }
                    if gives_named_tables(e) && i + 1 < statements.len() {
                        // the following statements can name its tables
                        for table in relation.tables {
                            if let Some(name) = table.title.clone() {
                                let table = Relation { name: None, title: None, ..table };
                                self.scope = self.scope.with(name, Symbol::Table(table));
                            }
                        }
                    } else if relation.tables.is_empty() {
                        self.query.results.push(relation);
                    } else {
                        self.query.results.append(&mut relation.tables);
                    }
                }
                ast::StatementKind::DeclareQueryParameters(parameters) => self.query_parameters(parameters),
                ast::StatementKind::DeclarePattern(pattern) => self.declare_pattern(pattern),
                ast::StatementKind::Set(name, value) => self.set(name, value.as_ref()),
                // another name of a database: all databases are one offline
                ast::StatementKind::Alias(..) | ast::StatementKind::Error => {}
                #[allow(unreachable_patterns)] // statements the parser knows and the engine does not run yet
                _ => self.error(codes::UNSUPPORTED_STATEMENT, statement.span, "This statement is not supported yet."),
            }
        }
        if self.query.results.is_empty() && self.diagnostics.iter().all(|d| !d.is_error()) {
            let end = statements.last().map_or(0, |s| s.span.end);
            self.error(
                codes::EMPTY_QUERY,
                Span::empty(end),
                "The query has no tabular expression, so it produces no result.",
            );
        }
    }

    /// A result: columns of unknown type become strings.
    fn finished(&mut self, relation: Relation) -> Relation {
        let open = relation.open || relation.columns.iter().any(|c| c.ty == ScalarType::Unknown);
        Relation { open, ..self.with_known_types(relation) }
    }

    fn result(&mut self, e: &ast::Expr) -> Relation {
        if self.is_tabular(e) || !self.is_scalar_statement(e) {
            let relation = self.tables(e);
            return if relation.graph.is_some() { self.one_table(relation, e.span) } else { relation };
        }
        self.error(
            codes::TABLE_EXPECTED,
            e.span,
            "A query must return a table, but this is a scalar; use print to show it.",
        );
        self.empty_relation()
    }

    fn is_scalar_statement(&self, e: &ast::Expr) -> bool {
        use ast::ExprKind as K;
        match &e.kind {
            K::Parens(inner) => self.is_scalar_statement(inner),
            K::Call(call) => crate::functions::scalar(&call.name.text).is_some(),
            K::Literal(_) | K::Unary(..) | K::Binary(_) | K::In(_) | K::Between(_) => true,
            K::Name(name) => matches!(self.scope.find(&name.text), Some(Symbol::Scalar(_))),
            _ => false,
        }
    }

    fn let_statement(&mut self, l: &ast::Let) {
        let symbol = match &l.value {
            ast::LetValue::Function(function) => {
                self.check_function(&l.name.text, function);
                Symbol::Function(Arc::new(UserFunction {
                    name: l.name.text.clone(),
                    function: function.clone(),
                    scope: self.scope.clone(),
                    stored: false,
                }))
            }
            ast::LetValue::Expr(ast::Expr { kind: ast::ExprKind::EntityGroup(places), .. }) => {
                Symbol::EntityGroup(places.len())
            }
            ast::LetValue::Expr(e) => match self.let_expr(e) {
                Called::Scalar(value) => self.scalar_symbol(value),
                Called::Table(relation) => {
                    // withsource names a let table by its position, unless it is only another name of a table
                    let name = relation.name.filter(|_| matches!(e.kind, ast::ExprKind::Name(_)));
                    super::open::symbol(self, Relation { name, render: None, ..relation })
                }
            },
        };
        self.scope = self.scope.with(l.name.text.clone(), symbol);
    }

    fn scalar_symbol(&self, value: Expr) -> Symbol {
        match super::calls::has_column(&value) {
            true => Symbol::RowValue(value, self.table_depth),
            false => Symbol::Scalar(value),
        }
    }

    fn let_expr(&mut self, e: &ast::Expr) -> Called {
        if self.is_tabular(e) {
            return Called::Table(self.tables(e));
        }
        if let ast::ExprKind::Name(name) = &e.kind
            && self.scope.find(&name.text).is_none()
        {
            // an unknown bare name is that of a table
            return Called::Table(self.tables(e));
        }
        Called::Scalar(self.expr(e, Row::default()))
    }

    /// Checks the defaults and types of a function's parameters at its definition.
    fn check_function(&mut self, name: &str, function: &ast::Function) {
        let mut seen: Vec<&str> = Vec::new();
        for parameter in &function.parameters {
            if seen.contains(&parameter.name.text.as_str()) {
                let message = format!("A parameter with the name '{}' has already been declared.", parameter.name.text);
                self.error(codes::DUPLICATE_VARIABLE, parameter.name.span, message);
            }
            seen.push(&parameter.name.text);
            if let ast::ParameterType::Scalar(ty) = &parameter.ty {
                let ty = self.scalar_type(ty);
                self.default_value(parameter, ty);
            }
        }
        if function
            .body
            .last()
            .is_none_or(|s| !matches!(s.kind, ast::StatementKind::Expr(_) | ast::StatementKind::Error))
        {
            self.error(
                codes::INVALID_FUNCTION_BODY,
                function.span,
                format!("The body of the function '{name}' must end with an expression."),
            );
        }
    }

    /// The value of a parameter without an argument; a name is accepted there, but only a literal has a value.
    fn default_value(&mut self, parameter: &ast::Parameter, ty: ScalarType) -> Option<Expr> {
        let default = parameter.default.as_ref()?;
        if let ast::ExprKind::Name(_) = default.kind {
            let message = "The default of a parameter must be a literal scalar value.";
            if !self.diagnostics.iter().any(|d| d.code == codes::LITERAL_DEFAULT_EXPECTED && d.span == default.span) {
                self.error(codes::LITERAL_DEFAULT_EXPECTED, default.span, message);
            }
            return Some(Expr::error(default.span));
        }
        Some(self.expr(default, Row::default()).convert(ty))
    }

    /// The text given for a query parameter, in the parameter's type.
    fn parameter_value(&mut self, text: &str, ty: ScalarType, name: &ast::Name) -> Expr {
        // a dynamic one is JSON, or a literal as a query has it
        let literal = text.trim().strip_prefix("dynamic(").and_then(|rest| rest.strip_suffix(')'));
        let mut json = String::new();
        if ty == ScalarType::Dynamic && strictly_compact(literal.unwrap_or(text).trim(), &mut json) {
            let value = if json == "null" { Value::Null } else { Value::Text(json) };
            return Expr::constant(value, ty, name.span);
        }
        let value = Expr::constant(Value::Text(text.to_owned()), ScalarType::String, name.span).convert(ty);
        if !text.is_empty() && self.environment.constant(&value).is_some_and(|value| value == Value::Null) {
            let message =
                format!("The value '{text}' of the query parameter '{}' is not a valid {}.", name.text, ty.name());
            self.error(codes::INVALID_LITERAL, name.span, message);
        }
        value
    }

    fn query_parameters(&mut self, parameters: &[ast::Parameter]) {
        for parameter in parameters {
            let ast::ParameterType::Scalar(ty) = &parameter.ty else {
                self.error(codes::INVALID_TYPE_NAME, parameter.name.span, "A query parameter must be a scalar.");
                continue;
            };
            let ty = self.scalar_type(ty);
            let name = parameter.name.text.as_str();
            let value = match self.environment.parameter(name) {
                Some(text) => Some(self.parameter_value(text, ty, &parameter.name)),
                None => self.default_value(parameter, ty),
            };
            let value = value.unwrap_or_else(|| {
                self.report(
                    Diagnostic::error(
                        codes::MISSING_ARGUMENT,
                        parameter.name.span,
                        format!("The query parameter '{name}' has no value."),
                    )
                    .with_help(format!("set it with --param {name}=VALUE")),
                );
                Expr::error(parameter.name.span)
            });
            self.scope = self.scope.with(name, Symbol::Scalar(value));
        }
    }

    /// A saved function, parsed; errors in its text are reported at `span`.
    pub fn stored(&mut self, name: &str, span: Span) -> Option<Arc<UserFunction>> {
        let saved = self.environment.function(name)?;
        let body = saved.body.trim();
        let braces = body.starts_with('{') && body.ends_with('}');
        let text = if braces {
            format!("let {STORED} = {}{body};", saved.parameters)
        } else {
            format!("let {STORED} = {}{{{body}\n}};", saved.parameters)
        };
        let parse = kql_parser::parse(&text);
        if let Some(d) = parse.diagnostics.iter().find(|d| d.is_error()) {
            self.error(d.code, span, format!("The saved function '{name}' is not valid: {}", d.message));
            return None;
        }
        let function = parse.query.statements.into_iter().find_map(|s| match s.kind {
            ast::StatementKind::Let(ast::Let { value: ast::LetValue::Function(f), .. }) => Some(f),
            _ => None,
        })?;
        Some(Arc::new(UserFunction { name: name.to_owned(), function, scope: Scope::default(), stored: true }))
    }

    /// Calls a user's function where a table is expected.
    pub fn user_table(&mut self, function: &Arc<UserFunction>, args: &[ast::Expr], span: Span) -> Relation {
        self.user_table_of(function, None, args, span)
    }

    /// Calls a user's function with a table as the first argument.
    pub fn user_table_of(
        &mut self,
        function: &Arc<UserFunction>,
        first: Option<Relation>,
        args: &[ast::Expr],
        span: Span,
    ) -> Relation {
        match self.user_call(function, first, args, span, Row::default()) {
            Some(Called::Table(relation)) => {
                let name = function.function.view.then(|| function.name.clone());
                Relation { name, ..relation }
            }
            Some(Called::Scalar(value)) => {
                if value.ty != ScalarType::Unknown {
                    self.error(
                        codes::TABLE_EXPECTED,
                        span,
                        format!("Expected a table, but '{}' returns a scalar.", function.name),
                    );
                }
                self.empty_relation()
            }
            None => self.empty_relation(),
        }
    }

    /// Calls a user's function: its body is bound with the parameters as names.
    pub fn user_call(
        &mut self,
        function: &Arc<UserFunction>,
        first: Option<Relation>,
        args: &[ast::Expr],
        span: Span,
        row: Row,
    ) -> Option<Called> {
        self.count_expressions(1, span);
        if self.is_too_large() {
            return None;
        }
        let scope = self.bind_parameters(function, first, args, span, row)?;
        let inside = match (&self.inside, function.stored) {
            (None, true) => Some((span, function.name.clone())),
            (inside, _) => inside.clone(),
        };
        let saved = (std::mem::replace(&mut self.scope, scope), std::mem::replace(&mut self.inside, inside));
        let aggregates = self.aggregates.take();
        // a body numbers its unnamed columns separately
        let unnamed = std::mem::take(&mut self.unnamed);
        let result = self.deeper(&function.name, span, |binder| binder.function_body(&function.function.body));
        self.unnamed = unnamed;
        (self.scope, self.inside) = saved;
        self.aggregates = aggregates;
        result
    }

    /// Binds statements in brackets that end with a table, such as those of `macro-expand`.
    pub fn block(&mut self, body: &[ast::Statement], span: Span) -> Relation {
        match self.function_body(body) {
            Some(Called::Table(relation)) => self.one_table(relation, span),
            Some(Called::Scalar(value)) => {
                if value.ty != ScalarType::Unknown {
                    self.error(codes::TABLE_EXPECTED, value.span, "Expected a table.");
                }
                self.empty_relation()
            }
            None => self.empty_relation(),
        }
    }

    /// Binds an option. Unknown options are accepted, as in Microsoft's binder; an option that would change the result of a
    /// query, and is not supported, is refused.
    fn set(&mut self, name: &ast::Name, value: Option<&ast::Expr>) {
        let Some(value) = value else { return };
        self.options.insert(name.text.clone(), value.clone());
        match name.text.as_str() {
            "query_now" => {
                let bound = self.expr(value, Row::default());
                match (bound.ty, bound.as_constant()) {
                    (ScalarType::Datetime, Some(Value::Long(ticks))) => self.now = Some(*ticks),
                    (ScalarType::Unknown, _) => {}
                    _ => self.error(
                        codes::INVALID_OPTION,
                        value.span,
                        "query_now expects a datetime such as datetime(2024-05-01).",
                    ),
                }
            }
            "query_datetimescope_column" | "query_datetimescope_from" | "query_datetimescope_to" => {
                let message = format!("The option '{}' is not supported.", name.text);
                self.error(codes::UNSUPPORTED_OPTION, name.span, message);
            }
            _ => {}
        }
    }

    /// The time of the query.
    pub(super) fn now(&self) -> i64 {
        self.now.unwrap_or_else(|| self.environment.now())
    }

    pub(super) fn function_body(&mut self, body: &[ast::Statement]) -> Option<Called> {
        let (last, before) = body.split_last()?;
        for statement in before {
            match &statement.kind {
                ast::StatementKind::Let(l) => self.let_statement(l),
                ast::StatementKind::Error | ast::StatementKind::Set(..) => {}
                _ => self.error(
                    codes::INVALID_FUNCTION_BODY,
                    statement.span,
                    "Only let statements are allowed before the result of a function.",
                ),
            }
        }
        match &last.kind {
            ast::StatementKind::Expr(e) => Some(self.let_expr(e)),
            _ => None,
        }
    }

    fn bind_parameters(
        &mut self,
        function: &Arc<UserFunction>,
        first: Option<Relation>,
        args: &[ast::Expr],
        span: Span,
        row: Row,
    ) -> Option<Scope> {
        let mut parameters = function.function.parameters.as_slice();
        let mut scope = function.scope.clone();
        if let Some(table) = first {
            let Some((parameter, rest)) = parameters.split_first() else {
                self.error(
                    codes::ARGUMENT_COUNT,
                    span,
                    format!("The function '{}' expects 0 arguments.", function.name),
                );
                return None;
            };
            let ast::ParameterType::Tabular(columns, _) = &parameter.ty else {
                let message = format!("The first parameter of the function '{}' is not a table.", function.name);
                self.error(codes::TABLE_EXPECTED, span, message);
                return None;
            };
            if !self.has_columns(&table, columns, span) {
                return None;
            }
            scope = scope.with(parameter.name.text.clone(), super::open::symbol(self, table));
            parameters = rest;
        }
        let mut given: Vec<Option<&ast::Expr>> = vec![None; parameters.len()];
        let mut ok = true;
        for (i, arg) in args.iter().enumerate() {
            let (place, value) = match &arg.kind {
                ast::ExprKind::Named(named) if !named.tuple => {
                    let name = named.names.first().map_or("", |n| n.text.as_str());
                    let place = parameters.iter().position(|p| p.name.text == name);
                    if place.is_none() {
                        let message = format!("The function '{}' has no parameter '{name}'.", function.name);
                        self.error(codes::UNKNOWN_PARAMETER, arg.span, message);
                        ok = false;
                        continue;
                    }
                    (place, &named.value)
                }
                _ => (Some(i), arg),
            };
            match place.and_then(|p| given.get_mut(p)) {
                Some(slot) => *slot = Some(value),
                None => {
                    let n = parameters.len();
                    let arguments = if n == 1 { "argument" } else { "arguments" };
                    self.error(
                        codes::ARGUMENT_COUNT,
                        span,
                        format!("The function '{}' expects {n} {arguments}.", function.name),
                    );
                    return None;
                }
            }
        }
        for (parameter, given) in parameters.iter().zip(given) {
            let symbol = match (&parameter.ty, given) {
                (ast::ParameterType::Tabular(columns, _), Some(arg)) => {
                    let relation = self.tabular(arg);
                    ok &= self.has_columns(&relation, columns, arg.span);
                    super::open::symbol(self, relation)
                }
                (ast::ParameterType::Scalar(ty), Some(arg)) => {
                    let ty = ScalarType::from_name(&ty.text).unwrap_or(ScalarType::Unknown);
                    let value = if ty == ScalarType::Dynamic && self.is_tabular(arg) {
                        // a table is the list of the values in its first column, as for in and has_any
                        let relation = self.tabular(arg);
                        let stage = self.add_stage(relation, crate::plan::StageKind::List);
                        Expr { kind: ExprKind::Stage(stage), ty, span: arg.span }
                    } else {
                        self.expr(arg, row)
                    };
                    ok &= value.kind != ExprKind::Error;
                    self.scalar_symbol(value.convert(ty))
                }
                (ast::ParameterType::Scalar(ty), None) => {
                    let ty = ScalarType::from_name(&ty.text).unwrap_or(ScalarType::Unknown);
                    let Some(value) = self.default_value(parameter, ty) else {
                        ok = self.missing_argument(parameter, span);
                        continue;
                    };
                    Symbol::Scalar(value)
                }
                (ast::ParameterType::Tabular(..), None) => {
                    ok = self.missing_argument(parameter, span);
                    continue;
                }
            };
            scope = scope.with(parameter.name.text.clone(), symbol);
        }
        ok.then_some(scope)
    }

    fn missing_argument(&mut self, parameter: &ast::Parameter, span: Span) -> bool {
        self.error(
            codes::MISSING_ARGUMENT,
            span,
            format!("The argument for parameter '{}' is missing.", parameter.name.text),
        );
        false
    }

    fn has_columns(&mut self, relation: &Relation, wanted: &[ast::ColumnDeclaration], span: Span) -> bool {
        let missing: Vec<&str> = wanted
            .iter()
            .filter(|w| !relation.open && relation.columns.iter().all(|c| c.name != w.name.text))
            .map(|w| w.name.text.as_str())
            .collect();
        if missing.is_empty() {
            return true;
        }
        let d = Diagnostic::error(
            codes::MISSING_REQUIRED_COLUMNS,
            span,
            "The tabular value does not have the required columns.",
        )
        .with_help(format!("missing: {}", missing.join(", ")));
        self.report(d);
        false
    }
}

/// The name under which a saved function is parsed.
const STORED: &str = "__stored";

/// Whether an expression ends with a `graph-to-table` that names two tables.
fn gives_named_tables(e: &ast::Expr) -> bool {
    match &e.kind {
        ast::ExprKind::Parens(inner) => gives_named_tables(inner),
        ast::ExprKind::Pipeline(pipeline) => pipeline
            .operators
            .last()
            .is_some_and(|o| matches!(&o.kind, ast::OperatorKind::GraphToTable(outputs) if outputs.len() > 1)),
        _ => false,
    }
}

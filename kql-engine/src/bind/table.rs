//! Tabular expressions: names of tables, calls that return tables, pipelines.

use super::special::{Bind, special};
use super::{Binder, Symbol};
use crate::plan::{Expr, Node, OrderKey, PlanColumn, Relation, StageKind};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::codes;
use kql_parser::suggest;
use kql_parser::{Diagnostic, Span, ast};
use std::sync::Arc;

impl Binder<'_> {
    /// Whether an expression is a table, judging by its syntax and the names in scope.
    pub fn is_tabular(&self, e: &ast::Expr) -> bool {
        match &e.kind {
            ast::ExprKind::Pipeline(_) | ast::ExprKind::Datatable(_) | ast::ExprKind::Externaldata(_) => true,
            ast::ExprKind::Parens(inner) => self.is_tabular(inner),
            ast::ExprKind::Name(name) => match self.scope.find(&name.text) {
                Some(Symbol::Table(_) | Symbol::Pattern(_)) => true,
                Some(Symbol::Scalar(_) | Symbol::RowValue(..) | Symbol::Database | Symbol::EntityGroup(_)) => false,
                Some(Symbol::Function(f)) => self.gives_table(&f.function),
                None => self.environment.function(&name.text).is_some() || self.environment.table(&name.text).is_some(),
            },
            ast::ExprKind::Call(call) => match self.scope.find(&call.name.text) {
                Some(Symbol::Function(f)) => self.gives_table(&f.function),
                Some(Symbol::Pattern(_)) => true,
                Some(_) => false,
                None => {
                    special(&call.name.text).is_some_and(|f| matches!(f.bind, Bind::Table(_)))
                        || super::service::gives_table(&call.name.text)
                        || (crate::functions::scalar(&call.name.text).is_none()
                            && crate::aggregates::aggregate(&call.name.text).is_none()
                            && self.environment.function(&call.name.text).is_some())
                }
            },
            ast::ExprKind::Method(..) => true,
            ast::ExprKind::Path(base, _) => self.is_place(base),
            _ => false,
        }
    }

    /// Whether a function's last statement is a table, judging by its syntax.
    fn gives_table(&self, function: &ast::Function) -> bool {
        let Some(ast::StatementKind::Expr(result)) = function.body.last().map(|s| &s.kind) else { return false };
        // a parameter or a let of the body hides the outer meaning of the name
        let local = |name: &str| -> Option<bool> {
            let parameter = function.parameters.iter().find(|p| p.name.text == name);
            if let Some(p) = parameter {
                return Some(matches!(p.ty, ast::ParameterType::Tabular(..)));
            }
            function.body.iter().rev().find_map(|s| match &s.kind {
                ast::StatementKind::Let(l) if l.name.text == name => Some(match &l.value {
                    ast::LetValue::Expr(e) => self.is_tabular(e),
                    ast::LetValue::Function(f) => self.gives_table(f),
                }),
                _ => None,
            })
        };
        match &result.kind {
            ast::ExprKind::Name(name) => local(&name.text).unwrap_or_else(|| self.is_tabular(result)),
            ast::ExprKind::Call(call) => local(&call.name.text).unwrap_or_else(|| self.is_tabular(result)),
            _ => self.is_tabular(result),
        }
    }

    /// Binds a tabular expression.
    pub fn tabular(&mut self, e: &ast::Expr) -> Relation {
        let relation = self.tables(e);
        self.one_table(relation, e.span)
    }

    /// Binds a leg of a fuzzy union; `None` with a warning if it names an unknown table.
    pub fn tabular_if_known(&mut self, e: &ast::Expr) -> Option<Relation> {
        let before = self.diagnostics.len();
        let relation = self.tabular(e);
        let unknown = self.diagnostics.iter().skip(before).any(|d| d.is_error() && d.code == codes::UNKNOWN_TABLE);
        if !unknown {
            return Some(relation);
        }
        // the other errors in the leg are consequences
        let reported = self.diagnostics.split_off(before);
        self.diagnostics.extend(reported.into_iter().filter(|d| d.code == codes::UNKNOWN_TABLE).map(|d| Diagnostic {
            code: codes::UNKNOWN_FUZZY_TABLE,
            severity: kql_parser::Severity::Warning,
            ..d
        }));
        None
    }

    /// The relation, if it is a single table: the results of `fork` and `facet` can only be results of the query.
    pub fn one_table(&mut self, relation: Relation, span: Span) -> Relation {
        if relation.graph.is_some() {
            self.error(codes::TABLE_NOT_GRAPH, span, "Expected a table, but this is a graph.");
            return self.empty_relation();
        }
        if relation.tables.is_empty() {
            return relation;
        }
        self.error(codes::SEVERAL_TABLES, span, "Expected a single table, but this produces several.");
        self.empty_relation()
    }

    /// Binds a tabular expression that can return several tables.
    pub fn tables(&mut self, e: &ast::Expr) -> Relation {
        self.table_depth += 1;
        let relation = self.tables_of(e);
        self.table_depth -= 1;
        relation
    }

    fn tables_of(&mut self, e: &ast::Expr) -> Relation {
        match &e.kind {
            ast::ExprKind::Parens(inner) => self.tables_of(inner),
            ast::ExprKind::Pipeline(pipeline) => self.pipeline(pipeline),
            ast::ExprKind::Datatable(datatable) => crate::operators::datatable::bind(self, datatable),
            ast::ExprKind::Name(name) => self.table_name(name, e.span),
            ast::ExprKind::Call(call) => self.tabular_call(call, e.span),
            ast::ExprKind::Error => self.empty_relation(),
            ast::ExprKind::Method(..) | ast::ExprKind::Path(..) => self.qualified(e),
            ast::ExprKind::Externaldata(external) => crate::operators::externaldata::bind(self, external),
            _ => {
                self.error(codes::TABLE_EXPECTED, e.span, "Expected a table.");
                self.empty_relation()
            }
        }
    }

    fn pipeline(&mut self, pipeline: &ast::Pipeline) -> Relation {
        let mut operators = pipeline.operators.iter();
        let mut relation = match &pipeline.source {
            Some(source) => self.tables(source),
            None => match operators.next() {
                Some(first) => crate::operators::bind_source(self, first),
                None => self.empty_relation(),
            },
        };
        let start = pipeline.operators.first().map_or_else(Span::default, |operator| operator.name_span);
        let source = pipeline.source.as_ref().map_or(start, |source| source.span);
        self.check_size(&relation.node, source);
        let makes_rows = pipeline.source.is_none();
        relation = self.step(relation, pipeline, 0, makes_rows);
        let outer = self.scope.clone();
        for (place, operator) in operators.enumerate() {
            if self.is_too_large() {
                relation = self.empty_relation();
                break;
            }
            if relation.graph.is_none() {
                relation = self.one_table(relation, operator.name_span);
            }
            relation = crate::operators::bind(self, operator, relation);
            self.check_size(&relation.node, operator.name_span);
            relation = self.step(relation, pipeline, place + 1, makes_rows);
        }
        // `as` names the table for the rest of its pipeline
        self.scope = outer;
        relation
    }

    /// Binds the operators of a subquery over the rows of the enclosing operator.
    pub fn subquery(&mut self, pipeline: &ast::Pipeline, input: Relation) -> Relation {
        let outer = self.scope.clone();
        let mut relation = match &pipeline.source {
            Some(source) => self.tabular(source),
            None => self.step(input, pipeline, 0, false),
        };
        for (place, operator) in pipeline.operators.iter().enumerate() {
            relation = crate::operators::bind(self, operator, relation);
            relation = self.one_table(relation, operator.name_span);
            relation = self.step(relation, pipeline, place + 1, false);
        }
        self.scope = outer;
        relation
    }

    /// Calls a function with a table as its first argument.
    pub fn invoke(&mut self, call: &ast::Call, input: Relation) -> Relation {
        let name = call.name.text.as_str();
        let function = match self.scope.find(name) {
            Some(Symbol::Function(function)) => Some(function.clone()),
            _ => self.stored(name, call.name.span),
        };
        match function {
            Some(function) => self.user_table_of(&function, Some(input), &call.args, call.name.span),
            None => {
                if let Some(extended) = self.service_invoke(call, &input) {
                    return extended;
                }
                self.unknown_function(&call.name);
                Relation { open: true, ..input }
            }
        }
    }

    fn table_name(&mut self, name: &ast::Name, span: Span) -> Relation {
        match self.scope.find(&name.text).cloned() {
            Some(Symbol::Table(relation)) => return self.with_known_names(relation),
            Some(Symbol::Function(function)) => {
                return self.user_table(&function, &[], span);
            }
            Some(Symbol::Pattern(_)) => {
                self.error(codes::ARGUMENT_COUNT, span, format!("The pattern '{}' requires arguments.", name.text));
                return self.empty_relation();
            }
            Some(Symbol::Database | Symbol::EntityGroup(_)) => {
                self.error(
                    codes::TABLE_EXPECTED,
                    span,
                    format!("Expected a table, but '{}' is a database reference.", name.text),
                );
                return self.empty_relation();
            }
            Some(Symbol::Scalar(_) | Symbol::RowValue(..)) => {
                self.error(codes::TABLE_EXPECTED, span, format!("Expected a table, but '{}' is a scalar.", name.text));
                return self.empty_relation();
            }
            None => {}
        }
        if let Some(function) = self.stored(&name.text, span) {
            return self.user_table(&function, &[], span);
        }
        self.stored_table(&name.text, span)
    }

    /// A table of another database or workspace: the local one with that name, or one without rows.
    fn table_elsewhere(&mut self, name: &str, span: Span) -> Relation {
        if self.environment.table(name).is_some() {
            return self.stored_table(name, span);
        }
        if let Some(function) = self.stored(name, span) {
            return self.user_table(&function, &[], span);
        }
        let message = format!("The table '{name}' of another database is not available; it is treated as empty.");
        self.report(
            Diagnostic::warning(codes::UNKNOWN_TABLE, span, message)
                .with_help("pass a file of that name with --data to use it as this table"),
        );
        self.empty_relation()
    }

    /// A table of the catalogue or the data.
    pub fn stored_table(&mut self, name: &str, span: Span) -> Relation {
        match self.environment.table(name) {
            Some(Ok(schema)) => {
                let columns: Vec<PlanColumn> =
                    schema.columns.iter().map(|c| self.new_column(c.name.clone(), c.ty)).collect();
                let (node, hidden) = self.scan(name, &columns, span);
                self.record_table(name, span, &columns);
                Relation { node, columns, hidden, open: false, name: Some(name.to_owned()), ..Relation::default() }
            }
            Some(Err(error)) => {
                self.error(codes::UNREADABLE_DATA, span, error.to_string());
                self.empty_relation()
            }
            None if self.in_saved_function() => {
                // a parser names the tables of all its vendors' connectors, and few workspaces have them all
                let message = format!("The table '{name}' is not known; it is treated as empty.");
                self.report(Diagnostic::warning(codes::UNKNOWN_TABLE, span, message));
                self.empty_relation()
            }
            None => {
                let mut names = self.environment.table_names();
                names.extend(
                    self.scope.names().filter(|(_, s)| !matches!(s, Symbol::Scalar(_))).map(|(n, _)| n.to_owned()),
                );
                let message =
                    format!("The name '{name}' does not refer to any known table, tabular variable or function.");
                let mut d = Diagnostic::error(codes::UNKNOWN_TABLE, span, message);
                d.help = Some(match suggest(name, names.iter().map(String::as_str)) {
                    Some(like) => format!("did you mean '{like}'?"),
                    None => "pass a file of that name with --data to use it as this table".to_owned(),
                });
                self.report(d);
                self.empty_relation()
            }
        }
    }

    /// The rows of a table, and the columns that it has in addition to the listed ones.
    fn scan(&mut self, name: &str, columns: &[PlanColumn], span: Span) -> (Arc<Node>, Vec<PlanColumn>) {
        let mut stored = columns.to_vec();
        let mut hidden = Vec::new();
        let mut absent = Vec::new();
        for (column, has) in self.environment.hidden(name) {
            let column = self.new_column(column.name, column.ty);
            hidden.push(column.clone());
            if has { stored.push(column) } else { absent.push(column) }
        }
        let node = Arc::new(Node::Scan { table: name.to_owned(), columns: stored.clone() });
        let node = self.within_times(node, &stored, span);
        let lacks_type = self.environment.lacks_type(name);
        if absent.is_empty() && !lacks_type {
            return (node, hidden);
        }
        // in rows without it, the column with this name contains the name of the table
        let is_type = |c: &PlanColumn| c.name == "Type" && c.ty == ScalarType::String;
        let table = || Expr::constant(Value::Text(name.to_owned()), ScalarType::String, span);
        let own = |c: &PlanColumn| {
            let own = Expr::column(c, span);
            match (crate::functions::scalar("isempty"), crate::functions::scalar("iff")) {
                (Some(isempty), Some(iff)) if lacks_type && is_type(c) => {
                    let test = Expr::call(isempty, vec![own.clone()], ScalarType::Bool, span);
                    Expr::call(iff, vec![test, table(), own], ScalarType::String, span)
                }
                _ => own,
            }
        };
        let missing = |c: &PlanColumn| if is_type(c) { table() } else { crate::plan::missing(c.ty) };
        let pairs = stored.iter().map(|c| (c.id, own(c))).chain(absent.iter().map(|c| (c.id, missing(c))));
        (Arc::new(Node::Project { input: node, columns: pairs.collect() }), hidden)
    }

    fn tabular_call(&mut self, call: &ast::Call, span: Span) -> Relation {
        let name = call.name.text.as_str();
        match self.scope.find(name).cloned() {
            Some(Symbol::Function(function)) => return self.user_table(&function, &call.args, span),
            Some(Symbol::Pattern(pattern)) => return self.pattern_table(&pattern, call, None, span),
            _ => {}
        }
        if let Some(table) = self.special_table(call, span) {
            return table;
        }
        if crate::functions::scalar(name).is_some() || crate::aggregates::aggregate(name).is_some() {
            self.error(codes::TABLE_EXPECTED, span, format!("Expected a table, but '{name}' returns a scalar."));
            return self.empty_relation();
        }
        if let Some(function) = self.stored(name, call.name.span) {
            return self.user_table(&function, &call.args, span);
        }
        if let Some(table) = self.service_table(call, span) {
            return table;
        }
        self.unknown_function(&call.name);
        self.empty_relation()
    }

    /// A relation that is computed once, before it is used; a function can replace its columns.
    pub fn staged(&mut self, input: Relation, kind: StageKind, columns: Option<Vec<PlanColumn>>) -> Relation {
        let mut input = input;
        let hidden = std::mem::take(&mut input.hidden);
        // a function knows only the listed columns
        let hidden = if columns.is_none() { hidden } else { Vec::new() };
        let mut copy = |all: &[PlanColumn]| -> Vec<PlanColumn> {
            all.iter().map(|c| self.new_column(c.name.clone(), c.ty)).collect()
        };
        let columns = columns.unwrap_or_else(|| copy(&input.columns));
        let new_hidden = copy(&hidden);
        input.columns.extend(hidden);
        let hidden = new_hidden;
        let row = self.new_column("row", ScalarType::Long);
        // the function's result is in the order in which it is produced
        let ordered = !input.order.is_empty() || matches!(kind, StageKind::Table(Some(_)));
        let serialized = input.serialized;
        let (name, render, open) = (input.name.clone(), input.render.clone(), input.open);
        let stage = self.add_stage(input, kind);
        Relation {
            node: Arc::new(Node::Stage {
                stage,
                columns: columns.iter().chain(&hidden).cloned().chain([row.clone()]).collect(),
            }),
            columns,
            hidden,
            order: if ordered {
                vec![OrderKey { column: row.id, ascending: true, nulls_first: true }]
            } else {
                Vec::new()
            },
            serialized,
            name,
            render,
            open,
            ..Relation::default()
        }
    }

    /// Whether an expression is the name that `macro-expand` gives a database.
    fn is_place(&self, e: &ast::Expr) -> bool {
        matches!(&e.kind, ast::ExprKind::Name(name) if matches!(self.scope.find(&name.text), Some(Symbol::Database)))
    }

    /// `database('d').T`, `cluster('c').database('d').T`: offline there is only one database, so only the table's name
    /// counts.
    fn qualified(&mut self, e: &ast::Expr) -> Relation {
        let bare = self.environment.is_bare();
        let is_place = |call: &ast::Call| match call.name.text.as_str() {
            "database" | "cluster" => true,
            "workspace" | "app" | "resource" | "arg" | "adx" => !bare,
            _ => false,
        };
        fn rooted(e: &ast::Expr, is_place: &dyn Fn(&ast::Call) -> bool) -> bool {
            match &e.kind {
                ast::ExprKind::Call(call) => is_place(call),
                ast::ExprKind::Method(base, call) => is_place(call) && rooted(base, is_place),
                _ => false,
            }
        }
        if let ast::ExprKind::Path(base, name) = &e.kind
            && let ast::ExprKind::Call(call) = &base.kind
            && let Some(Symbol::Pattern(pattern)) = self.scope.find(&call.name.text).cloned()
        {
            return self.pattern_table(&pattern, call, Some(&name.text), e.span);
        }
        match &e.kind {
            ast::ExprKind::Path(base, name) if self.is_place(base) => self.table_elsewhere(&name.text, e.span),
            ast::ExprKind::Method(base, call) if self.is_place(base) => self.tabular_call(call, e.span),
            ast::ExprKind::Path(base, name) if rooted(base, &is_place) => self.table_elsewhere(&name.text, e.span),
            ast::ExprKind::Method(base, call) if rooted(base, &is_place) && !is_place(call) => {
                self.tabular_call(call, e.span)
            }
            ast::ExprKind::Path(base, _) | ast::ExprKind::Method(base, _) if bare => {
                match &base.kind {
                    ast::ExprKind::Call(call) => self.unknown_function(&call.name),
                    _ => self.error(codes::TABLE_EXPECTED, e.span, "Expected a table."),
                }
                self.empty_relation()
            }
            _ => {
                self.error(codes::TABLE_EXPECTED, e.span, "Expected a table.");
                self.empty_relation()
            }
        }
    }
}

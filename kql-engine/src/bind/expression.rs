//! Scalar expressions.

use super::coerce::{self, Operands};
use super::{Binder, Symbol};
use crate::functions::operators;
use crate::plan::{Dropped, Expr, ExprKind, Node, PlanColumn, Relation, StageKind};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::ast::{self, BinaryOp};
use kql_parser::codes;
use kql_parser::suggest;
use kql_parser::{Diagnostic, Span};
use std::sync::Arc;

/// The columns that an expression can name.
#[derive(Clone, Copy, Default)]
pub struct Row<'r> {
    /// Those of the input.
    pub columns: &'r [PlanColumn],
    /// Columns that can be named although they are not listed.
    pub hidden: &'r [PlanColumn],
    /// Whether other names can be columns too.
    pub open: bool,
    /// `$left` and `$right`, in the condition of a join.
    pub sides: Option<(Side<'r>, Side<'r>)>,
    /// In `scan`, the columns that each step stores: `step.column`.
    pub steps: &'r [(String, Vec<PlanColumn>)],
    /// Whether the query has ordered the rows, so that functions can refer to other rows.
    pub serialized: bool,
    /// Whether every column must be inside an aggregate: in `summarize`, outside the aggregates' arguments.
    pub aggregates_only: bool,
    /// The operators before that dropped columns.
    pub dropped: &'r [Arc<Dropped>],
}

/// A side of a join, for its condition.
#[derive(Clone, Copy)]
pub struct Side<'r> {
    /// Its columns, also those that are not listed.
    pub columns: &'r [PlanColumn],
    /// The operators in it that dropped columns.
    pub dropped: &'r [Arc<Dropped>],
}

impl<'r> Row<'r> {
    /// The columns of a relation.
    pub fn of(relation: &'r crate::plan::Relation) -> Row<'r> {
        Row {
            columns: &relation.columns,
            hidden: &relation.hidden,
            open: relation.open,
            serialized: relation.serialized,
            dropped: &relation.dropped,
            ..Row::default()
        }
    }

    /// The column with this name.
    pub fn find(&self, name: &str) -> Option<&'r PlanColumn> {
        self.columns.iter().chain(self.hidden).find(|c| c.name == name)
    }
}

impl Binder<'_> {
    /// Binds an expression without columns, and computes it if possible: `ago(1d)` is then a constant.
    pub fn fixed(&mut self, e: &ast::Expr) -> Expr {
        let bound = self.expr(e, Row::default());
        let (mut alone, mut stages) = (bound.as_constant().is_none(), false);
        bound.walk(&mut |e| {
            alone &= !matches!(e.kind, ExprKind::Column(_) | ExprKind::Error);
            stages |= matches!(e.kind, ExprKind::Stage(_));
        });
        let value = match (alone, stages) {
            (false, _) => None,
            (true, false) => self.environment.constant(&bound),
            (true, true) => self.computed(&bound),
        };
        match value {
            Some(value) => Expr::constant(value, bound.ty, bound.span),
            None => bound,
        }
    }

    /// The value of an expression with subqueries, if they can run now.
    fn computed(&mut self, e: &Expr) -> Option<Value> {
        let (column, row) = (self.new_column("", e.ty), self.new_column("row", ScalarType::Long));
        let one = Node::Values { columns: vec![row], rows: vec![Vec::new()] };
        let one = Relation { node: Arc::new(one), ..Relation::default() };
        let node = crate::plan::project(&one, vec![(column.id, e.clone())]);
        let relation = Relation { node, columns: vec![column], ..one };
        let rows = self.evaluate(&relation)?.ok()?;
        let mut batches = rows.batches().ok()?.map_while(Result::ok);
        Value::first(batches.find(|b| b.num_rows() > 0)?.columns().first()?)
    }

    /// Binds an expression. After an error its type is unknown, and no further errors are reported for it.
    pub fn expr(&mut self, e: &ast::Expr, row: Row) -> Expr {
        if self.depth > 0 {
            self.count_expressions(1, e.span);
        }
        if self.is_too_large() {
            return Expr::error(e.span);
        }
        let bound = self.expr_of_kind(e, row);
        self.record_expr(e, &bound);
        Expr { span: self.own_span(bound.span), ..bound }
    }

    fn expr_of_kind(&mut self, e: &ast::Expr, row: Row) -> Expr {
        match &e.kind {
            ast::ExprKind::Literal(l) => super::literals::literal(l, self.now(), e.span),
            ast::ExprKind::Name(name) => self.name(name, e.span, row),
            ast::ExprKind::Parens(inner) => Expr { span: e.span, ..self.expr(inner, row) },
            ast::ExprKind::Path(base, name) => self.path(base, name, e.span, row),
            ast::ExprKind::Element(base, index) => self.element(base, index, e.span, row),
            ast::ExprKind::Call(call) => self.call(call, e.span, row),
            ast::ExprKind::Unary(op, operand) => {
                let function = operators::unary(*op);
                let operand = self.expr(operand, row);
                self.operator(function, vec![operand], e.span, e.span)
            }
            ast::ExprKind::Binary(binary) => self.binary(binary, e.span, row),
            ast::ExprKind::In(membership) => self.membership(membership, e.span, row),
            ast::ExprKind::Between(between) => self.between(between, e.span, row),
            ast::ExprKind::Named(named) => {
                self.error(codes::NAME_NOT_ALLOWED, e.span, "A name cannot be assigned here.");
                self.expr(&named.value, row)
            }
            ast::ExprKind::Error => Expr::error(e.span),
            ast::ExprKind::Star | ast::ExprKind::Wildcard(_) => {
                self.error(codes::UNKNOWN_NAME, e.span, "A wildcard is not allowed here.");
                Expr::error(e.span)
            }
            ast::ExprKind::TypeOf(_) => {
                self.error(
                    codes::TYPE_NOT_A_VALUE,
                    e.span,
                    "A type cannot be used as a value; typeof() is not allowed here.",
                );
                Expr::error(e.span)
            }
            _ => {
                self.error(
                    codes::SCALAR_EXPECTED,
                    e.span,
                    "Expected a scalar, but this is a table; use toscalar() to convert it.",
                );
                Expr::error(e.span)
            }
        }
    }

    /// Binds an expression that must be a bool.
    pub fn predicate(&mut self, e: &ast::Expr, row: Row) -> Expr {
        let bound = self.expr(e, row);
        if !matches!(bound.ty, ScalarType::Bool | ScalarType::Unknown) {
            let mut d = Diagnostic::error(codes::EXPRESSION_TYPE, e.span, "The expression must have the type bool.");
            if bound.ty == ScalarType::Dynamic {
                d = d.with_help("use tobool() to convert a dynamic value");
            }
            self.report(d);
            return Expr::error(e.span);
        }
        bound.convert(ScalarType::Bool)
    }

    fn name(&mut self, name: &ast::Name, span: Span, row: Row) -> Expr {
        if let Some(column) = row.find(&name.text) {
            if row.aggregates_only {
                let message = format!("The name '{}' is not an aggregate or scalar function.", name.text);
                self.report(
                    Diagnostic::error(codes::NOT_AN_AGGREGATE, span, message)
                        .with_help("use an aggregate function such as take_any() to select one of its values"),
                );
                return Expr::error(span);
            }
            return Expr::column(column, span);
        }
        if let Some(element) = self.whole_element(name, span, row) {
            return element;
        }
        match self.scope.find(&name.text).cloned() {
            Some(Symbol::Scalar(value)) => {
                self.count_copy(&value, span);
                return Expr { span, ..value };
            }
            Some(Symbol::RowValue(value, depth)) if depth == self.table_depth => {
                self.count_copy(&value, span);
                return Expr { span, ..value };
            }
            Some(Symbol::RowValue(..)) => {
                let message = format!("'{}' depends on the row, but this subquery runs once for all rows.", name.text);
                self.report(
                    Diagnostic::error(codes::ROW_VALUE_IN_SUBQUERY, span, message)
                        .with_help("use join or lookup to combine each row with the rows of another table"),
                );
                return Expr::error(span);
            }
            Some(Symbol::Function(function)) if function.function.parameters.is_empty() => {
                return self.user_scalar(&function, &[], span, row);
            }
            Some(Symbol::Function(_)) => {
                self.error(codes::ARGUMENT_COUNT, span, format!("The function '{}' requires arguments.", name.text));
                return Expr::error(span);
            }
            Some(Symbol::Table(_) | Symbol::Pattern(_)) => {
                self.error(codes::SCALAR_EXPECTED, span, format!("Expected a scalar, but '{}' is a table.", name.text));
                return Expr::error(span);
            }
            Some(Symbol::Database | Symbol::EntityGroup(_)) => {
                self.error(
                    codes::SCALAR_EXPECTED,
                    span,
                    format!("Expected a scalar, but '{}' is a database reference.", name.text),
                );
                return Expr::error(span);
            }
            None => {}
        }
        if row.open {
            return self.absent(&name.text, span);
        }
        self.unknown_name(name, span, row);
        Expr::error(span)
    }

    /// Reports an unknown name.
    pub(super) fn unknown_name(&mut self, name: &ast::Name, span: Span, row: Row) {
        let message =
            format!("The name '{}' does not refer to any known column, table, variable or function.", name.text);
        let known = row
            .columns
            .iter()
            .map(|c| c.name.as_str())
            .chain(self.scope.names().filter(|(_, s)| matches!(s, Symbol::Scalar(_))).map(|(n, _)| n));
        let help = suggest(&name.text, known).map(|s| format!("did you mean '{s}'?"));
        let mut d = Diagnostic::error(codes::UNKNOWN_NAME, span, message);
        if let Some((label, help)) = super::dropped::explain(row.dropped, &name.text) {
            d.labels.push(label);
            self.report(d.with_help(help));
            return;
        }
        d.help = help.or_else(|| columns_in_scope(row));
        self.report(d);
    }

    fn path(&mut self, base: &ast::Expr, name: &ast::Name, span: Span, row: Row) -> Expr {
        if let (ast::ExprKind::Name(side), Some((left, right))) = (&base.kind, row.sides) {
            let side = match side.text.as_str() {
                "$left" => Some(left),
                "$right" => Some(right),
                _ => None,
            };
            if let Some(Side { columns, dropped }) = side {
                return match columns.iter().find(|c| c.name == name.text) {
                    Some(column) => Expr::column(column, span),
                    None => {
                        self.unknown_name(name, name.span, Row { columns, dropped, ..Row::default() });
                        Expr::error(span)
                    }
                };
            }
        }
        if let ast::ExprKind::Name(step) = &base.kind
            && let Some((_, columns)) = row.steps.iter().find(|(name, _)| *name == step.text)
        {
            return match columns.iter().find(|c| c.name == name.text) {
                Some(column) => Expr::column(column, span),
                None => {
                    self.unknown_name(name, name.span, Row { columns, ..Row::default() });
                    Expr::error(span)
                }
            };
        }
        let value = self.expr(base, row);
        let step = Expr::constant(Value::Text(name.text.clone()), ScalarType::String, name.span);
        self.dynamic_step(value, step, Some(&name.text), span)
    }

    fn element(&mut self, base: &ast::Expr, index: &ast::Expr, span: Span, row: Row) -> Expr {
        let value = self.expr(base, row);
        if let Some((_, column)) = self.output_column(base, &value, index, row) {
            return column;
        }
        let index = self.expr(index, row);
        if !matches!(
            index.ty,
            ScalarType::String | ScalarType::Dynamic | ScalarType::Int | ScalarType::Long | ScalarType::Unknown
        ) {
            self.error(
                codes::EXPRESSION_TYPE,
                index.span,
                "The expression must have one of the types: string, int, long or dynamic.",
            );
            return Expr::error(span);
        }
        self.dynamic_step(value, index, None, span)
    }

    /// A step into a dynamic value; `member` is the name after a dot.
    fn dynamic_step(&mut self, value: Expr, step: Expr, member: Option<&str>, span: Span) -> Expr {
        match value.ty {
            _ if value.is_error() || step.is_error() => Expr::error(span),
            // a part of a value of unknown type is unknown too
            ScalarType::Unknown => Expr { span, ..value },
            ScalarType::Dynamic => Expr::call(&operators::ELEMENT, vec![value, step], ScalarType::Dynamic, span),
            ty => {
                let help =
                    format!("the value before it has the type {ty}; use parse_json() to convert JSON text to dynamic");
                let d = match member {
                    Some(name) => Diagnostic::error(
                        codes::UNKNOWN_NAME,
                        step.span,
                        format!("The name '{name}' does not refer to any known column, table, variable or function."),
                    ),
                    None => {
                        let message = "The element access operator [] is not allowed in this context.";
                        Diagnostic::error(codes::ELEMENT_ACCESS_NOT_ALLOWED, step.span, message)
                    }
                };
                self.report(d.with_help(help));
                Expr::error(span)
            }
        }
    }

    fn binary(&mut self, binary: &ast::Binary, span: Span, row: Row) -> Expr {
        if matches!(binary.op, BinaryOp::And | BinaryOp::Or) {
            return self.chain(binary, span, row);
        }
        if matches!(binary.left.kind, ast::ExprKind::Star) {
            return self.any_column(binary, span, row);
        }
        let left = self.expr(&binary.left, row);
        let right = self.expr(&binary.right, row);
        self.operator(operators::binary(binary.op), vec![left, right], binary.op_span, span)
    }

    /// `a and b and c ...`: thousands of operands must be neither bound nor run recursively, so a chain of one
    /// operator becomes a balanced tree.
    fn chain(&mut self, binary: &ast::Binary, span: Span, row: Row) -> Expr {
        let mut parts = Vec::new();
        let mut node = binary;
        loop {
            parts.push((&node.right, node.op_span));
            match &node.left.kind {
                ast::ExprKind::Binary(next) if next.op == binary.op => node = next,
                _ => break,
            }
        }
        let mut operands = vec![self.expr(&node.left, row)];
        for (part, op_span) in parts.into_iter().rev() {
            let mut operand = self.expr(part, row);
            let previous = operands.last().map_or(ScalarType::Unknown, |o| o.ty);
            let fits = |ty| matches!(ty, ScalarType::Bool | ScalarType::Dynamic | ScalarType::Unknown);
            if !fits(operand.ty) || !fits(previous) {
                if fits(previous) || operands.len() == 1 {
                    let left = if operands.len() == 1 { previous } else { ScalarType::Bool };
                    self.not_defined(binary.op.text(), &[left, operand.ty], op_span);
                }
                operand = Expr::error(operand.span);
            }
            operands.push(operand);
        }
        let fits = |o: &Expr| o.is_untyped() || matches!(o.ty, ScalarType::Bool | ScalarType::Dynamic);
        if !operands.iter().all(fits) {
            return Expr::error(span);
        }
        let operands = operands.into_iter().map(|o| o.convert(ScalarType::Bool)).collect();
        balanced(operands, operators::binary(binary.op), span)
    }

    /// `* has "x"`: true if it is true for any column; a negated test, if it is true for all columns.
    fn any_column(&mut self, binary: &ast::Binary, span: Span, row: Row) -> Expr {
        let right = self.expr(&binary.right, row);
        let function = operators::binary(binary.op);
        let text = binary.op.text();
        let joined = if text.starts_with('!') || text.starts_with("not") { BinaryOp::And } else { BinaryOp::Or };
        let tests: Vec<Expr> = row
            .columns
            .iter()
            .map(|column| {
                let value = Expr::column(column, binary.left.span).convert(ScalarType::String);
                self.operator(function, vec![value, right.clone()], binary.op_span, span)
            })
            .collect();
        if tests.is_empty() || tests.iter().any(Expr::is_error) {
            return Expr::error(span);
        }
        balanced(tests, operators::binary(joined), span)
    }

    /// The different values of the first column: of a list that is only searched, one of each is enough.
    fn distinct_values(&mut self, relation: Relation, span: Span) -> Relation {
        let Some(first) = relation.columns.first().filter(|first| first.ty != ScalarType::Dynamic).cloned() else {
            return relation;
        };
        if relation.constants.contains_key(&first.id) {
            return relation;
        }
        let value = PlanColumn { id: self.new_id(), ..first.clone() };
        let node = super::grouped(&relation, vec![(value.id, Expr::column(&first, span))], Vec::new());
        Relation { node, columns: vec![value], hidden: Vec::new(), order: Vec::new(), ..relation }
    }

    fn membership(&mut self, membership: &ast::In, span: Span, row: Row) -> Expr {
        let function = operators::membership(membership.op);
        let left = self.expr(&membership.left, row);
        let mut args = vec![left];
        for item in &membership.items {
            if self.is_tabular(item) {
                let outer = self.aggregates.take();
                let relation = self.tabular(item);
                self.aggregates = outer;
                let relation = self.distinct_values(relation, item.span);
                let stage = self.add_stage(relation, StageKind::List);
                args.push(Expr { kind: ExprKind::Stage(stage), ty: ScalarType::Dynamic, span: item.span });
            } else {
                args.push(self.expr(item, row));
            }
        }
        if args.iter().any(Expr::is_error) {
            return Expr::error(span);
        }
        let text_only = matches!(membership.op, ast::InOp::HasAny | ast::InOp::HasAll);
        let text = |ty| matches!(ty, ScalarType::String | ScalarType::Dynamic);
        match args.first() {
            Some(left) if text_only && !left.is_untyped() && !text(left.ty) => {
                self.error(codes::TYPE_EXPECTED, left.span, "A value of type string or dynamic expected.");
                return Expr::error(span);
            }
            _ => {}
        }
        let ignores_case = matches!(membership.op, ast::InOp::In | ast::InOp::NotIn);
        if let Some(left) = args.first().filter(|l| ignores_case && !l.is_untyped() && !text(l.ty)) {
            let op = membership.op.text();
            let message = format!(
                "The operator {op} compares strings, but this has the type {}; it is compared with {} instead.",
                left.ty,
                op.trim_end_matches('~')
            );
            self.report(Diagnostic::warning(codes::TYPE_EXPECTED, left.span, message));
        }
        Expr::call(function, coerce::membership(args, text_only), ScalarType::Bool, span)
    }

    fn between(&mut self, between: &ast::Between, span: Span, row: Row) -> Expr {
        let args = vec![self.expr(&between.value, row), self.expr(&between.low, row), self.expr(&between.high, row)];
        let types: Vec<ScalarType> = args.iter().map(|a| a.ty).collect();
        let function = if between.negated { &operators::NOT_BETWEEN } else { &operators::BETWEEN };
        match coerce::between(args) {
            Ok(args) if args.iter().any(Expr::is_error) => Expr::error(span),
            Ok(args) => Expr::call(function, args, ScalarType::Bool, span),
            Err(()) => {
                let text = if between.negated { "!between" } else { "between" };
                self.not_defined(text, &types, between.op_span);
                Expr::error(span)
            }
        }
    }

    /// Applies an operator to operands, which are converted as it needs them.
    pub fn operator(
        &mut self,
        function: &'static crate::registry::ScalarFunction,
        args: Vec<Expr>,
        op_span: Span,
        span: Span,
    ) -> Expr {
        if args.iter().any(Expr::is_error) {
            return Expr::error(span);
        }
        if args.iter().any(Expr::is_untyped) && coerce::computes(function) {
            // the type of the result is unknown too
            let ty = ScalarType::Unknown;
            return Expr::constant(Value::missing(ty), ty, span);
        }
        let args = coerce::typed(function, args);
        let types: Vec<ScalarType> = args.iter().map(|a| a.ty).collect();
        match coerce::operands(function, args) {
            Some(Operands { args, returns }) => Expr::call(function, args, returns, span),
            None => {
                self.not_defined(function.name, &types, op_span);
                Expr::error(span)
            }
        }
    }

    fn not_defined(&mut self, operator: &str, types: &[ScalarType], span: Span) {
        let operator = match operator {
            "-x" => "-",
            "+x" => "+",
            other => other,
        };
        let message = match types {
            [one] => format!("The operator '{operator}' is not defined for the operand type {one}."),
            [first @ .., last] => {
                let first: Vec<&str> = first.iter().map(|t| t.name()).collect();
                format!(
                    "The operator '{operator}' is not defined for the operand types {} and {last}.",
                    first.join(", ")
                )
            }
            [] => format!("The operator '{operator}' has no operands."),
        };
        let mut d = Diagnostic::error(codes::OPERATOR_NOT_DEFINED, span, message);
        d.help = coerce::advice(operator, types);
        self.report(d);
    }
}

/// A tree of `function` over the operands, whose depth is the logarithm of their number.
pub fn balanced(mut operands: Vec<Expr>, function: &'static crate::registry::ScalarFunction, span: Span) -> Expr {
    while operands.len() > 1 {
        let mut next = Vec::with_capacity(operands.len().div_ceil(2));
        let mut all = operands.into_iter();
        while let Some(left) = all.next() {
            next.push(match all.next() {
                Some(right) => Expr::call(function, vec![left, right], ScalarType::Bool, span),
                None => left,
            });
        }
        operands = next;
    }
    operands.pop().unwrap_or(Expr::error(span))
}

fn columns_in_scope(row: Row) -> Option<String> {
    if row.columns.is_empty() {
        return None;
    }
    let shown: Vec<&str> = row.columns.iter().take(8).map(|c| c.name.as_str()).collect();
    let more = if row.columns.len() > 8 { format!(" and {} more", row.columns.len() - 8) } else { String::new() };
    Some(format!("the available columns are {}{more}", shown.join(", ")))
}

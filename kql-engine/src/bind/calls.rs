//! Calls: finds the function and the signature, and checks the arguments.

use super::{Binder, Row, Symbol, UserFunction, coerce};
use crate::plan::{Aggregate, ColumnId, Expr, ExprKind, PlanColumn, WindowCall};
use crate::registry::{self, ArgumentKind, Eval, ParameterType, RewriteContext, Signature};
use crate::types::ScalarType;
use kql_parser::codes;
use kql_parser::suggest;
use kql_parser::{Diagnostic, Span, ast};
use std::sync::Arc;

/// Nested calls of users' functions deeper than this are refused.
const MAX_CALL_DEPTH: u32 = 64;

impl Binder<'_> {
    /// Binds a call where a scalar is expected.
    pub fn call(&mut self, call: &ast::Call, span: Span, row: Row) -> Expr {
        let name = call.name.text.as_str();
        if let Some(Symbol::Function(function)) = self.scope.find(name) {
            let function = function.clone();
            return self.user_scalar(&function, &call.args, span, row);
        }
        if let Some(special) = self.special(call, span, row) {
            return special;
        }
        if let Some(function) =
            crate::functions::scalar(name).filter(|_| !crate::aggregates::is_aggregate_call(name, call.args.len()))
        {
            let (args, literals) = self.arguments(&call.args, row, function.signatures);
            let Some((args, returns)) = self.overload(call, function.signatures, args, &literals) else {
                return Expr::error(span);
            };
            return match function.eval {
                Eval::Window(_) => {
                    if !row.serialized {
                        let message = format!("The function '{name}' needs sorted input.");
                        self.report(
                            Diagnostic::error(codes::ORDER_NEEDED, call.name.span, message)
                                .with_help("add sort, top or serialize before it"),
                        );
                        return Expr::error(span);
                    }
                    let id = self.new_id();
                    self.windows.push(WindowCall { id, ty: returns, function, args });
                    Expr { kind: ExprKind::Column(id), ty: returns, span }
                }
                Eval::Rewrite(rewrite) => Expr { span, ..rewrite(&RewriteContext { now: self.now(), span }, args) },
                _ => Expr::call(function, args, returns, span),
            };
        }
        if let Some(function) = crate::aggregates::aggregate(name) {
            if !row.aggregates_only || self.aggregates.is_none() {
                let message = format!("The aggregate function '{name}' is not allowed in this context.");
                self.report(
                    Diagnostic::error(codes::AGGREGATE_NOT_ALLOWED, call.name.span, message)
                        .with_help("use aggregate functions in summarize"),
                );
                return Expr::error(span);
            }
            return match self.aggregate(function, call, span, row, row.columns).as_slice() {
                [(id, ty)] => Expr { kind: ExprKind::Column(*id), ty: *ty, span },
                [] => Expr::error(span),
                [_, ..] => {
                    let message = format!("Expected a single column, but '{name}' returns several.");
                    self.error(codes::SEVERAL_COLUMNS, span, message);
                    Expr::error(span)
                }
            };
        }
        if let Some(function) = self.stored(name, call.name.span) {
            return self.user_scalar(&function, &call.args, span, row);
        }
        self.unknown_function(&call.name);
        for arg in &call.args {
            if !self.is_tabular(arg) && !matches!(arg.kind, ast::ExprKind::Star | ast::ExprKind::Named(_)) {
                self.expr(arg, row);
            }
        }
        Expr::error(span)
    }

    /// Reports an unknown function.
    pub fn unknown_function(&mut self, name: &ast::Name) {
        if let Some(reason) = registry::unavailable(&name.text) {
            self.error(
                codes::UNAVAILABLE_OFFLINE,
                name.span,
                format!("The function '{}' is not available offline: {reason}", name.text),
            );
            return;
        }
        let mut names = self.environment.function_names();
        names.extend(super::callable::function_names().map(str::to_owned));
        names.extend(
            self.scope.names().filter(|(_, s)| matches!(s, Symbol::Function(_))).map(|(name, _)| name.to_owned()),
        );
        let help = suggest(&name.text, names.iter().map(String::as_str)).map(|s| format!("did you mean '{s}'?"));
        let message = format!("The name '{}' does not refer to any known function.", name.text);
        let mut d = Diagnostic::error(codes::UNKNOWN_FUNCTION, name.span, message);
        d.help = help;
        self.report(d);
    }

    /// Binds arguments. The second list has the type for each argument that is a `typeof()`.
    fn arguments(
        &mut self,
        args: &[ast::Expr],
        row: Row,
        signatures: &'static [Signature],
    ) -> (Vec<Expr>, Vec<Option<ScalarType>>) {
        let starred = |s: &Signature| s.parameter(0, 1).is_some_and(|p| p.kind == ArgumentKind::StarAllowed);
        if let [ast::Expr { kind: ast::ExprKind::Star, span }] = args
            && signatures.iter().any(starred)
        {
            let columns: Vec<Expr> = row.columns.iter().map(|c| Expr::column(c, *span)).collect();
            let literals = vec![None; columns.len()];
            return (columns, literals);
        }
        let mut bound = Vec::with_capacity(args.len());
        let mut literals = Vec::with_capacity(args.len());
        for (i, arg) in args.iter().enumerate() {
            // a typeof() is accepted only if a signature expects one
            let wanted = signatures
                .iter()
                .any(|s| s.parameter(i, args.len()).is_some_and(|p| p.ty == ParameterType::TypeLiteral));
            if let (true, ast::ExprKind::TypeOf(ast::TypeOf::Scalar(name))) = (wanted, &arg.kind) {
                literals.push(Some(self.scalar_type(name)));
                bound.push(Expr::error(arg.span));
                continue;
            }
            let value = match &arg.kind {
                // a named argument of a built-in function is positional
                ast::ExprKind::Named(named) if !named.tuple => &named.value,
                _ => arg,
            };
            bound.push(if matches!(value.kind, ast::ExprKind::Star) {
                self.error(codes::STAR_NOT_ALLOWED, value.span, "The * syntax is not allowed here.");
                Expr::error(value.span)
            } else {
                self.expr(value, row)
            });
            literals.push(None);
        }
        (bound, literals)
    }

    /// The type with this name; reports an unknown name.
    pub fn scalar_type(&mut self, name: &ast::TypeName) -> ScalarType {
        ScalarType::from_name(&name.text).unwrap_or_else(|| {
            let names = ScalarType::ALL.iter().map(|t| t.name());
            let mut d = Diagnostic::error(
                codes::INVALID_TYPE_NAME,
                name.span,
                format!("The name '{}' is not a valid type name.", name.text),
            );
            d.help = suggest(&name.text, names).map(|s| format!("did you mean '{s}'?"));
            self.report(d);
            ScalarType::Unknown
        })
    }

    /// Chooses a signature and converts the arguments to its types. Reports an error if none matches.
    fn overload(
        &mut self,
        call: &ast::Call,
        signatures: &'static [Signature],
        args: Vec<Expr>,
        literals: &[Option<ScalarType>],
    ) -> Option<(Vec<Expr>, ScalarType)> {
        let name = call.name.text.as_str();
        let n = args.len();
        if !signatures.iter().any(|s| s.fits_count(n)) {
            self.wrong_count(name, call.name.span, signatures);
            return None;
        }
        let types: Vec<ScalarType> = args.iter().map(|a| a.ty).collect();
        let of_type = |s: &Signature| {
            s.fits_count(n)
                && literals.iter().enumerate().all(|(i, literal)| {
                    let wants = s.parameter(i, n).is_some_and(|p| p.ty == ParameterType::TypeLiteral);
                    wants == literal.is_some()
                })
        };
        let fits = |s: &Signature| -> u32 {
            let scores: Vec<u32> = (0..n)
                .map(|i| match s.parameter(i, n) {
                    Some(p) if p.ty == ParameterType::TypeLiteral => 2,
                    Some(p) => p.ty.score(types.get(i).copied().unwrap_or(ScalarType::Unknown)),
                    None => 0,
                })
                .collect();
            if scores.contains(&0) { 0 } else { 1 + scores.iter().sum::<u32>() }
        };
        let mut chosen: Option<(u32, &'static Signature)> = None;
        for signature in signatures.iter().filter(|s| of_type(s)) {
            let score = fits(signature);
            if score > 0 && chosen.is_none_or(|(best, _)| score > best) {
                chosen = Some((score, signature));
            }
        }
        let Some((_, signature)) = chosen else {
            self.wrong_arguments(call, signatures, &args);
            return None;
        };
        for (i, arg) in args.iter().enumerate() {
            let Some(parameter) = signature.parameter(i, n) else { continue };
            let constant = arg.as_constant();
            if parameter.kind == ArgumentKind::Literal
                && (has_column(arg) || parameter.values.is_some() && constant.is_none())
            {
                self.error(codes::LITERAL_ARGUMENT_EXPECTED, arg.span, "The expression must be a literal.");
                return None;
            }
            if let (Some(values), Some(constant)) = (parameter.values, constant)
                && !values.accepts(constant.as_text().unwrap_or(""))
            {
                let message = format!("The expression must be one of the values: {}", values.list());
                self.error(codes::INVALID_VALUE, arg.span, message);
                return None;
            }
            if parameter.kind == ArgumentKind::Constant && has_column(arg) {
                self.report(
                    Diagnostic::error(codes::CONSTANT_EXPECTED, arg.span, "The expression must be a constant.")
                        .with_help(format!("the parameter '{}' of {name}() cannot depend on the row", parameter.name)),
                );
                return None;
            }
        }
        if args.iter().zip(literals).any(|(a, l)| a.is_error() && l.is_none()) {
            return None;
        }
        let args = coerce::known_arguments(signature, args);
        let Some(returns) = coerce::returns(signature, &args, literals) else {
            self.error(codes::NO_COMMON_TYPE, call.name.span, "No common type can be determined from the arguments.");
            return None;
        };
        // a typeof() argument is not needed any more
        let args: Vec<Expr> = args.into_iter().zip(literals).filter(|(_, l)| l.is_none()).map(|(a, _)| a).collect();
        Some((coerce::arguments(signature, args, returns), returns))
    }

    fn wrong_count(&mut self, name: &str, span: Span, signatures: &[Signature]) {
        let min = signatures.iter().map(Signature::min).min().unwrap_or(0);
        let max = signatures.iter().map(Signature::max).max().unwrap_or(0);
        let (code, message) = match (min, max) {
            (1, 1) => (codes::ARGUMENT_COUNT, format!("The function '{name}' expects 1 argument.")),
            (min, max) if min == max => {
                (codes::ARGUMENT_COUNT, format!("The function '{name}' expects {min} arguments."))
            }
            (min, max) if max > 1000 => {
                (codes::TOO_FEW_ARGUMENTS, format!("The function '{name}' expects at least {min} arguments."))
            }
            (min, max) => {
                (codes::ARGUMENT_RANGE, format!("The function '{name}' expects between {min} and {max} arguments."))
            }
        };
        self.error(code, span, message);
    }

    fn wrong_arguments(&mut self, call: &ast::Call, signatures: &'static [Signature], args: &[Expr]) {
        let name = call.name.text.as_str();
        let n = args.len();
        // the signature with the fewest wrong arguments; if several have as few, none is assumed
        let fails = |s: &Signature, (i, arg): (usize, &Expr)| s.parameter(i, n).is_none_or(|p| !p.ty.accepts(arg.ty));
        let failing = |s: &Signature| args.iter().enumerate().filter(|arg| fails(s, *arg)).count();
        let near: Vec<(usize, &Signature)> =
            signatures.iter().filter(|s| s.fits_count(n)).map(|s| (failing(s), s)).collect();
        let least = near.iter().map(|(count, _)| *count).min().unwrap_or(0);
        let mut nearest = near.iter().filter(|(count, _)| *count == least).map(|(_, s)| *s);
        if let (Some(signature), None) = (nearest.next(), nearest.next()) {
            for (i, arg) in args.iter().enumerate() {
                let Some(p) = signature.parameter(i, n).filter(|p| !p.ty.accepts(arg.ty)) else { continue };
                let (code, message) = expected(p.ty);
                self.report(Diagnostic::error(code, arg.span, message).with_help(format!("the type is {}", arg.ty)));
            }
            return;
        }
        let types: Vec<&str> = args.iter().map(|a| a.ty.name()).collect();
        let message = format!("The function '{name}' is not compatible with arguments ({})", types.join(", "));
        self.error(codes::INCOMPATIBLE_ARGUMENTS, call.name.span, message);
    }

    /// Binds an aggregate and registers it. Returns its columns, or nothing after an error.
    pub fn aggregate(
        &mut self,
        function: &'static registry::AggregateFunction,
        call: &ast::Call,
        span: Span,
        row: Row,
        star_columns: &[PlanColumn],
    ) -> Vec<(ColumnId, ScalarType)> {
        let inner = Row { aggregates_only: false, ..row };
        let mut sized = call.clone();
        if let Some(size) = function.second_argument(&call.name.text).filter(|_| call.args.len() == 1) {
            let size = ast::ExprKind::Literal(ast::Literal::Long(Some(size)));
            sized.args.push(ast::Expr { kind: size, span: call.name.span });
        }
        let call = &sized;
        // aggregates do not nest
        let outer = self.aggregates.take();
        let mut args = Vec::new();
        let mut literals = Vec::new();
        let mut star = false;
        for arg in &call.args {
            if matches!(arg.kind, ast::ExprKind::Star) && function.outputs == registry::Outputs::EachArgument {
                star = true;
                // the column that decides is not repeated
                let first = args.first().and_then(|a: &Expr| match a.kind {
                    ExprKind::Column(id) => Some(id),
                    _ => None,
                });
                let rest: Vec<Expr> =
                    star_columns.iter().filter(|c| Some(c.id) != first).map(|c| Expr::column(c, arg.span)).collect();
                literals.extend(std::iter::repeat_n(None, rest.len()));
                args.extend(rest);
            } else {
                let (mut a, mut l) = self.arguments(std::slice::from_ref(arg), inner, &[]);
                args.append(&mut a);
                literals.append(&mut l);
            }
        }
        self.aggregates = outer;
        let bound = if star {
            // the columns of `*` need not have a type that is valid for an argument
            let args: Vec<Expr> = args.into_iter().map(|a| a.convert_unknown(ScalarType::String)).collect();
            args.iter().all(|a| !a.is_error()).then(|| {
                let ty = args.first().map_or(ScalarType::Unknown, |a| a.ty);
                (args, ty)
            })
        } else {
            self.overload(call, function.signatures, args, &literals)
        };
        let Some((args, ty)) = bound else { return Vec::new() };
        let outputs: Vec<(ColumnId, ScalarType)> = match function.outputs {
            registry::Outputs::One => vec![(self.new_id(), ty)],
            registry::Outputs::EachArgument => {
                // a predicate is not an output
                let predicate = match function.reduce {
                    registry::Reduce::If(_, at) => Some(at),
                    _ => None,
                };
                let values = args.iter().enumerate().filter(|(i, _)| Some(*i) != predicate);
                values.map(|(_, a)| (self.new_id(), a.ty)).collect()
            }
            registry::Outputs::EachFrom(first) => args.iter().skip(first).map(|_| (self.new_id(), ty)).collect(),
        };
        if let Some(aggregates) = &mut self.aggregates {
            aggregates.push(Aggregate { function, args, ty, outputs: outputs.clone(), span });
        }
        outputs
    }

    /// Calls a user's function where a scalar is expected.
    pub fn user_scalar(&mut self, function: &Arc<UserFunction>, args: &[ast::Expr], span: Span, row: Row) -> Expr {
        match self.user_call(function, None, args, span, row) {
            Some(super::statements::Called::Scalar(value)) => Expr { span, ..value },
            Some(super::statements::Called::Table(_)) => {
                let message = format!("Expected a scalar, but '{}' returns a table.", function.name);
                self.error(codes::SCALAR_EXPECTED, span, message);
                Expr::error(span)
            }
            None => Expr::error(span),
        }
    }

    /// Runs `f` one call deeper; reports calls that are nested too deep.
    pub fn deeper<R>(&mut self, name: &str, span: Span, f: impl FnOnce(&mut Self) -> Option<R>) -> Option<R> {
        if self.depth >= MAX_CALL_DEPTH {
            self.error(
                codes::CALLS_TOO_DEEP,
                span,
                format!("The calls are nested more than {MAX_CALL_DEPTH} levels deep at '{name}'."),
            );
            return None;
        }
        self.depth += 1;
        let result = f(self);
        self.depth -= 1;
        result
    }
}

/// Whether the value can differ between rows.
pub fn has_column(e: &Expr) -> bool {
    let mut found = false;
    e.walk(&mut |e| found |= matches!(e.kind, ExprKind::Column(_)));
    found
}

fn expected(ty: ParameterType) -> (kql_parser::Code, String) {
    match ty {
        ParameterType::Truth => (codes::TYPE_EXPECTED, "A value of type bool expected.".to_owned()),
        ParameterType::Is(ty) => (codes::TYPE_EXPECTED, format!("A value of type {ty} expected.")),
        ParameterType::OneOf(all) => {
            let names: Vec<&str> = all.iter().map(|t| t.name()).collect();
            (codes::TYPE_EXPECTED, format!("A value of type {} expected.", names.join(" or ")))
        }
        ParameterType::Number => (codes::NUMBER_EXPECTED, "The expression value must be a number.".to_owned()),
        ParameterType::Integer => (codes::INTEGER_EXPECTED, "The expression value must be an integer.".to_owned()),
        ParameterType::Summable => (
            codes::SUMMABLE_EXPECTED,
            "The argument value must be summable: a number, timespan or datetime.".to_owned(),
        ),
        ParameterType::Orderable | ParameterType::CommonOrderable => (
            codes::ORDERABLE_EXPECTED,
            "The argument value must be orderable: a number, timespan, datetime, string or boolean.".to_owned(),
        ),
        ParameterType::StringOrDynamic => {
            (codes::EXPRESSION_TYPE, "The expression must have one of the types: string or dynamic.".to_owned())
        }
        ParameterType::DynamicArray => {
            (codes::DYNAMIC_ARRAY_EXPECTED, "The expression value must be a dynamic array.".to_owned())
        }
        ParameterType::DynamicBag => (codes::DYNAMIC_BAG_EXPECTED, "The expression must be a dynamic bag.".to_owned()),
        ParameterType::NotDynamic => {
            (codes::TYPE_NOT_ALLOWED, "The value of type 'dynamic' is not allowed in this context.".to_owned())
        }
        ParameterType::NumberOrBool => {
            (codes::NUMBER_EXPECTED, "The expression value must be a number or a bool.".to_owned())
        }
        ParameterType::NotBool => {
            (codes::TYPE_NOT_ALLOWED, "The value of type 'bool' is not allowed in this context.".to_owned())
        }
        ParameterType::TypeLiteral => {
            (codes::TYPE_LITERAL_EXPECTED, "A type literal such as typeof(long) expected.".to_owned())
        }
        ParameterType::Scalar | ParameterType::CommonScalar | ParameterType::CommonScalarOrDynamic => {
            (codes::TYPE_EXPECTED, "A scalar value expected.".to_owned())
        }
    }
}

//! Scalar expressions of plans. They are in this module because an entry of the registry can be defined by one, and each
//! call in one refers to its entry.

use super::ScalarFunction;
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::Span;

/// A column of a plan. In DataFusion, its name is `c` and this number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ColumnId(pub u32);

/// A subquery whose result is computed before the plan that uses it is lowered.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct StageId(pub u32);

/// A scalar expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// Its form.
    pub kind: ExprKind,
    /// Its type.
    pub ty: ScalarType,
    /// Its position in the text.
    pub span: Span,
}

/// The forms of a scalar expression.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// A column of the input.
    Column(ColumnId),
    /// A constant.
    Constant(Value),
    /// A function or an operator.
    Call(&'static ScalarFunction, Vec<Expr>),
    /// The value converted to the type of this expression.
    Convert(Box<Expr>),
    /// The result of a subquery.
    Stage(StageId),
    /// An error that was already reported.
    Error,
}

/// A visible column.
#[derive(Clone, PartialEq, Debug)]
pub struct PlanColumn {
    /// Its id.
    pub id: ColumnId,
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: ScalarType,
}

impl Expr {
    /// A column.
    pub fn column(column: &PlanColumn, span: Span) -> Expr {
        Expr { kind: ExprKind::Column(column.id), ty: column.ty, span }
    }

    /// A constant.
    pub fn constant(value: Value, ty: ScalarType, span: Span) -> Expr {
        Expr { kind: ExprKind::Constant(value), ty, span }
    }

    /// A call whose arguments already have the right types.
    pub fn call(function: &'static ScalarFunction, args: Vec<Expr>, ty: ScalarType, span: Span) -> Expr {
        Expr { kind: ExprKind::Call(function, args), ty, span }
    }

    /// An expression whose error was already reported.
    pub fn error(span: Span) -> Expr {
        Expr { kind: ExprKind::Error, ty: ScalarType::Unknown, span }
    }

    /// Converts the value to type `ty`.
    pub fn convert(self, ty: ScalarType) -> Expr {
        if self.ty == ty || self.is_error() || ty == ScalarType::Unknown {
            return self;
        }
        let span = self.span;
        if self.ty == ScalarType::Unknown {
            // an expression of unknown type has no value, but the result of a subquery can be text
            return match self.kind {
                ExprKind::Stage(_) if ty == ScalarType::String => Expr { ty, ..self },
                _ => Expr::constant(Value::missing(ty), ty, span),
            };
        }
        match self.kind {
            // typed nulls and simple widenings of constants need no conversion when the query runs
            ExprKind::Constant(Value::Null) if ty != ScalarType::String => Expr::constant(Value::Null, ty, span),
            ExprKind::Constant(Value::Int(i)) if ty == ScalarType::Long => {
                Expr::constant(Value::Long(i64::from(i)), ty, span)
            }
            ExprKind::Constant(Value::Long(i)) if ty == ScalarType::Real => {
                Expr::constant(Value::Real(i as f64), ty, span)
            }
            kind => Expr { kind: ExprKind::Convert(Box::new(Expr { kind, ty: self.ty, span })), ty, span },
        }
    }

    /// Calls `f` on this expression and all below it.
    pub fn walk(&self, f: &mut impl FnMut(&Expr)) {
        f(self);
        match &self.kind {
            ExprKind::Call(_, args) => args.iter().for_each(|a| a.walk(f)),
            ExprKind::Convert(inner) => inner.walk(f),
            ExprKind::Column(_) | ExprKind::Constant(_) | ExprKind::Stage(_) | ExprKind::Error => {}
        }
    }

    /// Converts the value to type `ty` if its own type is not known.
    pub fn convert_unknown(self, ty: ScalarType) -> Expr {
        if self.is_untyped() { self.convert(ty) } else { self }
    }

    /// Whether its error was already reported.
    pub fn is_error(&self) -> bool {
        self.kind == ExprKind::Error
    }

    /// Whether it is a value of unknown type, which gets whatever type is expected.
    pub fn is_untyped(&self) -> bool {
        self.ty == ScalarType::Unknown && !self.is_error()
    }

    /// The constant, if it is one.
    pub fn as_constant(&self) -> Option<&Value> {
        match &self.kind {
            ExprKind::Constant(value) => Some(value),
            _ => None,
        }
    }
}

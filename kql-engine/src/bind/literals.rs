//! Converts literals to constants.

use crate::dynamic::write;
use crate::plan::Expr;
use crate::time::DAY;
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::{Span, ast};

/// The constant of a literal; `now` is the time of the query.
pub fn literal(literal: &ast::Literal, now: i64, span: Span) -> Expr {
    use ast::Literal as L;
    let or_null = |v: Option<Value>| v.unwrap_or(Value::Null);
    let (value, ty) = match literal {
        L::Bool(b) => (or_null(b.map(Value::Bool)), ScalarType::Bool),
        L::Int(i) => (or_null(i.map(Value::Int)), ScalarType::Int),
        L::Long(i) => (or_null(i.map(Value::Long)), ScalarType::Long),
        L::Real(r) => (or_null(r.map(Value::Real)), ScalarType::Real),
        L::Decimal(d) => {
            (or_null(d.as_deref().and_then(crate::decimal::parse).map(Value::Decimal)), ScalarType::Decimal)
        }
        L::String(s) => (Value::Text(s.clone()), ScalarType::String),
        L::Datetime(t) => (or_null(t.map(Value::Long)), ScalarType::Datetime),
        L::DatetimeNow => (Value::Long(now), ScalarType::Datetime),
        L::TimeOfDay(t) => (Value::Long(now - now % DAY + t), ScalarType::Datetime),
        L::Timespan(t) => (or_null(t.map(Value::Long)), ScalarType::Timespan),
        L::Guid(g) => (or_null(g.map(|g| Value::Text(crate::render::guid(g)))), ScalarType::Guid),
        L::Dynamic(d) => {
            let value = match d {
                ast::Dynamic::Null => Value::Null,
                d => {
                    let mut text = String::new();
                    dynamic(d, now, &mut text);
                    if text == "null" { Value::Null } else { Value::Text(text) }
                }
            };
            (value, ScalarType::Dynamic)
        }
    };
    Expr::constant(value, ty, span)
}

fn dynamic(value: &ast::Dynamic, now: i64, out: &mut String) {
    match value {
        ast::Dynamic::Null => out.push_str("null"),
        ast::Dynamic::Array(items) => {
            write::list(items.iter(), out, |item, out| {
                dynamic(item, now, out);
            });
        }
        ast::Dynamic::Bag(properties) => {
            write::members(properties.iter(), out, |(key, item), out| {
                write::string(key, out);
                out.push(':');
                dynamic(item, now, out);
            });
        }
        ast::Dynamic::Scalar(scalar) => {
            // here a timespan is the number of its ticks, unlike in pack_array()
            if let ast::Literal::Timespan(Some(ticks)) = scalar.as_ref() {
                out.push_str(&ticks.to_string());
                return;
            }
            if let ast::Literal::String(text) = scalar.as_ref() {
                return crate::dynamic::date::write(text, out);
            }
            let constant = literal(scalar, now, Span::default());
            if let Some(value) = constant.as_constant() {
                write::value(value, constant.ty, out);
            }
        }
    }
}

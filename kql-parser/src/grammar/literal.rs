//! Literals and their values.

use crate::ast::{Dynamic, Expr, ExprKind, Literal, UnaryOp};
use crate::codes;
use crate::combinators::{BRACES, BRACKETS, PARENS, bracketed, token, within};
use crate::grammar::{expression, name};
use crate::input::{Parsed, Tokens, Want};
use crate::token::{Kind, Token};
use crate::{Diagnostic, Span, text, time};
use nom::Parser;
use nom::number::complete::recognize_float;
use nom::sequence::{preceded, separated_pair};

/// Whether a literal is next.
pub fn starts(i: &Tokens) -> bool {
    match i.kind() {
        Kind::Long | Kind::Real | Kind::Timespan | Kind::String | Kind::Verbatim | Kind::MultiLine | Kind::Typed => {
            true
        }
        Kind::Word => match i.text_ahead(0) {
            "true" | "false" | "True" | "False" | "TRUE" | "FALSE" => true,
            "dynamic" => i.ahead(1).kind == Kind::OpenParen,
            _ => false,
        },
        _ => false,
    }
}

/// A literal.
pub fn literal(i: Tokens) -> Parsed<Expr> {
    let text = i.text_ahead(0);
    let span = i.span();
    let value = match i.kind() {
        Kind::Long => long(&i, text, span),
        Kind::Real => Literal::Real(text.parse().ok()),
        Kind::Timespan => Literal::Timespan(time::parse_timespan(text)),
        Kind::Typed => typed(&i, text, span),
        Kind::String | Kind::Verbatim | Kind::MultiLine => return strings(i),
        Kind::Word if matches!(text, "true" | "True" | "TRUE") => Literal::Bool(Some(true)),
        Kind::Word if matches!(text, "false" | "False" | "FALSE") => Literal::Bool(Some(false)),
        Kind::Word if text == "dynamic" => return dynamic_literal(i),
        _ => return i.expected(Want::Literal),
    };
    Ok((i.skip(1), Expr { kind: ExprKind::Literal(value), span }))
}

/// A literal, or another expression.
pub fn or_expression(i: Tokens) -> Parsed<Expr> {
    if starts(&i) { literal(i) } else { expression::expression(i) }
}

/// The digits of the least long, which do not fit a long without their sign. Where a literal can have a sign, as in a
/// `datatable` and in a dynamic value, the sign belongs to it.
const LEAST_WITHOUT_SIGN: &str = "9223372036854775808";

fn long(i: &Tokens, text: &str, span: Span) -> Literal {
    let value = text::whole(text::integer, text);
    if value.is_none() {
        let mut error =
            Diagnostic::error(codes::INVALID_LITERAL, span, format!("The number {text} is out of range for a long."));
        if text == LEAST_WITHOUT_SIGN && i.follows(Kind::Minus) {
            error = error.with_help("the minus sign is an operator here; write long(-9223372036854775808)");
        }
        i.report(error);
    }
    Literal::Long(value)
}

/// Adjacent string literals are one string.
fn strings(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    let (rest, value) = string(i)?;
    Ok((rest, Expr { kind: ExprKind::Literal(Literal::String(value)), span: rest.from(start) }))
}

/// The value of a string literal and of those that directly follow it.
pub fn string(i: Tokens) -> Parsed<String> {
    if !matches!(i.kind(), Kind::String | Kind::Verbatim | Kind::MultiLine) {
        return i.expected(Want::Text);
    }
    let mut value = string_value(i.token(), i.text);
    let mut n = 1;
    while matches!(i.ahead(n).kind, Kind::String | Kind::Verbatim | Kind::MultiLine) {
        value.push_str(&string_value(i.ahead(n), i.text));
        n += 1;
    }
    Ok((i.skip(n), value))
}

/// The value of a string token.
pub fn string_value(token: Token, text: &str) -> String {
    let text = token.span.text(text).trim_start_matches(['h', 'H']);
    match token.kind {
        Kind::MultiLine => text.get(3..text.len().saturating_sub(3)).unwrap_or("").to_owned(),
        Kind::Verbatim => {
            let quote = text.get(1..2).unwrap_or("\"");
            let inner = text.get(2..text.len().saturating_sub(1)).unwrap_or("");
            inner.replace(&quote.repeat(2), quote)
        }
        _ => {
            let quote = text.get(..1).unwrap_or("");
            let inner = text.get(1..).unwrap_or("");
            // an unclosed string has no quote at its end
            let closed = inner.ends_with(quote) && !inner.is_empty();
            unescape(if closed { inner.get(..inner.len() - 1).unwrap_or("") } else { inner })
        }
    }
}

fn unescape(text: &str) -> String {
    if !text.contains('\\') {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((plain, after)) = rest.split_once('\\') {
        out.push_str(plain);
        rest = match text::escape(after) {
            Ok((after, character)) => {
                out.extend(character);
                after
            }
            // the lexer has reported it
            Err(_) => after,
        };
    }
    out.push_str(rest);
    out
}

/// A literal with or without a sign, as in `datatable` and in defaults.
pub fn signed(i: Tokens) -> Parsed<Expr> {
    let number = matches!(i.ahead(1).kind, Kind::Long | Kind::Real | Kind::Timespan) && i.touches(1);
    match i.kind() {
        Kind::Minus if number && i.text_ahead(1) == LEAST_WITHOUT_SIGN => {
            let digits = i.ahead(1).span;
            let least = Expr { kind: ExprKind::Literal(Literal::Long(Some(i64::MIN))), span: digits };
            let kind = ExprKind::Unary(UnaryOp::Minus, Box::new(least));
            Ok((i.skip(2), Expr { kind, span: i.span().to(digits) }))
        }
        Kind::Minus | Kind::Plus if number => expression::unary(i),
        Kind::OpenBrace if name::is_placeholder(&i) => name::placeholder(i),
        Kind::Word if i.is_word("typeof") => expression::type_of(i),
        _ => literal(i),
    }
}

/// Whether [`signed`] reads what is next.
pub fn starts_signed(i: &Tokens) -> bool {
    let number = matches!(i.ahead(1).kind, Kind::Long | Kind::Real | Kind::Timespan) && i.touches(1);
    match i.kind() {
        Kind::Minus | Kind::Plus => number,
        Kind::OpenBrace => name::is_placeholder(i),
        _ => starts(i) || i.is_word("typeof"),
    }
}

/// Whether `74be27de-1e4e-49d9-b579-fe0b331d3642` is next.
pub fn is_raw_guid(i: &Tokens) -> bool {
    i.text.get(i.span().start as usize..).is_some_and(|text| text::hyphenated_guid(text).is_ok())
}

/// A guid without `guid(...)` around it; this is reported.
pub fn raw_guid(i: Tokens) -> Parsed<Expr> {
    let span = Span::new(i.span().start, i.span().start + 36);
    let value = text::whole(text::guid, span.text(i.text));
    i.report(Diagnostic::error(
        codes::RAW_GUID,
        span,
        "Raw guid literals are not allowed in this context, use guid(...) instead.",
    ));
    let mut rest = i;
    while rest.span().end <= span.end && rest.kind() != Kind::End {
        rest = rest.skip(1);
    }
    Ok((rest, Expr { kind: ExprKind::Literal(Literal::Guid(value)), span }))
}

/// `datetime(2020-01-01)`
fn typed(i: &Tokens, text: &str, span: Span) -> Literal {
    let (name, inner) = text.split_once('(').unwrap_or((text, ""));
    let inner = inner.strip_suffix(')').unwrap_or(inner).trim();
    // text copied from web pages has other kinds of blanks
    let plain: String = inner.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let inner = plain.as_str();
    let bare = inner.strip_prefix(['"', '\'']).and_then(|s| s.strip_suffix(['"', '\''])).unwrap_or(inner);
    let null = inner == "null";
    let integer = |text| text::whole(text::integer, text);
    let (value, what) = match name.trim() {
        "bool" => {
            let value = match bare {
                "true" | "1" => Some(true),
                "false" | "0" => Some(false),
                _ => None,
            };
            (Literal::Bool(value), "bool")
        }
        "int" | "int32" => {
            // a 32-bit hexadecimal number can include the sign bit
            let hex = bare.starts_with("0x").then(|| integer(bare).and_then(|n| u32::try_from(n).ok()));
            let value = integer(bare).and_then(|n| i32::try_from(n).ok());
            (Literal::Int(value.or(hex.flatten().map(u32::cast_signed))), "int")
        }
        "long" | "int64" => (Literal::Long(integer(bare)), "long"),
        "real" | "double" => (Literal::Real(bare.parse().ok()), "real"),
        "decimal" => (Literal::Decimal(text::whole(recognize_float, bare).map(str::to_owned)), "decimal"),
        "datetime" | "date" => {
            if matches!(bare, "" | "now") {
                return Literal::DatetimeNow;
            }
            let value = time::parse_datetime(bare);
            if let (None, Some(time)) = (value, time::parse_time_of_day(bare)) {
                return Literal::TimeOfDay(time);
            }
            (Literal::Datetime(value.or_else(|| time::parse_ticks(bare))), "datetime")
        }
        "timespan" | "time" => (Literal::Timespan(time::parse_timespan(bare)), "timespan"),
        _ => (Literal::Guid(text::whole(text::guid, bare)), "guid"),
    };
    let missing = matches!(
        value,
        Literal::Bool(None)
            | Literal::Int(None)
            | Literal::Long(None)
            | Literal::Real(None)
            | Literal::Decimal(None)
            | Literal::Datetime(None)
            | Literal::Timespan(None)
            | Literal::Guid(None)
    );
    if missing && !null {
        i.report(Diagnostic::error(codes::INVALID_LITERAL, span, format!("'{inner}' is not a {what}.")));
    }
    value
}

/// `dynamic({"a": [1, 2]})`
fn dynamic_literal(i: Tokens) -> Parsed<Expr> {
    let value = preceded(token(Kind::Word, Want::Literal), within(PARENS, dynamic));
    expression::of_kind(value.map(|value| ExprKind::Literal(Literal::Dynamic(value)))).parse(i)
}

fn dynamic(i: Tokens) -> Parsed<Dynamic> {
    match i.kind() {
        Kind::OpenBracket => bracketed(BRACKETS, dynamic).map(Dynamic::Array).parse(i),
        Kind::OpenBrace => bracketed(BRACES, property).map(Dynamic::Bag).parse(i),
        Kind::Word if i.is_word("null") => Ok((i.skip(1), Dynamic::Null)),
        Kind::Minus if i.ahead(1).kind == Kind::Long && i.text_ahead(1) == LEAST_WITHOUT_SIGN => {
            Ok((i.skip(2), Dynamic::Scalar(Box::new(Literal::Long(Some(i64::MIN))))))
        }
        Kind::Minus if matches!(i.ahead(1).kind, Kind::Long | Kind::Real) => scalar.map(negate).parse(i.skip(1)),
        _ => scalar(i),
    }
}

fn scalar(i: Tokens) -> Parsed<Dynamic> {
    literal
        .map(|e| match e.kind {
            ExprKind::Literal(Literal::Dynamic(inner)) => inner,
            ExprKind::Literal(value) => Dynamic::Scalar(Box::new(value)),
            _ => Dynamic::Null,
        })
        .parse(i)
}

fn negate(value: Dynamic) -> Dynamic {
    let Dynamic::Scalar(scalar) = value else { return value };
    Dynamic::Scalar(Box::new(match *scalar {
        Literal::Long(n) => Literal::Long(n.map(i64::wrapping_neg)),
        Literal::Real(r) => Literal::Real(r.map(|r| -r)),
        Literal::Timespan(t) => Literal::Timespan(t.map(i64::wrapping_neg)),
        other => other,
    }))
}

/// `'a': 1`
fn property(i: Tokens) -> Parsed<(String, Dynamic)> {
    separated_pair(key, token(Kind::Colon, Want::Colon), dynamic).parse(i)
}

fn key(i: Tokens) -> Parsed<String> {
    match i.kind() {
        Kind::String | Kind::Verbatim | Kind::MultiLine => Ok((i.skip(1), string_value(i.token(), i.text))),
        _ => i.expected(Want::Text),
    }
}

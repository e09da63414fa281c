//! Literals, decoded.

use crate::ast::{Dynamic, Expr, ExprKind, Literal, UnaryOp};
use crate::codes;
use crate::combinators::{BRACKETS, bracketed, fatal, token};
use crate::grammar::{expression, name};
use crate::input::{Parsed, Tokens, Want};
use crate::time;
use crate::token::{Kind, Token};
use crate::{Diagnostic, Span};

/// Whether a literal stands here.
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

/// The digits of the least long, which do not fit a long without their sign. Where a literal may have one, as in a
/// `datatable` and in a dynamic value, the sign belongs to it.
const LEAST_WITHOUT_SIGN: &str = "9223372036854775808";

fn long(i: &Tokens, text: &str, span: Span) -> Literal {
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hex) => u64::from_str_radix(hex, 16).ok().map(u64::cast_signed),
        None => text.parse().ok(),
    };
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

/// Literals that stand next to each other are one string.
fn strings(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    let (rest, value) = string(i)?;
    Ok((rest, Expr { kind: ExprKind::Literal(Literal::String(value)), span: rest.from(start) }))
}

/// The value of a string literal, and of those right behind it.
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
            // one that is not closed has no quote at its end
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
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(escape) = rest.next() else { break };
        let code = |digits: &str, radix: u32| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
        let take = |rest: &mut std::str::Chars, most: usize, radix: u32, first: Option<char>| {
            let mut digits: String = first.into_iter().collect();
            while digits.len() < most {
                match rest.clone().next() {
                    Some(d) if d.is_digit(radix) => {
                        digits.push(d);
                        rest.next();
                    }
                    _ => break,
                }
            }
            code(&digits, radix)
        };
        match escape {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\u{7}'),
            'b' => out.push('\u{8}'),
            'f' => out.push('\u{c}'),
            'v' => out.push('\u{b}'),
            'u' => out.extend(take(&mut rest, 4, 16, None)),
            'U' => out.extend(take(&mut rest, 8, 16, None)),
            'x' => out.extend(take(&mut rest, 2, 16, None)),
            '0'..='3' => out.extend(take(&mut rest, 3, 8, Some(escape))),
            '4'..='7' => out.extend(take(&mut rest, 2, 8, Some(escape))),
            other => out.push(other),
        }
    }
    out
}

/// A literal with a sign, or none: what `datatable` and defaults take.
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

/// Whether [`signed`] reads what stands here.
pub fn starts_signed(i: &Tokens) -> bool {
    let number = matches!(i.ahead(1).kind, Kind::Long | Kind::Real | Kind::Timespan) && i.touches(1);
    match i.kind() {
        Kind::Minus | Kind::Plus => number,
        Kind::OpenBrace => name::is_placeholder(i),
        _ => starts(i) || i.is_word("typeof"),
    }
}

/// Whether `74be27de-1e4e-49d9-b579-fe0b331d3642` stands here.
pub fn is_raw_guid(i: &Tokens) -> bool {
    let start = i.span().start as usize;
    i.text.as_bytes().get(start..start + 36).is_some_and(|text| {
        text.iter()
            .enumerate()
            .all(|(n, b)| if matches!(n, 8 | 13 | 18 | 23) { *b == b'-' } else { b.is_ascii_hexdigit() })
    })
}

/// A guid without `guid(...)` around it, which is reported.
pub fn raw_guid(i: Tokens) -> Parsed<Expr> {
    let span = Span::new(i.span().start, i.span().start + 36);
    let value = guid(span.text(i.text));
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
    // text copied from web pages has blanks of other kinds
    let plain: String = inner.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).collect();
    let inner = plain.as_str();
    let bare = inner.strip_prefix(['"', '\'']).and_then(|s| s.strip_suffix(['"', '\''])).unwrap_or(inner);
    let null = inner == "null";
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
            // 32 hexadecimal bits may have the sign's
            let hex = bare.starts_with("0x").then(|| whole(bare).and_then(|n| u32::try_from(n).ok()));
            let value = whole(bare).and_then(|n| i32::try_from(n).ok());
            (Literal::Int(value.or(hex.flatten().map(u32::cast_signed))), "int")
        }
        "long" | "int64" => (Literal::Long(whole(bare)), "long"),
        "real" | "double" => (Literal::Real(real(bare)), "real"),
        "decimal" => {
            let digits = bare.trim_start_matches(['-', '+']);
            let valid = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
                && digits.bytes().all(|b| b.is_ascii_digit() || matches!(b, b'.' | b'e' | b'E' | b'+' | b'-'));
            (Literal::Decimal(valid.then(|| bare.to_owned())), "decimal")
        }
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
        _ => (Literal::Guid(guid(bare)), "guid"),
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

fn whole(text: &str) -> Option<i64> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest.trim()),
        None => (false, text),
    };
    if let Some(hex) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        let value = u64::from_str_radix(hex, 16).ok()?.cast_signed();
        return Some(if negative { value.wrapping_neg() } else { value });
    }
    if negative { format!("-{digits}").parse().ok() } else { digits.parse().ok() }
}

fn real(text: &str) -> Option<f64> {
    match text.to_ascii_lowercase().as_str() {
        "nan" => Some(f64::NAN),
        "inf" | "+inf" => Some(f64::INFINITY),
        "-inf" => Some(f64::NEG_INFINITY),
        other => other.parse().ok(),
    }
}

fn guid(text: &str) -> Option<u128> {
    let text = text.trim_start_matches('{').trim_end_matches('}');
    let digits: String = text.chars().filter(|c| *c != '-').collect();
    (digits.len() == 32).then(|| u128::from_str_radix(&digits, 16).ok()).flatten()
}

/// `dynamic({"a": [1, 2]})`
fn dynamic_literal(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    let (rest, _) = token(Kind::OpenParen, Want::OpenParen)(i.skip(1))?;
    let (rest, value) = dynamic(rest).map_err(fatal)?;
    let (rest, end) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
    Ok((rest, Expr { kind: ExprKind::Literal(Literal::Dynamic(value)), span: start.to(end) }))
}

fn dynamic(i: Tokens) -> Parsed<Dynamic> {
    match i.kind() {
        Kind::OpenBracket => {
            let (rest, (items, _)) = bracketed(BRACKETS.0, BRACKETS.1, dynamic)(i)?;
            Ok((rest, Dynamic::Array(items)))
        }
        Kind::OpenBrace => {
            let open = (Kind::OpenBrace, Want::OpenBrace);
            let close = (Kind::CloseBrace, Want::CloseBrace);
            let (rest, (properties, _)) = bracketed(open, close, property)(i)?;
            Ok((rest, Dynamic::Bag(properties)))
        }
        Kind::Word if i.is_word("null") => Ok((i.skip(1), Dynamic::Null)),
        Kind::Minus if i.ahead(1).kind == Kind::Long && i.text_ahead(1) == LEAST_WITHOUT_SIGN => {
            Ok((i.skip(2), Dynamic::Scalar(Box::new(Literal::Long(Some(i64::MIN))))))
        }
        Kind::Minus if matches!(i.ahead(1).kind, Kind::Long | Kind::Real) => {
            let (rest, value) = scalar(i.skip(1))?;
            Ok((rest, negate(value)))
        }
        _ => scalar(i),
    }
}

fn scalar(i: Tokens) -> Parsed<Dynamic> {
    let (rest, e) = literal(i)?;
    Ok((
        rest,
        match e.kind {
            ExprKind::Literal(Literal::Dynamic(inner)) => inner,
            ExprKind::Literal(value) => Dynamic::Scalar(Box::new(value)),
            _ => Dynamic::Null,
        },
    ))
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

fn property(i: Tokens) -> Parsed<(String, Dynamic)> {
    let (rest, key) = match i.kind() {
        Kind::String | Kind::Verbatim | Kind::MultiLine => (i.skip(1), string_value(i.token(), i.text)),
        _ => return i.expected(Want::Text),
    };
    let (rest, _) = token(Kind::Colon, Want::Colon)(rest).map_err(fatal)?;
    let (rest, value) = dynamic(rest).map_err(fatal)?;
    Ok((rest, (key, value)))
}

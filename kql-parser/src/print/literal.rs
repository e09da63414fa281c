//! Literals.

use super::Printer;
use super::layout::Piece;
use crate::Span;
use crate::ast::{Dynamic, Literal};
use crate::time;
use crate::token::{Kind, lex};

impl<'a> Printer<'a> {
    /// A literal as it is written in the source, else in the canonical spelling.
    pub(super) fn literal(&mut self, literal: &Literal, span: Span) {
        match (literal, self.written(span)) {
            (Literal::Dynamic(_), Some(text)) => self.written_dynamic(text, span.start),
            (Literal::String(_), Some(text)) => self.written_strings(text, span.start),
            (Literal::Dynamic(value), None) => {
                self.text("dynamic(");
                self.dynamic(value);
                self.text(")");
            }
            (_, Some(text)) => self.text(text),
            (_, None) => self.text(spelled(literal)),
        }
    }

    /// `'a' 'b'`: adjacent strings are one literal.
    fn written_strings(&mut self, text: &'a str, start: u32) {
        for (n, token) in lex(text).tokens.iter().filter(|t| t.kind != Kind::End).enumerate() {
            if n > 0 {
                self.comments_before(start + token.span.start);
                self.text(" ");
            }
            self.text(token.span.text(text));
        }
    }

    /// `dynamic([...])`, token by token, so that comments and spellings are kept.
    fn written_dynamic(&mut self, text: &'a str, start: u32) {
        let mut before = Kind::End;
        for token in lex(text).tokens {
            if token.kind == Kind::End {
                break;
            }
            let opens = matches!(token.kind, Kind::OpenBracket | Kind::OpenBrace);
            let closes = matches!(token.kind, Kind::CloseBracket | Kind::CloseBrace);
            if closes {
                self.comments_before(start + token.span.start);
                self.pieces.push(Piece::Out);
                if !matches!(before, Kind::OpenBracket | Kind::OpenBrace) {
                    self.pieces.push(Piece::Soft);
                }
                self.pieces.push(Piece::Close);
            } else {
                match before {
                    Kind::Comma => self.pieces.push(Piece::Fill),
                    Kind::Colon => self.text(" "),
                    Kind::String | Kind::Verbatim | Kind::MultiLine
                        if matches!(token.kind, Kind::String | Kind::Verbatim | Kind::MultiLine) =>
                    {
                        self.text(" ");
                    }
                    Kind::OpenBracket | Kind::OpenBrace => self.pieces.push(Piece::Soft),
                    _ => {}
                }
                if token.kind != Kind::Comma {
                    self.comments_before(start + token.span.start);
                }
            }
            self.text(token.span.text(text));
            if opens {
                self.pieces.push(Piece::Open);
                self.pieces.push(Piece::In);
            }
            before = token.kind;
        }
    }

    fn dynamic(&mut self, value: &Dynamic) {
        match value {
            Dynamic::Null => self.text("null"),
            Dynamic::Scalar(scalar) => match &**scalar {
                Literal::Long(Some(n)) => self.text(n.to_string()),
                Literal::Real(Some(r)) if r.is_finite() => self.text(format!("{r:?}")),
                other => self.text(spelled(other)),
            },
            Dynamic::Array(items) => self.items("[", "]", items, |p, item| p.dynamic(item)),
            Dynamic::Bag(properties) => self.items("{", "}", properties, |p, (key, value)| {
                p.text(quoted(key, '"'));
                p.text(": ");
                p.dynamic(value);
            }),
        }
    }

    fn items<T>(&mut self, open: &'static str, close: &'static str, items: &[T], item: impl Fn(&mut Self, &T)) {
        self.text(open);
        self.group(|p| {
            p.nest(|p| {
                for (n, e) in items.iter().enumerate() {
                    p.pieces.push(if n == 0 { Piece::Soft } else { Piece::Fill });
                    item(p, e);
                    if n + 1 < items.len() {
                        p.text(",");
                    }
                }
            });
            if !items.is_empty() {
                p.pieces.push(Piece::Soft);
            }
        });
        self.text(close);
    }
}

/// A literal other than `dynamic(...)`.
pub(super) fn spelled(literal: &Literal) -> String {
    match literal {
        Literal::Bool(None) => "bool(null)".to_owned(),
        Literal::Bool(Some(b)) => b.to_string(),
        Literal::Int(None) => "int(null)".to_owned(),
        Literal::Int(Some(n)) => format!("int({n})"),
        Literal::Long(None) => "long(null)".to_owned(),
        Literal::Long(Some(n)) if *n >= 0 => n.to_string(),
        Literal::Long(Some(n)) => format!("long({n})"),
        Literal::Real(None) => "real(null)".to_owned(),
        Literal::Real(Some(r)) if r.is_nan() => "real(nan)".to_owned(),
        Literal::Real(Some(r)) if r.is_infinite() => format!("real({}inf)", if *r < 0.0 { "-" } else { "+" }),
        Literal::Real(Some(r)) if r.is_sign_negative() => format!("real({r:?})"),
        Literal::Real(Some(r)) => format!("{r:?}"),
        Literal::Decimal(None) => "decimal(null)".to_owned(),
        Literal::Decimal(Some(digits)) => format!("decimal({digits})"),
        Literal::String(text) => quoted(text, if text.contains('"') && !text.contains('\'') { '\'' } else { '"' }),
        Literal::Datetime(None) => "datetime(null)".to_owned(),
        Literal::Datetime(Some(ticks)) => format!("datetime({})", time::datetime_text(*ticks)),
        Literal::DatetimeNow => "datetime(now)".to_owned(),
        Literal::TimeOfDay(ticks) => format!("datetime({})", time::timespan_text(*ticks)),
        Literal::Timespan(None) => "time(null)".to_owned(),
        Literal::Timespan(Some(ticks)) => format!("time({})", time::timespan_text(*ticks)),
        Literal::Guid(None) => "guid(null)".to_owned(),
        Literal::Guid(Some(bits)) => {
            let hex = format!("{bits:032x}");
            let part = |from: usize, to: usize| hex.get(from..to).unwrap_or("").to_owned();
            format!("guid({}-{}-{}-{}-{})", part(0, 8), part(8, 12), part(12, 16), part(16, 20), part(20, 32))
        }
        Literal::Dynamic(_) => "dynamic(null)".to_owned(),
    }
}

/// A name in brackets, as a query can write any name: `['a b']`.
pub fn bracketed_name(name: &str) -> String {
    format!("[{}]", quoted(name, '\''))
}

/// A string between quotes, with escapes.
pub(super) fn quoted(text: &str, quote: char) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => {
                out.push('\\');
                out.push(c);
            }
            c if (c as u32) < 0x20 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c => out.push(c),
        }
    }
    out.push(quote);
    out
}

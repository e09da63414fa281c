//! Names: `x`, `['a b']`, `Device*`, `hint.strategy`.

use crate::Span;
use crate::ast::{ColumnDeclaration, Expr, ExprKind, Name, TypeName};
use crate::combinators::{fatal, token};
use crate::grammar::literal;
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

/// Words that stand for something in the language, and so name a column only in brackets.
pub const NEEDS_BRACKETS: &[&str] = &[
    "first",
    "last",
    "asc",
    "desc",
    "and",
    "or",
    "between",
    "like",
    "project",
    "union",
    "kind",
    "dynamic",
    "isfuzzy",
    "withsource",
    "flags",
    "simple",
    "relaxed",
    "date",
    "datetime",
    "time",
    "timespan",
    "int",
    "long",
    "real",
    "string",
    "decimal",
    "double",
    "others",
    "nooptimization",
    "cycles",
    "bagexpansion",
    "with_itemindex",
    "with_match_id",
];

/// A name, bracketed or not.
pub fn name(i: Tokens) -> Parsed<Name> {
    match i.kind() {
        Kind::Word => Ok((i.skip(1), Name { text: i.text_ahead(0).to_owned(), span: i.span() })),
        Kind::OpenBracket if is_bracketed(&i) => bracketed(i),
        _ => i.expected(Want::Name),
    }
}

/// A name where no expression may stand, so that more words are names.
pub fn extended(i: Tokens) -> Parsed<Name> {
    name(i)
}

/// `: long`, where it stands.
pub fn opt_type(i: Tokens) -> Parsed<Option<TypeName>> {
    if i.kind() != Kind::Colon {
        i.note(Want::Colon);
        return Ok((i, None));
    }
    let (rest, ty) = type_name(i.skip(1)).map_err(fatal)?;
    Ok((rest, Some(ty)))
}

/// Whether `['a b']` stands here.
pub fn is_bracketed(i: &Tokens) -> bool {
    i.kind() == Kind::OpenBracket
        && matches!(i.ahead(1).kind, Kind::String | Kind::Verbatim)
        && i.ahead(2).kind == Kind::CloseBracket
}

fn bracketed(i: Tokens) -> Parsed<Name> {
    let text = literal::string_value(i.ahead(1), i.text);
    let span = i.span().to(i.ahead(2).span);
    Ok((i.skip(3), Name { text, span }))
}

/// A name or a pattern such as `Device*`, `*_s` or `*`, as an expression.
pub fn pattern(i: Tokens) -> Parsed<Expr> {
    if is_bracketed(&i) {
        let (rest, name) = bracketed(i)?;
        return Ok((rest, Expr { span: name.span, kind: ExprKind::Name(name) }));
    }
    let part = |n: usize| matches!(i.ahead(n).kind, Kind::Word | Kind::Star | Kind::Long | Kind::Timespan);
    if !matches!(i.kind(), Kind::Word | Kind::Star) {
        return i.expected(Want::Name);
    }
    let mut n = 1;
    // in a pattern nothing stands between its parts
    while part(n) && i.touches(n) {
        n += 1;
    }
    let span = i.span().to(i.ahead(n - 1).span);
    let text = span.text(i.text);
    let kind = match text {
        "*" => ExprKind::Star,
        _ if text.contains('*') => ExprKind::Wildcard(Name { text: text.to_owned(), span }),
        _ => ExprKind::Name(Name { text: text.to_owned(), span }),
    };
    Ok((i.skip(n), Expr { kind, span }))
}

/// Whether `[a*]` stands here.
pub fn is_bracketed_pattern(i: &Tokens) -> bool {
    i.kind() == Kind::OpenBracket
        && i.to_partner().is_some_and(|n| n > 1 && (1..n).any(|k| i.ahead(k).kind == Kind::Star))
        && matches!(pattern(i.skip(1)), Ok((rest, _)) if rest.kind() == Kind::CloseBracket)
}

/// `[a*]`
pub fn bracketed_pattern(i: Tokens) -> Parsed<Expr> {
    let (rest, inner) = pattern(i.skip(1))?;
    let (rest, _) = token(Kind::CloseBracket, Want::CloseBracket)(rest)?;
    let span = rest.from(i.span());
    let kind = match inner.kind {
        ExprKind::Star => ExprKind::Wildcard(Name { text: "*".to_owned(), span }),
        ExprKind::Wildcard(name) | ExprKind::Name(name) => ExprKind::Wildcard(Name { span, ..name }),
        other => other,
    };
    Ok((rest, Expr { kind, span }))
}

/// Whether `{name}` or `{name[0]}` stands here.
pub fn is_placeholder(i: &Tokens) -> bool {
    let mut n = 2;
    if i.ahead(1).kind != Kind::Word || !i.touches(1) {
        return false;
    }
    if i.ahead(n).kind == Kind::OpenBracket {
        n += 1 + usize::from(i.ahead(n + 1).kind == Kind::Minus);
        if i.ahead(n).kind != Kind::Long || i.ahead(n + 1).kind != Kind::CloseBracket {
            return false;
        }
        n += 2;
    }
    i.ahead(n).kind == Kind::CloseBrace && (1..=n).all(|k| i.touches(k))
}

/// `{name}`
pub fn placeholder(i: Tokens) -> Parsed<Expr> {
    let Some(close) = i.to_partner() else { return i.expected(Want::Expression) };
    let inner = Span::new(i.span().end, i.ahead(close).span.start);
    let span = i.span().to(i.ahead(close).span);
    let name = Name { text: inner.text(i.text).to_owned(), span };
    Ok((i.skip(close + 1), Expr { kind: ExprKind::Placeholder(name), span }))
}

/// `(a: long, b: string)`; a comma may come first.
pub fn row_schema(i: Tokens) -> Parsed<Vec<ColumnDeclaration>> {
    let (mut rest, _) = token(Kind::OpenParen, Want::OpenParen)(i)?;
    if rest.kind() == Kind::Comma {
        rest = rest.skip(1);
    }
    let mut columns = Vec::new();
    while rest.kind() != Kind::CloseParen {
        let (next, column) = column_declaration(rest).map_err(fatal)?;
        columns.push(column);
        rest = next;
        if rest.kind() != Kind::Comma {
            rest.note(Want::Comma);
            break;
        }
        rest = rest.skip(1);
    }
    let (rest, _) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
    Ok((rest, columns))
}

/// A word with dots or hyphens in it: `hint.strategy`, `granny-asc`.
pub fn compound(i: Tokens) -> Parsed<Name> {
    if i.kind() != Kind::Word {
        return i.expected(Want::Name);
    }
    let mut n = 1;
    while matches!(i.ahead(n).kind, Kind::Dot | Kind::Minus)
        && i.touches(n)
        && i.ahead(n + 1).kind == Kind::Word
        && i.touches(n + 1)
    {
        n += 2;
    }
    let span = i.span().to(i.ahead(n - 1).span);
    Ok((i.skip(n), Name { text: span.text(i.text).to_owned(), span }))
}

/// A type: a word.
pub fn type_name(i: Tokens) -> Parsed<TypeName> {
    let (rest, span) = token(Kind::Word, Want::Type)(i)?;
    Ok((rest, TypeName { text: span.text(i.text).to_owned(), span }))
}

/// `name: type`
pub fn column_declaration(i: Tokens) -> Parsed<ColumnDeclaration> {
    let (rest, name) = name(i)?;
    let (rest, _) = token(Kind::Colon, Want::Colon)(rest).map_err(fatal)?;
    let (rest, ty) = type_name(rest).map_err(fatal)?;
    Ok((rest, ColumnDeclaration { name, ty }))
}

//! Names: `x`, `['a b']`, `Device*`, `hint.strategy`.

use crate::ast::{ColumnDeclaration, Expr, ExprKind, Name, TypeName};
use crate::codes;
use crate::combinators::{PARENS, loosely_bracketed, token};
use crate::grammar::literal;
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use crate::word::{Word, is_column_type, word};
use crate::{Diagnostic, Span};
use nom::Parser;
use nom::combinator::{cut, opt};
use nom::sequence::{preceded, separated_pair, terminated};

/// A name, bracketed or not.
pub fn name(i: Tokens) -> Parsed<Name> {
    match i.kind() {
        Kind::Word if word(i.text_ahead(0)) == Word::Name => Ok(bare(i)),
        Kind::Word if in_name_position(&i) => {
            needs_brackets(&i, i.span());
            Ok(bare(i))
        }
        Kind::OpenBracket if is_bracketed(&i) => bracketed(i),
        _ => i.expected(Want::Name),
    }
}

/// A name where no expression is allowed, so that more words are names.
pub fn declared(i: Tokens) -> Parsed<Name> {
    match i.kind() {
        Kind::Word if word(i.text_ahead(0)) == Word::Declared => Ok(bare(i)),
        _ => name(i),
    }
}

fn bare(i: Tokens) -> (Tokens, Name) {
    (i.skip(1), Name { text: i.text_ahead(0).to_owned(), span: i.span() })
}

/// Whether the token after a keyword shows that the keyword is meant as a name.
pub fn in_name_position(i: &Tokens) -> bool {
    match i.ahead(1).kind {
        Kind::Equal
        | Kind::NotEqual
        | Kind::EqualTilde
        | Kind::BangTilde
        | Kind::Greater
        | Kind::GreaterOrEqual
        | Kind::Less
        | Kind::LessOrEqual
        | Kind::Assign
        | Kind::Star
        | Kind::Slash
        | Kind::Percent
        | Kind::CloseParen
        | Kind::CloseBracket
        | Kind::CloseBrace
        | Kind::Dot
        | Kind::Comma
        | Kind::Colon
        | Kind::Pipe
        | Kind::InTilde
        | Kind::Negated => true,
        Kind::Word => matches!(
            i.text_ahead(1),
            "and" | "or" | "has" | "in" | "contains" | "startswith" | "endswith" | "between" | "has_any" | "has_all"
        ),
        _ => false,
    }
}

/// Reports a word that is not a name without brackets.
pub fn needs_brackets(i: &Tokens, span: Span) {
    let word = span.text(i.text);
    let message = format!("The name '{word}' needs to be bracketed as ['{word}'] to be used in this context.");
    i.report(Diagnostic::error(codes::NAME_NEEDS_BRACKETS, span, message));
}

/// Any word, including keywords.
pub fn any_word<'a>(want: Want) -> impl Fn(Tokens<'a>) -> Parsed<'a, Name> {
    move |i| if i.kind() == Kind::Word { Ok(bare(i)) } else { i.expected(want) }
}

/// `: long`, if present.
pub fn opt_type(i: Tokens) -> Parsed<Option<TypeName>> {
    opt(preceded(token(Kind::Colon, Want::Colon), cut(column_type))).parse(i)
}

/// Whether `['a b']` is next.
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
        return bracketed.map(Expr::from).parse(i);
    }
    if i.kind() == Kind::Word && !(i.ahead(1).kind == Kind::Star && i.touches(1)) {
        return name.map(Expr::from).parse(i);
    }
    let part = |n: usize| matches!(i.ahead(n).kind, Kind::Word | Kind::Star | Kind::Long | Kind::Timespan);
    if !matches!(i.kind(), Kind::Word | Kind::Star) {
        return i.expected(Want::Name);
    }
    let mut n = 1;
    // the parts of a pattern have nothing between them
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

/// Whether `*` or `a*` is next.
pub fn is_pattern(i: &Tokens) -> bool {
    i.kind() == Kind::Star || (i.kind() == Kind::Word && i.ahead(1).kind == Kind::Star && i.touches(1))
}

/// Whether `[a*]` is next.
pub fn is_bracketed_pattern(i: &Tokens) -> bool {
    i.kind() == Kind::OpenBracket
        && is_pattern(&i.skip(1))
        && matches!(pattern(i.skip(1)), Ok((rest, _)) if rest.kind() == Kind::CloseBracket)
}

/// `[a*]`
pub fn bracketed_pattern(i: Tokens) -> Parsed<Expr> {
    let (rest, inner) = terminated(pattern, token(Kind::CloseBracket, Want::CloseBracket)).parse(i.skip(1))?;
    let span = rest.from(i.span());
    let kind = match inner.kind {
        ExprKind::Star => ExprKind::Wildcard(Name { text: "*".to_owned(), span }),
        ExprKind::Wildcard(name) | ExprKind::Name(name) => ExprKind::Wildcard(Name { span, ..name }),
        other => other,
    };
    Ok((rest, Expr { kind, span }))
}

/// Whether `{name}` or `{name[0]}` is next.
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
    let Some(close) = i.partner_ahead() else { return i.expected(Want::Expression) };
    let inner = Span::new(i.span().end, i.ahead(close).span.start);
    let span = i.span().to(i.ahead(close).span);
    let name = Name { text: inner.text(i.text).to_owned(), span };
    Ok((i.skip(close + 1), Expr { kind: ExprKind::Placeholder(name), span }))
}

/// `(a: long, b: string)`
pub fn row_schema(i: Tokens) -> Parsed<Vec<ColumnDeclaration>> {
    loosely_bracketed(PARENS, column_declaration).parse(i)
}

/// A word that contains dots or hyphens: `hint.strategy`, `granny-asc`.
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
    any_word(Want::Type).map(|Name { text, span }| TypeName { text, span }).parse(i)
}

/// The type of a column.
pub fn column_type(i: Tokens) -> Parsed<TypeName> {
    let (rest, ty) = type_name(i)?;
    if !is_column_type(&ty.text) {
        let message = format!("The name '{}' is not a valid type name.", ty.text);
        i.report(
            Diagnostic::error(codes::INVALID_TYPE_NAME, ty.span, message).with_help(
                "the types are bool, int, long, real, decimal, string, datetime, timespan, guid and dynamic",
            ),
        );
    }
    Ok((rest, ty))
}

/// `name: type`
pub fn column_declaration(i: Tokens) -> Parsed<ColumnDeclaration> {
    separated_pair(declared, cut(token(Kind::Colon, Want::Colon)), cut(column_type))
        .map(|(name, ty)| ColumnDeclaration { name, ty })
        .parse(i)
}

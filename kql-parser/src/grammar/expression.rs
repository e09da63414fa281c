//! Expressions: the loop over binding powers, and operands.

use crate::ast::{Between, Binary, BinaryOp, Call, Expr, ExprKind, In, InOp, Name, Named, TypeOf, UnaryOp};
use crate::codes;
use crate::combinators::{
    BRACKETS, PARENS, Reads, bracketed, expected, loose_list, quiet, spanned, token, within, word as spelled,
};
use crate::grammar::operators::search;
use crate::grammar::{literal, name, operators, parameter, pipeline, source};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use crate::word::{Word, word as word_class};
use crate::{Diagnostic, Span};
use nom::Parser;
use nom::branch::alt;
use nom::combinator::{cut, value};
use nom::sequence::{preceded, separated_pair};

/// An expression, possibly named: `e`, `x = e`, `(a, b) = e`.
pub fn named(i: Tokens) -> Parsed<Expr> {
    match named_only(i)? {
        (rest, Some(named)) => Ok((rest, named)),
        (_, None) => expression(i),
    }
}

/// `x = e`, `(a, b) = e`, if present.
fn named_only(i: Tokens) -> Parsed<Option<Expr>> {
    let start = i.span();
    let assign = quiet(Kind::Assign);
    let one = (i.kind() == Kind::Word && i.ahead(1).kind == Kind::Assign)
        || (name::is_bracketed(&i) && i.ahead(3).kind == Kind::Assign);
    if one {
        let (rest, (name, value)) = separated_pair(name::declared, assign, cut(expression)).parse(i)?;
        let named = Named { names: vec![name], tuple: false, value };
        return Ok((rest, Some(Expr { kind: ExprKind::Named(Box::new(named)), span: rest.from(start) })));
    }
    if i.kind() == Kind::Word && i.ahead(1).kind == Kind::Minus && i.touches(1) {
        let after = i.skip(operators::name_length(&i));
        if after.kind() == Kind::Assign {
            name::needs_brackets(&i, after.from(start));
            let (rest, value) = cut(expression).parse(after.skip(1))?;
            return Ok((rest, Some(value)));
        }
    }
    if i.kind() == Kind::OpenParen
        && let Some(close) = i.partner_ahead()
        && i.ahead(close + 1).kind == Kind::Assign
    {
        let names = bracketed(PARENS, name::declared);
        let (rest, (names, value)) = separated_pair(names, assign, cut(expression)).parse(i)?;
        let named = Named { names, tuple: true, value };
        return Ok((rest, Some(Expr { kind: ExprKind::Named(Box::new(named)), span: rest.from(start) })));
    }
    Ok((i, None))
}

/// An expression.
pub fn expression(i: Tokens) -> Parsed<Expr> {
    binary(i, 0)
}

/// Whether operators of the same power can follow each other.
#[derive(Clone, Copy, PartialEq)]
enum Assoc {
    Left,
    None,
}

/// The right side of an operator.
#[derive(Clone, Copy)]
enum Right {
    Operand(BinaryOp),
    List(InOp),
    Couple(bool),
    Regex,
    Match,
}

/// The power of `==`, `!=`, `in`, `has_any`, `between`.
pub const EQUALITY: u8 = 3;
/// The power of `has` and the other operators on strings, and of `:`.
pub const STRING: u8 = 7;

/// The table of binding powers, loosest first, for the parser and the printer.
pub const fn power(op: BinaryOp) -> u8 {
    match op {
        BinaryOp::Or => 1,
        BinaryOp::And => 2,
        BinaryOp::Equal | BinaryOp::NotEqual => EQUALITY,
        BinaryOp::LessThan | BinaryOp::LessThanOrEqual | BinaryOp::GreaterThan | BinaryOp::GreaterThanOrEqual => 4,
        BinaryOp::Add | BinaryOp::Subtract => 5,
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 6,
        _ => STRING,
    }
}

/// The operator that is next, with its power and its right side.
fn infix(i: &Tokens) -> Option<(u8, Assoc, Right)> {
    use BinaryOp as B;
    let operand = |assoc, op| Some((power(op), assoc, Right::Operand(op)));
    match i.kind() {
        Kind::Equal => operand(Assoc::None, B::Equal),
        Kind::NotEqual => operand(Assoc::None, B::NotEqual),
        Kind::Less => operand(Assoc::None, B::LessThan),
        Kind::LessOrEqual => operand(Assoc::None, B::LessThanOrEqual),
        Kind::Greater => operand(Assoc::None, B::GreaterThan),
        Kind::GreaterOrEqual => operand(Assoc::None, B::GreaterThanOrEqual),
        Kind::Plus => operand(Assoc::Left, B::Add),
        Kind::Minus => operand(Assoc::Left, B::Subtract),
        Kind::Star => operand(Assoc::Left, B::Multiply),
        Kind::Slash => operand(Assoc::Left, B::Divide),
        Kind::Percent => operand(Assoc::Left, B::Modulo),
        Kind::EqualTilde => operand(Assoc::None, B::EqualTilde),
        Kind::BangTilde => operand(Assoc::None, B::BangTilde),
        Kind::Colon => Some((STRING, Assoc::None, Right::Match)),
        Kind::InTilde => Some((EQUALITY, Assoc::None, Right::List(InOp::In))),
        Kind::Word => match i.text_ahead(0) {
            "or" => operand(Assoc::Left, B::Or),
            "and" => operand(Assoc::Left, B::And),
            // `make-series ... on t in range(a, b, c)`
            "in" if i.word_ahead(1, "range") => None,
            "in" => Some((EQUALITY, Assoc::None, Right::List(InOp::InCs))),
            "has_any" => Some((EQUALITY, Assoc::None, Right::List(InOp::HasAny))),
            "has_all" => Some((EQUALITY, Assoc::None, Right::List(InOp::HasAll))),
            "between" => Some((EQUALITY, Assoc::None, Right::Couple(false))),
            "matches"
                if i.word_ahead(1, "regex") && Span::new(i.span().end, i.ahead(1).span.start).text(i.text) == " " =>
            {
                Some((STRING, Assoc::None, Right::Regex))
            }
            word => operand(Assoc::None, string_operator(word)?),
        },
        Kind::Negated => match i.text_ahead(0) {
            "!in" => Some((EQUALITY, Assoc::None, Right::List(InOp::NotInCs))),
            "!in~" => Some((EQUALITY, Assoc::None, Right::List(InOp::NotIn))),
            "!between" => Some((EQUALITY, Assoc::None, Right::Couple(true))),
            word => operand(Assoc::None, string_operator(word)?),
        },
        _ => None,
    }
}

fn string_operator(word: &str) -> Option<BinaryOp> {
    use BinaryOp::*;
    Some(match word {
        "has" => Has,
        "!has" => NotHas,
        "has_cs" => HasCs,
        "!has_cs" => NotHasCs,
        "hasprefix" => HasPrefix,
        "!hasprefix" => NotHasPrefix,
        "hasprefix_cs" => HasPrefixCs,
        "!hasprefix_cs" => NotHasPrefixCs,
        "hassuffix" => HasSuffix,
        "!hassuffix" => NotHasSuffix,
        "hassuffix_cs" => HasSuffixCs,
        "!hassuffix_cs" => NotHasSuffixCs,
        "contains" => Contains,
        "!contains" | "notcontains" => NotContains,
        "contains_cs" | "containscs" => ContainsCs,
        "!contains_cs" | "notcontainscs" => NotContainsCs,
        "startswith" => StartsWith,
        "!startswith" => NotStartsWith,
        "startswith_cs" => StartsWithCs,
        "!startswith_cs" => NotStartsWithCs,
        "endswith" => EndsWith,
        "!endswith" => NotEndsWith,
        "endswith_cs" => EndsWithCs,
        "!endswith_cs" => NotEndsWithCs,
        "like" => Like,
        "notlike" => NotLike,
        "like_cs" | "likecs" => LikeCs,
        "notlike_cs" | "notlikecs" => NotLikeCs,
        _ => return None,
    })
}

fn binary(i: Tokens, least: u8) -> Parsed<Expr> {
    let start = i.span();
    let (mut rest, mut left) = unary(i)?;
    let mut ceiling = u8::MAX;
    let mut computations = 0;
    loop {
        let Some((power, assoc, right)) = infix(&rest) else {
            rest.note(Want::Infix);
            return Ok((rest, left));
        };
        if power < least || ceiling <= power {
            return Ok((rest, left));
        }
        let op_span = rest.span();
        // chains of `and` and `or` become lists, but each of these operators is nested in the next one
        if let Right::Operand(op) = right
            && !matches!(op, BinaryOp::And | BinaryOp::Or)
        {
            computations += 1;
            if computations == MAX_COMPUTATIONS + 1 {
                let message = format!("More than {MAX_COMPUTATIONS} computations follow each other.");
                rest.report(
                    Diagnostic::error(codes::NESTED_TOO_DEEP, op_span, message)
                        .with_help("compute a part of it with extend or let"),
                );
            }
        }
        let operand = |i| cut(|i| binary(i, power + 1)).parse(i);
        let (next, kind) = match right {
            Right::Operand(op) => {
                let (next, value) = operand(rest.skip(1))?;
                (next, ExprKind::Binary(Box::new(Binary { op, op_span, left, right: value })))
            }
            Right::Regex => {
                let (next, _) = cut(spelled("regex", Want::Expression)).parse(rest.skip(1))?;
                let op_span = next.from(op_span);
                let (next, value) = operand(next)?;
                let op = BinaryOp::MatchesRegex;
                (next, ExprKind::Binary(Box::new(Binary { op, op_span, left, right: value })))
            }
            Right::Match => {
                let (next, value) = operand(rest.skip(1))?;
                (next, ExprKind::Match(Box::new(left), Box::new(value)))
            }
            Right::List(op) => {
                let list = spanned(bracketed(PARENS, pipeline::expression_or_pipeline));
                let (next, (items, items_span)) = cut(list).parse(rest.skip(1))?;
                if items.is_empty() {
                    return cut(expected(Want::Expression)).parse(rest.skip(2));
                }
                (next, ExprKind::In(Box::new(In { op, op_span, left, items, items_span })))
            }
            Right::Couple(negated) => {
                let range = separated_pair(expression, token(Kind::DotDot, Want::DotDot), expression);
                let (next, (low, high)) = cut(within(PARENS, range)).parse(rest.skip(1))?;
                (next, ExprKind::Between(Box::new(Between { negated, op_span, value: left, low, high })))
            }
        };
        left = Expr { kind, span: next.from(start) };
        rest = next;
        // a tighter operator would be part of the right operand: what is still here binds equally or looser
        ceiling = if assoc == Assoc::None { power } else { power + 1 };
    }
}

/// An operand, possibly with one sign.
pub fn unary(i: Tokens) -> Parsed<Expr> {
    let op = match i.kind() {
        Kind::Minus => UnaryOp::Minus,
        Kind::Plus => UnaryOp::Plus,
        _ => return operand(i),
    };
    let (rest, e) = cut(operand).parse(i.skip(1))?;
    Ok((rest, Expr { span: i.span().to(e.span), kind: ExprKind::Unary(op, Box::new(e)) }))
}

/// An operand with its suffixes: `a.b`, `a[0]`.
pub fn operand(i: Tokens) -> Parsed<Expr> {
    let (rest, e) = primary(i)?;
    postfix(rest, i.span(), e, Parts::Calls)
}

/// A table: an operand whose last name can have wildcards: `database('d').T*`.
pub fn entity(i: Tokens) -> Parsed<Expr> {
    let (rest, e) = primary(i)?;
    postfix(rest, i.span(), e, Parts::Wildcards)
}

/// A name with its suffixes, but without calls: `a.b`, `a['b']`.
pub fn path(i: Tokens) -> Parsed<Expr> {
    let (rest, name) = name::name(i)?;
    postfix(rest, i.span(), Expr::from(name), Parts::Names)
}

/// The maximum number of computations in a row, far beyond real queries: each is a level of the tree.
const MAX_COMPUTATIONS: usize = 1_000;

/// The maximum number of parts of a path, far beyond real queries: each part is a level of the tree.
const MAX_PARTS: usize = 500;

/// The allowed parts of a path.
#[derive(Clone, Copy, PartialEq)]
enum Parts {
    /// Names.
    Names,
    /// Names and calls.
    Calls,
    /// Names, calls, and a final name with wildcards.
    Wildcards,
}

/// The suffixes of an operand.
fn postfix(i: Tokens, start: Span, e: Expr, may_be: Parts) -> Parsed<Expr> {
    let (mut rest, mut e) = (i, e);
    let mut parts = 0;
    loop {
        parts += 1;
        if parts > MAX_PARTS {
            rest.report(Diagnostic::error(
                codes::NESTED_TOO_DEEP,
                e.span,
                format!("The path has more than {MAX_PARTS} parts."),
            ));
            return cut(expected(Want::Infix)).parse(rest);
        }
        match rest.kind() {
            // `a.[0]` is an older way to write `a[0]`
            Kind::Dot if rest.ahead(1).kind == Kind::OpenBracket && !name::is_bracketed(&rest.skip(1)) => {
                rest = rest.skip(1);
            }
            Kind::Dot if may_be == Parts::Wildcards && name::is_pattern(&rest.skip(1)) => {
                let (next, pattern) = cut(name::pattern).parse(rest.skip(1))?;
                let name = Name { text: pattern.span.text(rest.text).to_owned(), span: pattern.span };
                let kind = ExprKind::Path(Box::new(e), name);
                return Ok((next, Expr { kind, span: next.from(start) }));
            }
            Kind::Dot => {
                let (next, name) = cut(name::name).parse(rest.skip(1))?;
                if may_be != Parts::Names
                    && next.kind() == Kind::OpenParen
                    && !name.span.text(next.text).starts_with('[')
                {
                    let (next, args) = bracketed(PARENS, argument).parse(next)?;
                    e = Expr { kind: ExprKind::Method(Box::new(e), Call { name, args }), span: next.from(start) };
                    rest = next;
                } else {
                    e = Expr { kind: ExprKind::Path(Box::new(e), name), span: next.from(start) };
                    rest = next;
                }
            }
            Kind::OpenBracket => {
                let (next, index) = within(BRACKETS, expression).parse(rest)?;
                e = Expr { kind: ExprKind::Element(Box::new(e), Box::new(index)), span: next.from(start) };
                rest = next;
            }
            _ => return Ok((rest, e)),
        }
    }
}

fn primary(i: Tokens) -> Parsed<Expr> {
    if literal::starts(&i) {
        return literal::literal(i);
    }
    if i.ahead(1).kind == Kind::Minus && i.touches(1) && literal::is_raw_guid(&i) {
        return literal::raw_guid(i);
    }
    match i.kind() {
        Kind::Word => word(i),
        Kind::OpenParen => parens(i),
        Kind::OpenBracket if name::is_bracketed(&i) => name::name.map(Expr::from).parse(i),
        Kind::OpenBracket if name::is_bracketed_pattern(&i) => name::bracketed_pattern(i),
        Kind::OpenBrace if name::is_placeholder(&i) => name::placeholder(i),
        // `* has 'a'`: any column
        Kind::Star if is_any_column(&i) => Ok((i.skip(1), Expr { kind: ExprKind::Star, span: i.span() })),
        _ => i.expected(Want::Expression),
    }
}

fn word(i: Tokens) -> Parsed<Expr> {
    let text = i.text_ahead(0);
    let next = i.ahead(1).kind;
    let called = next == Kind::OpenParen;
    match text {
        "datatable" if called || i.ahead(2).kind == Kind::Assign => return source::datatable(i),
        "externaldata" | "external_data" if called || i.ahead(2).kind == Kind::Assign => {
            return source::externaldata(i);
        }
        "inline_external_table" if called || i.word_ahead(1, "kind") => return source::inline_external_table(i),
        "__contextual_datatable" => return source::contextual_datatable(i),
        "materialized" if next == Kind::Minus && source::is_view_combine(&i) => return source::view_combine(i),
        "entity_group" if next == Kind::OpenBracket => return entity_group(i),
        "toscalar" | "totable" if i.word_ahead(1, "kind") => return call_of_kind(i),
        "typeof" if called => return type_of(i),
        // keywords that are also names of functions
        "toscalar" | "totable" | "materialize" if called => {}
        // names that Kusto itself looks for
        "kind" | "withsource" | "with_source" if !called => {}
        _ if word_class(text) == Word::Name => {}
        _ if name::in_name_position(&i) => name::needs_brackets(&i, i.span()),
        _ => return i.expected(Want::Expression),
    }
    let name = Name { text: text.to_owned(), span: i.span() };
    if !called {
        let e = Expr::from(name);
        let (rest, scope) = search::opt_scope(i.skip(1))?;
        return Ok(match scope {
            None => (rest, e),
            Some(scope) => {
                let span = e.span.to(scope.span);
                (rest, Expr { kind: ExprKind::DataScope(Box::new((e, scope))), span })
            }
        });
    }
    let (rest, args) = bracketed(PARENS, argument).parse(i.skip(1))?;
    Ok((rest, Expr { kind: ExprKind::Call(Call { name, args }), span: rest.from(i.span()) }))
}

/// A form of expression, with its position.
pub fn of_kind<'a>(kind: impl Reads<'a, ExprKind>) -> impl Reads<'a, Expr> {
    spanned(kind).map(|(kind, span)| Expr { kind, span })
}

/// `entity_group [A, B]`
fn entity_group(i: Tokens) -> Parsed<Expr> {
    of_kind(preceded(quiet(Kind::Word), bracketed(BRACKETS, expression)).map(ExprKind::EntityGroup)).parse(i)
}

/// `toscalar kind=nooptimization (T)`
fn call_of_kind(i: Tokens) -> Parsed<Expr> {
    let call = (name::any_word(Want::Name), cut(parameter::property), cut(bracketed(PARENS, argument)));
    of_kind(call.map(|(name, kind, args)| ExprKind::CallOfKind(Box::new((Call { name, args }, kind))))).parse(i)
}

/// Whether the next operator can follow `*`.
fn is_any_column(i: &Tokens) -> bool {
    let next = i.skip(1);
    match infix(&next) {
        Some((STRING, _, _)) => true,
        _ => next.kind() == Kind::Equal,
    }
}

/// An argument: an expression, possibly named, a pipeline, or `*`.
pub fn argument(i: Tokens) -> Parsed<Expr> {
    if i.kind() == Kind::Star && matches!(i.ahead(1).kind, Kind::CloseParen | Kind::Comma) {
        return Ok((i.skip(1), Expr { kind: ExprKind::Star, span: i.span() }));
    }
    let (rest, e) = if operators::source_at(&i).is_some() { (i, None) } else { named_only(i)? };
    match e {
        Some(named) => Ok((rest, named)),
        None => pipeline::expression_or_pipeline(i),
    }
}

fn parens(i: Tokens) -> Parsed<Expr> {
    of_kind(within(PARENS, pipeline::expression_or_pipeline).map(|inner| ExprKind::Parens(Box::new(inner)))).parse(i)
}

/// `typeof(long)`, `typeof(a: long, *)`
pub fn type_of(i: Tokens) -> Parsed<Expr> {
    of_kind(type_argument.map(ExprKind::TypeOf)).parse(i)
}

/// `typeof(...)` as a type.
pub fn type_argument(i: Tokens) -> Parsed<TypeOf> {
    let scalar = |i: Tokens<'_>| i.kind() == Kind::Word && i.ahead(1).kind == Kind::CloseParen;
    let ty = |i| match scalar(i) {
        true => name::type_name.map(TypeOf::Scalar).parse(i),
        false => schema_items.map(|(columns, star)| TypeOf::Tabular(columns, star)).parse(i),
    };
    preceded(spelled("typeof", Want::Typeof), cut(within(PARENS, ty))).parse(i)
}

/// `a: long, b: string, *` before a closing bracket.
pub fn schema_items(i: Tokens) -> Parsed<crate::ast::Schema> {
    let item = alt((value(None, quiet(Kind::Star)), name::column_declaration.map(Some)));
    loose_list(Kind::CloseParen, item)
        .map(|items| {
            let star = items.iter().any(Option::is_none);
            (items.into_iter().flatten().collect(), star)
        })
        .parse(i)
}

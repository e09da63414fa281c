//! Statements.

use crate::Diagnostic;
use crate::ast::{
    Expr, Function, Let, LetValue, Parameter, ParameterType, Pattern, PatternDeclaration, PatternMatch, Query,
    Restrict, Statement, StatementKind,
};
use crate::codes;
use crate::combinators::{BRACES, BRACKETS, PARENS, bracketed, quiet, spanned, token, within, word};
use crate::grammar::operators::union;
use crate::grammar::{expression, literal, name, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use nom::Parser;
use nom::combinator::{cond, cut, opt, peek};
use nom::multi::many0;
use nom::sequence::{preceded, separated_pair, terminated};

/// A whole text.
pub fn query(i: Tokens) -> Query {
    let (_, statements) = statements(i, Kind::End);
    Query { statements }
}

/// Statements up to `end`, separated by semicolons.
pub fn statements(mut i: Tokens, end: Kind) -> (Tokens, Vec<Statement>) {
    let mut found = Vec::new();
    loop {
        if i.kind() == end || i.kind() == Kind::End {
            return (i, found);
        }
        if i.kind() == Kind::Semicolon {
            i.report(Diagnostic::error(codes::EMPTY_STATEMENT, i.span(), "There is no statement before this ';'."));
            i = i.skip(1);
            continue;
        }
        let (rest, statement) = one(i, end);
        found.push(statement);
        i = if rest.kind() == Kind::Semicolon { rest.skip(1) } else { rest };
    }
}

fn one(i: Tokens, end: Kind) -> (Tokens, Statement) {
    let start = i.span();
    let (rest, kind) = match statement(i) {
        Ok((rest, kind)) => (rest, kind),
        Err(_) => {
            let farthest = i.shared.farthest.get().at;
            let at = i.skip(usize::try_from(farthest.saturating_sub(i.index())).unwrap_or(0));
            let mut after = pipeline::recover_past(i, at);
            pipeline::unexpected(at, after);
            // the rest of an invalid statement is skipped
            while !matches!(after.kind(), Kind::Semicolon | Kind::End) && after.kind() != end {
                after = pipeline::recover(after.skip(1));
            }
            return (after, Statement { kind: StatementKind::Error, span: after.from(start) });
        }
    };
    let span = rest.from(start);
    if rest.kind() == Kind::Semicolon || rest.kind() == Kind::End || rest.kind() == end {
        return (rest, Statement { kind, span });
    }
    rest.note(Want::Semicolon);
    let mut after = pipeline::recover(rest);
    pipeline::unexpected(rest, after);
    while !matches!(after.kind(), Kind::Semicolon | Kind::End) && after.kind() != end {
        after = pipeline::recover(after.skip(1));
    }
    (after, Statement { kind, span })
}

fn statement(i: Tokens) -> Parsed<StatementKind> {
    let next = i.ahead(1).kind;
    match i.kind() {
        Kind::Word => match i.text_ahead(0) {
            "let" if next == Kind::Word || next == Kind::OpenBracket => return let_statement(i),
            "set" => return set(i),
            "declare" if i.word_ahead(1, "query_parameters") => {
                return bracketed(PARENS, parameter).map(StatementKind::DeclareQueryParameters).parse(i.skip(2));
            }
            "declare" if i.word_ahead(1, "pattern") => return pattern(i),
            "alias" if i.word_ahead(1, "database") => return alias(i),
            "restrict" if i.word_ahead(1, "access") => return restrict(i),
            _ => {}
        },
        Kind::Pipe => {
            i.note(Want::Table);
        }
        _ => {}
    }
    if i.kind() == Kind::Word && next == Kind::Assign {
        i.report(
            Diagnostic::error(codes::TERM_EXPECTED, i.span(), "A statement cannot start with a name and '='.")
                .with_help("use let to name a value: let x = ..."),
        );
        return Ok((pipeline::recover(pipeline::recover_past(i, i)), StatementKind::Error));
    }
    pipeline::expression_or_pipeline.map(StatementKind::Expr).parse(i)
}

fn let_statement(i: Tokens) -> Parsed<StatementKind> {
    separated_pair(name::name, token(Kind::Assign, Want::Assign), let_value)
        .map(|(name, value)| StatementKind::Let(Let { name, value }))
        .parse(i.skip(1))
}

fn let_value(i: Tokens) -> Parsed<LetValue> {
    let view = i.is_word("view") && i.ahead(1).kind == Kind::OpenParen;
    let parens = i.skip(usize::from(view));
    let lambda = parens.kind() == Kind::OpenParen
        && parens.partner_ahead().is_some_and(|n| parens.ahead(n + 1).kind == Kind::OpenBrace);
    if lambda {
        return spanned(preceded(cond(view, quiet(Kind::Word)), function))
            .map(|((parameters, body), span)| LetValue::Function(Function { view, parameters, body, span }))
            .parse(i);
    }
    pipeline::expression_or_pipeline.map(LetValue::Expr).parse(i)
}

/// `(parameters) { statements }`
fn function(i: Tokens) -> Parsed<(Vec<Parameter>, Vec<Statement>)> {
    let body = |i| {
        let (rest, body) = statements(i, Kind::CloseBrace);
        check_body(&rest, &body);
        Ok((rest, body))
    };
    (bracketed(PARENS, parameter), within(BRACES, body)).parse(i)
}

/// A function body consists of let statements and then its result.
fn check_body(i: &Tokens, body: &[Statement]) {
    for (n, statement) in body.iter().enumerate() {
        let message = match statement.kind {
            StatementKind::Let(_) | StatementKind::DeclareQueryParameters(_) | StatementKind::Error => continue,
            StatementKind::Expr(_) if n + 1 == body.len() => continue,
            StatementKind::Expr(_) => "A function has one result, which must be its last statement.",
            _ => "This statement is not allowed in a function.",
        };
        i.report(Diagnostic::error(codes::TERM_EXPECTED, statement.span, message));
    }
}

/// `a: long = 5`, `T: (x: long, *)`
pub fn parameter(i: Tokens) -> Parsed<Parameter> {
    let colon = token(Kind::Colon, Want::Colon);
    (name::declared, preceded(colon, parameter_type), opt(preceded(quiet(Kind::Assign), cut(default))))
        .map(|(name, ty, default)| Parameter { name, ty, default })
        .parse(i)
}

/// `long`, `(x: long, *)`
fn parameter_type(i: Tokens) -> Parsed<ParameterType> {
    if i.kind() == Kind::OpenParen {
        let schema = within(PARENS, expression::schema_items);
        return schema.map(|(columns, star)| ParameterType::Tabular(columns, star)).parse(i);
    }
    name::column_type.map(ParameterType::Scalar).parse(i)
}

/// A literal or a name.
fn default(i: Tokens) -> Parsed<Expr> {
    if name::is_bracketed(&i) || i.kind() == Kind::Word && !literal::starts(&i) {
        return name::name.map(Expr::from).parse(i);
    }
    literal::signed(i)
}

/// `set name = value`
fn set(i: Tokens) -> Parsed<StatementKind> {
    (name::name, opt(preceded(quiet(Kind::Assign), cut(literal::or_expression))))
        .map(|(name, value)| StatementKind::Set(name, value))
        .parse(i.skip(1))
}

/// `alias database d = cluster('c').database('d')`
fn alias(i: Tokens) -> Parsed<StatementKind> {
    separated_pair(name::name, token(Kind::Assign, Want::Assign), expression::expression)
        .map(|(name, database)| StatementKind::Alias(name, database))
        .parse(i.skip(2))
}

/// `restrict access to (A, B*, database('d').*) with (a = true)`
fn restrict(i: Tokens) -> Parsed<StatementKind> {
    (preceded(word("to", Want::To), bracketed(PARENS, union::table)), parameter::opt_with)
        .map(|(entities, properties)| StatementKind::Restrict(Restrict { entities, properties }))
        .parse(i.skip(2))
}

/// `declare pattern p = (a: string)[b: string] { ('x').['y'] = { T }; }`
fn pattern(i: Tokens) -> Parsed<StatementKind> {
    (name::name, opt(preceded(quiet(Kind::Assign), cut(pattern_declaration))))
        .map(|(name, declaration)| StatementKind::DeclarePattern(Pattern { name, declaration }))
        .parse(i.skip(2))
}

/// `(a: string)[b: string] { ('x').['y'] = { T }; }`
fn pattern_declaration(i: Tokens) -> Parsed<PatternDeclaration> {
    let path = preceded(peek(quiet(Kind::OpenBracket)), within(BRACKETS, name::column_declaration));
    let matches = many0(preceded(peek(quiet(Kind::OpenParen)), cut(pattern_match)));
    (bracketed(PARENS, name::column_declaration), opt(path), within(BRACES, matches))
        .map(|(parameters, path, matches)| PatternDeclaration { parameters, path, matches })
        .parse(i)
}

/// `('x').['y'] = { T };`
fn pattern_match(i: Tokens) -> Parsed<PatternMatch> {
    let path = preceded(quiet(Kind::Dot), cut(within(BRACKETS, literal::literal)));
    let body = within(BRACES, |i| Ok(statements(i, Kind::CloseBrace)));
    let (assign, end) = (token(Kind::Assign, Want::Assign), token(Kind::Semicolon, Want::Semicolon));
    spanned((bracketed(PARENS, expression::expression), opt(path), terminated(preceded(assign, body), end)))
        .map(|((arguments, path, body), span)| PatternMatch { arguments, path, body, span })
        .parse(i)
}

//! Statements.

use crate::Diagnostic;
use crate::ast::{
    Expr, ExprKind, Function, Let, LetValue, Parameter, ParameterType, Pattern, PatternDeclaration, PatternMatch,
    Query, Restrict, Statement, StatementKind,
};
use crate::codes;
use crate::combinators::{PARENS, bracketed, fatal, token, word};
use crate::grammar::operators::union;
use crate::grammar::{expression, literal, name, parameter, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

/// A whole text.
pub fn query(i: Tokens) -> Query {
    let (_, statements) = statements(i, Kind::End);
    Query { statements }
}

/// Statements up to `end`, with semicolons between them.
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
            // the rest of a statement that cannot be read is skipped
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
                let (rest, (parameters, _)) = bracketed(PARENS.0, PARENS.1, parameter)(i.skip(2)).map_err(fatal)?;
                return Ok((rest, StatementKind::DeclareQueryParameters(parameters)));
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
    let (rest, e) = pipeline::expression_or_pipeline(i)?;
    Ok((rest, StatementKind::Expr(e)))
}

fn let_statement(i: Tokens) -> Parsed<StatementKind> {
    let (rest, name) = name::name(i.skip(1)).map_err(fatal)?;
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest).map_err(fatal)?;
    let view = rest.is_word("view") && rest.ahead(1).kind == Kind::OpenParen;
    let parens = if view { rest.skip(1) } else { rest };
    let lambda = parens.kind() == Kind::OpenParen
        && parens.partner_ahead().is_some_and(|n| parens.ahead(n + 1).kind == Kind::OpenBrace);
    if lambda {
        let (rest, function) = function(rest, view).map_err(fatal)?;
        return Ok((rest, StatementKind::Let(Let { name, value: LetValue::Function(function) })));
    }
    let (rest, value) = pipeline::expression_or_pipeline(rest).map_err(fatal)?;
    Ok((rest, StatementKind::Let(Let { name, value: LetValue::Expr(value) })))
}

/// `view (parameters) { statements }`
fn function(i: Tokens, view: bool) -> Parsed<Function> {
    let start = i.span();
    let i = if view { i.skip(1) } else { i };
    let (rest, (parameters, _)) = bracketed(PARENS.0, PARENS.1, parameter)(i)?;
    let (rest, _) = token(Kind::OpenBrace, Want::OpenBrace)(rest)?;
    let (rest, body) = statements(rest, Kind::CloseBrace);
    check_body(&rest, &body);
    let (rest, end) = token(Kind::CloseBrace, Want::CloseBrace)(rest)?;
    Ok((rest, Function { view, parameters, body, span: start.to(end) }))
}

/// A function has let statements, and then its result.
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
    let (rest, name) = name::declared(i)?;
    let (rest, _) = token(Kind::Colon, Want::Colon)(rest).map_err(fatal)?;
    let (rest, ty) = if rest.kind() == Kind::OpenParen {
        let (rest, (columns, star)) = expression::schema_items(rest.skip(1)).map_err(fatal)?;
        let (rest, _) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
        (rest, ParameterType::Tabular(columns, star))
    } else {
        let (rest, ty) = name::column_type(rest).map_err(fatal)?;
        (rest, ParameterType::Scalar(ty))
    };
    if rest.kind() != Kind::Assign {
        return Ok((rest, Parameter { name, ty, default: None }));
    }
    let after = rest.skip(1);
    let (rest, default) = if name::is_bracketed(&after) || after.kind() == Kind::Word && !literal::starts(&after) {
        let (rest, name) = name::name(after).map_err(fatal)?;
        (rest, Expr { span: name.span, kind: ExprKind::Name(name) })
    } else {
        literal::signed(after).map_err(fatal)?
    };
    Ok((rest, Parameter { name, ty, default: Some(default) }))
}

fn set(i: Tokens) -> Parsed<StatementKind> {
    let (rest, name) = name::name(i.skip(1)).map_err(fatal)?;
    if rest.kind() != Kind::Assign {
        return Ok((rest, StatementKind::Set(name, None)));
    }
    let after = rest.skip(1);
    let (rest, value) = if literal::starts(&after) { literal::literal(after)? } else { expression::expression(after)? };
    Ok((rest, StatementKind::Set(name, Some(value))))
}

/// `alias database d = cluster('c').database('d')`
fn alias(i: Tokens) -> Parsed<StatementKind> {
    let (rest, name) = name::name(i.skip(2)).map_err(fatal)?;
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest).map_err(fatal)?;
    let (rest, database) = expression::expression(rest).map_err(fatal)?;
    Ok((rest, StatementKind::Alias(name, database)))
}

/// `restrict access to (A, B*, database('d').*) with (a = true)`
fn restrict(i: Tokens) -> Parsed<StatementKind> {
    let (rest, _) = word("to", Want::To)(i.skip(2)).map_err(fatal)?;
    let (rest, (entities, _)) = bracketed(PARENS.0, PARENS.1, union::table)(rest).map_err(fatal)?;
    let (rest, properties) = parameter::opt_with(rest)?;
    Ok((rest, StatementKind::Restrict(Restrict { entities, properties })))
}

/// `declare pattern p = (a: string)[b: string] { ('x').['y'] = { T }; }`
fn pattern(i: Tokens) -> Parsed<StatementKind> {
    let (rest, name) = name::name(i.skip(2)).map_err(fatal)?;
    if rest.kind() != Kind::Assign {
        return Ok((rest, StatementKind::DeclarePattern(Pattern { name, declaration: None })));
    }
    let (rest, (parameters, _)) =
        bracketed(PARENS.0, PARENS.1, name::column_declaration)(rest.skip(1)).map_err(fatal)?;
    let (rest, path) = if rest.kind() == Kind::OpenBracket {
        let (rest, path) = name::column_declaration(rest.skip(1)).map_err(fatal)?;
        let (rest, _) = token(Kind::CloseBracket, Want::CloseBracket)(rest).map_err(fatal)?;
        (rest, Some(path))
    } else {
        (rest, None)
    };
    let (mut rest, _) = token(Kind::OpenBrace, Want::OpenBrace)(rest).map_err(fatal)?;
    let mut matches = Vec::new();
    while rest.kind() == Kind::OpenParen {
        let (next, found) = pattern_match(rest).map_err(fatal)?;
        matches.push(found);
        rest = next;
    }
    let (rest, _) = token(Kind::CloseBrace, Want::CloseBrace)(rest).map_err(fatal)?;
    let declaration = Some(PatternDeclaration { parameters, path, matches });
    Ok((rest, StatementKind::DeclarePattern(Pattern { name, declaration })))
}

/// `('x').['y'] = { T };`
fn pattern_match(i: Tokens) -> Parsed<PatternMatch> {
    let start = i.span();
    let (rest, (arguments, _)) = bracketed(PARENS.0, PARENS.1, expression::expression)(i)?;
    let (rest, path) = if rest.kind() == Kind::Dot {
        let (rest, _) = token(Kind::OpenBracket, Want::OpenBracket)(rest.skip(1))?;
        let (rest, path) = literal::literal(rest)?;
        let (rest, _) = token(Kind::CloseBracket, Want::CloseBracket)(rest)?;
        (rest, Some(path))
    } else {
        (rest, None)
    };
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest)?;
    let (rest, _) = token(Kind::OpenBrace, Want::OpenBrace)(rest)?;
    let (rest, body) = statements(rest, Kind::CloseBrace);
    let (rest, _) = token(Kind::CloseBrace, Want::CloseBrace)(rest)?;
    let (rest, end) = token(Kind::Semicolon, Want::Semicolon)(rest)?;
    Ok((rest, PatternMatch { arguments, path, body, span: start.to(end) }))
}

//! Statements.

use crate::Diagnostic;
use crate::ast::{ExprKind, Function, Let, LetValue, Parameter, ParameterType, Query, Statement, StatementKind};
use crate::combinators::{PARENS, bracketed, fatal, token};
use crate::grammar::{expression, literal, name, pipeline};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;

/// A whole text.
pub fn query(i: Tokens) -> Query {
    let (_, statements) = statements(i, Kind::End);
    Query { statements }
}

/// Statements up to `end`, with semicolons between them.
fn statements(mut i: Tokens, end: Kind) -> (Tokens, Vec<Statement>) {
    let mut found = Vec::new();
    loop {
        while i.kind() == Kind::Semicolon {
            i = i.skip(1);
        }
        if i.kind() == end || i.kind() == Kind::End {
            return (i, found);
        }
        let (rest, statement) = one(i, end);
        found.push(statement);
        i = rest;
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
            "set" if next == Kind::Word => return set(i),
            "declare" if i.word_ahead(1, "query_parameters") => {
                let (rest, (parameters, _)) = bracketed(PARENS.0, PARENS.1, parameter)(i.skip(2)).map_err(fatal)?;
                return Ok((rest, StatementKind::DeclareQueryParameters(parameters)));
            }
            word @ ("declare" | "alias" | "restrict") if next == Kind::Word => {
                let span = i.span().to(i.ahead(1).span);
                i.report(Diagnostic::error("KQ201", span, format!("The statement '{word}' is not supported yet.")));
                let mut rest = i;
                while !matches!(rest.kind(), Kind::Semicolon | Kind::End) {
                    rest = rest.skip(1);
                }
                return Ok((rest, StatementKind::Error));
            }
            _ => {}
        },
        Kind::Pipe => {
            i.note(Want::Table);
        }
        _ => {}
    }
    let (rest, e) = pipeline::expression_or_pipeline(i)?;
    if let ExprKind::Named(named) = &e.kind {
        let span = named.names.first().map_or(e.span, |n| n.span);
        i.report(
            Diagnostic::error("KS005", span, "A statement does not begin with a name and =.")
                .with_help("let gives a name: let x = ..."),
        );
        return Ok((rest, StatementKind::Error));
    }
    Ok((rest, StatementKind::Expr(e)))
}

fn let_statement(i: Tokens) -> Parsed<StatementKind> {
    let (rest, name) = name::name(i.skip(1)).map_err(fatal)?;
    let (rest, _) = token(Kind::Assign, Want::Assign)(rest).map_err(fatal)?;
    let view = rest.is_word("view") && rest.ahead(1).kind == Kind::OpenParen;
    let parens = if view { rest.skip(1) } else { rest };
    let lambda = parens.kind() == Kind::OpenParen
        && parens.to_partner().is_some_and(|n| parens.ahead(n + 1).kind == Kind::OpenBrace);
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
    let (rest, end) = token(Kind::CloseBrace, Want::CloseBrace)(rest)?;
    Ok((rest, Function { view, parameters, body, span: start.to(end) }))
}

/// `a: long = 5`, `T: (x: long, *)`
fn parameter(i: Tokens) -> Parsed<Parameter> {
    let (rest, name) = name::name(i)?;
    let (rest, _) = token(Kind::Colon, Want::Colon)(rest).map_err(fatal)?;
    let (rest, ty) = if rest.kind() == Kind::OpenParen {
        let (rest, (columns, star)) = expression::schema_items(rest.skip(1)).map_err(fatal)?;
        let (rest, _) = token(Kind::CloseParen, Want::CloseParen)(rest).map_err(fatal)?;
        (rest, ParameterType::Tabular(columns, star))
    } else {
        let (rest, ty) = name::type_name(rest).map_err(fatal)?;
        (rest, ParameterType::Scalar(ty))
    };
    if rest.kind() != Kind::Assign {
        return Ok((rest, Parameter { name, ty, default: None }));
    }
    let (rest, default) = expression::expression(rest.skip(1)).map_err(fatal)?;
    Ok((rest, Parameter { name, ty, default: Some(default) }))
}

fn set(i: Tokens) -> Parsed<StatementKind> {
    let (rest, name) = name::compound(i.skip(1))?;
    if rest.kind() != Kind::Assign {
        return Ok((rest, StatementKind::Set(name, None)));
    }
    let after = rest.skip(1);
    let (rest, value) = if literal::starts(&after) { literal::literal(after)? } else { expression::expression(after)? };
    Ok((rest, StatementKind::Set(name, Some(value))))
}

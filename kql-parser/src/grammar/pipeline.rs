//! `source | operator | operator`, and recovery after a wrong operator.

use crate::ast::{Expr, ExprKind, Operator, OperatorKind, Pipeline, Subquery};
use crate::codes;
use crate::combinators::{PARENS, Reads, comma_list, spanned, within};
use crate::grammar::{expression, operators};
use crate::input::{Parsed, Tokens, Want};
use crate::token::Kind;
use crate::{Diagnostic, Span};
use nom::Parser;
use nom::combinator::cond;

/// An expression; if a `|` follows, it is the source of a pipeline.
pub fn expression_or_pipeline(i: Tokens) -> Parsed<Expr> {
    let start = i.span();
    if let Some(operator) = operators::source_at(&i) {
        let (rest, first) = one(i, operator);
        let (rest, mut rest_of) = pipes(rest);
        let mut all = vec![first];
        all.append(&mut rest_of);
        let pipeline = Pipeline { source: None, operators: all };
        return Ok((rest, Expr { kind: ExprKind::Pipeline(Box::new(pipeline)), span: rest.from(start) }));
    }
    let (rest, source) = expression::expression(i)?;
    if rest.kind() != Kind::Pipe {
        rest.note(Want::Pipe);
        return Ok((rest, source));
    }
    let (rest, operators) = pipes(rest);
    let pipeline = Pipeline { source: Some(source), operators };
    Ok((rest, Expr { kind: ExprKind::Pipeline(Box::new(pipeline)), span: rest.from(start) }))
}

/// `(operator | operator)`: operators over the rows of the enclosing operator.
pub fn subquery(i: Tokens) -> Parsed<Subquery> {
    spanned(within(PARENS, inner)).map(|(pipeline, span)| Subquery { pipeline, span }).parse(i)
}

fn inner(i: Tokens) -> Parsed<Pipeline> {
    if !i.is_word("__contextual_datatable") {
        let (rest, operators) = steps(i, i.before().span);
        return Ok((rest, Pipeline { source: None, operators }));
    }
    let (rest, source) = expression::operand(i)?;
    let (rest, operators) = pipes(rest);
    Ok((rest, Pipeline { source: Some(source), operators }))
}

/// Items separated by commas, or none if the operator ends here.
pub fn opt_list<'a, T>(mut item: impl Reads<'a, T>) -> impl FnMut(Tokens<'a>) -> Parsed<'a, Vec<T>> {
    move |i| {
        let some = cond(!ends_operator(&i), comma_list(|i| item.parse(i)));
        some.map(Option::unwrap_or_default).parse(i)
    }
}

/// `operator | operator`; `before` is the token before the first operator.
pub fn steps(i: Tokens, before: Span) -> (Tokens, Vec<Operator>) {
    let (rest, first) = step(i, before);
    let mut found = vec![first];
    let (rest, mut more) = pipes(rest);
    found.append(&mut more);
    (rest, found)
}

/// `| operator` any number of times.
pub fn pipes(mut i: Tokens) -> (Tokens, Vec<Operator>) {
    let mut found = Vec::new();
    while i.kind() == Kind::Pipe {
        let (rest, operator) = step(i.skip(1), i.span());
        found.push(operator);
        i = rest;
    }
    i.note(Want::Pipe);
    (i, found)
}

/// The operator that is expected here, after the token at `before`.
pub fn step(i: Tokens, before: Span) -> (Tokens, Operator) {
    match operators::at(&i) {
        Ok(entry) => one(i, entry),
        Err(diagnostic) => {
            let start = i.span();
            let rest = recover(i);
            let mut diagnostic =
                Diagnostic { span: if start.is_empty() { before } else { diagnostic.span }, ..diagnostic };
            if i.kind() == Kind::Pipe {
                diagnostic = diagnostic.with_help("use a single | between operators, and 'or' to join two conditions");
            }
            i.report(diagnostic);
            let span = rest.from(start);
            (rest, Operator { kind: OperatorKind::Error, span, name_span: span })
        }
    }
}

/// One operator including its name; after an error, an error node up to the next `|`.
fn one<'a>(i: Tokens<'a>, entry: &'static operators::Entry) -> (Tokens<'a>, Operator) {
    let start = i.span();
    let words = operators::name_length(&i);
    let name_span = i.skip(words).from(start);
    match (entry.parse)(i.skip(words)) {
        Ok((rest, kind)) if ends_operator(&rest) => (rest, Operator { kind, span: rest.from(start), name_span }),
        Ok((rest, kind)) => {
            let after = recover(rest);
            unexpected(rest, after);
            (after, Operator { kind, span: rest.from(start), name_span })
        }
        Err(_) => {
            let at = failed_at(i);
            let after = recover_past(i, at);
            unexpected(at, after);
            (after, Operator { kind: OperatorKind::Error, span: after.from(start), name_span })
        }
    }
}

/// Whether the operator ends here.
pub fn ends_operator(i: &Tokens) -> bool {
    matches!(
        i.kind(),
        Kind::Pipe
            | Kind::Semicolon
            | Kind::End
            | Kind::CloseParen
            | Kind::CloseBrace
            | Kind::CloseBracket
            | Kind::Comma
    )
}

/// The farthest token at which parsing failed.
fn failed_at(i: Tokens) -> Tokens {
    let farthest = i.shared.farthest.get().at;
    i.skip(usize::try_from(farthest.saturating_sub(i.index())).unwrap_or(0))
}

/// Reports the tokens between two positions as unexpected.
pub fn unexpected(at: Tokens, after: Tokens) {
    let farthest = at.shared.farthest.get();
    let found = at.token();
    let mut names = if farthest.at == at.index() { farthest.names() } else { Vec::new() };
    // the end of the operator is always possible; listing it does not help if an expression or name is missing
    if names.iter().any(|n| *n == "an expression" || *n == "a name") {
        names.retain(|n| !matches!(*n, "'|'" | "';'" | "the end" | "','"));
    }
    let whole = found.span.to(after.from(found.span));
    if found.kind == Kind::Unknown || span_is_reported(&at, whole) {
        return;
    }
    let only_expression = names == ["an expression"];
    let (code, message) = match only_expression {
        true => (codes::MISSING_EXPRESSION, "Missing expression.".to_owned()),
        false => (codes::TERM_EXPECTED, format!("Expected: {}", listed(&names))),
    };
    let marked = if only_expression { found.span } else { whole };
    let gap = Span::empty(at.end_before());
    let diagnostic = if found.kind == Kind::End {
        let diagnostic = Diagnostic::error(code, end_of_text(&at), message);
        match at.unclosed() {
            Some(open) => diagnostic.with_label(open, "this is never closed"),
            None => diagnostic,
        }
    } else if Span::new(gap.start, found.span.start).text(at.text).contains('\n') {
        // the missing part is reported at the end of the line before
        Diagnostic::error(code, gap, message).with_label(marked, "this cannot follow")
    } else {
        Diagnostic::error(code, gap.to(marked), message)
    };
    let diagnostic = match hint(&at) {
        Some(help) => diagnostic.with_help(help),
        None => diagnostic,
    };
    at.report(diagnostic);
}

/// The last character before the end: an empty span at the end would mark nothing.
fn end_of_text(i: &Tokens) -> Span {
    let end = i.end_before();
    Span::new(end.saturating_sub(1), end)
}

/// Whether the lexer has already reported this position.
fn span_is_reported(i: &Tokens, span: Span) -> bool {
    let first = i.shared.unknown.partition_point(|place| place.start < span.start);
    i.shared.unknown.get(first).is_some_and(|place| place.end <= span.end)
}

/// Advice for a common mistake.
fn hint(i: &Tokens) -> Option<&'static str> {
    let found = i.text_ahead(0);
    let before = i.before();
    let sql = "this is SQL; in KQL the table comes first: T | where a == 1 | project b";
    if starts_with_select(i.text) {
        return Some(sql);
    }
    if before.kind == Kind::String && before.span.end == i.span().start {
        return Some(
            "escape a quote inside a string with a backslash, or use the other kind of quotes around the string",
        );
    }
    if before.kind == Kind::Word && before.span.text(i.text) == "not" {
        return Some("not() is a function: not(x has 'a'), or x !has 'a'");
    }
    match i.kind() {
        Kind::Assign => Some("use '==' to compare; '=' assigns a name"),
        Kind::Negated => Some("use not() to negate a condition"),
        Kind::Word => match found {
            "AND" | "And" => Some("operators are lower case: and"),
            "OR" | "Or" => Some("operators are lower case: or"),
            "IN" | "In" => Some("operators are lower case: in"),
            "LIKE" | "Like" => Some("use contains, startswith, endswith, has or matches regex to search in a string"),
            "is" | "IS" => Some("use isnull() or isempty() to test for missing values"),
            "not" | "NOT" => Some("not() is a function: not(x in (1, 2)), or x !in (1, 2)"),
            "let" => Some("add ; before it"),
            _ if operators::is_name(found) => Some("add | before it"),
            _ if operators::is_name(before.span.text(i.text)) => None,
            _ if Span::new(before.span.end, i.span().start).text(i.text).contains('\n') => {
                Some("add ; before a new statement, or | before an operator")
            }
            _ => None,
        },
        _ => None,
    }
}

fn starts_with_select(text: &str) -> bool {
    text.trim_start().get(..7).is_some_and(|start| start.trim_end().eq_ignore_ascii_case("select"))
}

fn listed(names: &[&str]) -> String {
    match names {
        [] => "'|' or ';'".to_owned(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The next position at or after `at` where parsing can continue at the nesting depth of `start`.
pub fn recover_past<'a>(start: Tokens<'a>, at: Tokens<'a>) -> Tokens<'a> {
    let mut place = recover(start);
    while place.index() < at.index() && matches!(place.kind(), Kind::Pipe | Kind::Semicolon) {
        place = recover(place.skip(1));
    }
    if place.index() < at.index() { recover(at) } else { place }
}

/// The next position where parsing can continue: a `|` or `;` at this depth, or the bracket that closes it.
pub fn recover(mut i: Tokens) -> Tokens {
    loop {
        match i.kind() {
            Kind::Pipe | Kind::Semicolon | Kind::End | Kind::CloseParen | Kind::CloseBrace | Kind::CloseBracket => {
                return i;
            }
            Kind::OpenParen | Kind::OpenBrace | Kind::OpenBracket => match i.partner_ahead() {
                Some(partner) => i = i.skip(partner + 1),
                None => i = i.skip(1),
            },
            _ => i = i.skip(1),
        }
    }
}

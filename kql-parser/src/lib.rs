#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub mod ast;
pub mod calendar;
pub mod codes;
mod combinators;
mod diagnostic;
mod grammar;
mod input;
mod print;
mod sections;
mod span;
mod suggest;
mod text;
pub mod time;
pub mod token;
mod word;

pub use codes::Code;
pub use diagnostic::{Diagnostic, Label, Severity};
pub use print::{bracketed_name, format, print};
pub use sections::sections;
pub use span::Span;
pub use suggest::suggest;
pub use token::{Kind, Lexed, Token, lex};

/// What [`parse`] returns.
#[derive(Debug)]
pub struct Parse {
    /// The tree; if the text has errors, it contains `Error` nodes.
    pub query: ast::Query,
    /// The diagnostics, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

/// The names of tabular operators after a pipe, for editors.
pub fn operator_names() -> impl Iterator<Item = &'static str> {
    grammar::operators::names()
}

/// The names of operators that begin a pipeline, such as `print`, for editors.
pub fn source_operator_names() -> impl Iterator<Item = &'static str> {
    grammar::operators::source_names()
}

/// The description of an operator in one sentence; `None` if there is no such operator.
pub fn operator_summary(name: &str) -> Option<&'static str> {
    grammar::operators::summary(name)
}

/// Brackets nested deeper than this are refused.
const MAX_DEPTH: u32 = 500;
/// Brackets nested deeper than this are parsed on a separate stack.
const DEEP: u32 = 40;
/// The size of that stack.
const DEEP_STACK: usize = 128 << 20;
/// Offsets are 32 bits wide.
const MAX_TEXT: usize = u32::MAX as usize;

/// The names of the parameters that a query declares (`declare query_parameters`).
pub fn query_parameters(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    for statement in parse(text).query.statements {
        if let ast::StatementKind::DeclareQueryParameters(parameters) = statement.kind {
            names.extend(parameters.into_iter().map(|parameter| parameter.name.text));
        }
    }
    names
}

/// Parses a query.
pub fn parse(text: &str) -> Parse {
    if text.len() >= MAX_TEXT {
        let d = Diagnostic::error(codes::QUERY_TOO_LONG, Span::empty(0), "The query is longer than 4 GB.");
        return Parse { query: ast::Query::default(), diagnostics: vec![d] };
    }
    let lexed = lex(text);
    let brackets = match pair(&lexed.tokens) {
        Ok(brackets) => brackets,
        Err(span) => {
            let message = format!("Brackets are nested more than {MAX_DEPTH} deep.");
            return Parse {
                query: ast::Query::default(),
                diagnostics: vec![Diagnostic::error(codes::NESTED_TOO_DEEP, span, message)],
            };
        }
    };
    if brackets.depth <= DEEP {
        return parse_tokens(text, lexed, &brackets.partner);
    }
    // frames of a debug build are large, and the caller's stack may be small
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(DEEP_STACK);
        match thread.spawn_scoped(scope, || parse_tokens(text, lexed, &brackets.partner)) {
            Ok(thread) => match thread.join() {
                Ok(parse) => parse,
                Err(panic) => std::panic::resume_unwind(panic),
            },
            Err(error) => {
                let message = format!("The thread for a deeply nested query could not be started: {error}.");
                let d = Diagnostic::error(codes::NESTED_TOO_DEEP, Span::empty(0), message);
                Parse { query: ast::Query::default(), diagnostics: vec![d] }
            }
        }
    })
}

fn parse_tokens(text: &str, lexed: Lexed, partner: &[u32]) -> Parse {
    let unknown = lexed.diagnostics.iter().filter(|d| d.code == codes::UNEXPECTED_CHARACTER).map(|d| d.span).collect();
    let shared = input::Shared { unknown, ..Default::default() };
    *shared.diagnostics.borrow_mut() = lexed.diagnostics;
    let tokens = input::Tokens::new(&lexed.tokens, partner, text, &shared);
    let query = grammar::query::query(tokens);
    let mut diagnostics = shared.diagnostics.into_inner();
    diagnostics.sort_by_key(|d| (d.span.start, d.span.end));
    diagnostics.dedup();
    if diagnostics.is_empty() && query.statements.is_empty() {
        diagnostics.push(
            Diagnostic::error(codes::EMPTY_QUERY, Span::empty(0), "The query is empty.")
                .with_help("a query names a table and the operators to apply: Table | where Column == 1"),
        );
    }
    Parse { query, diagnostics }
}

/// For each opening bracket the index of its closing bracket; 0 for all other tokens.
struct Brackets {
    partner: Vec<u32>,
    depth: u32,
}

/// Pairs brackets; if they are nested too deep, returns the position.
fn pair(tokens: &[Token]) -> Result<Brackets, Span> {
    let mut partner = vec![0; tokens.len()];
    let mut open: Vec<(usize, Kind)> = Vec::new();
    let mut depth = 0;
    for (i, token) in tokens.iter().enumerate() {
        let closes = match token.kind {
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => {
                open.push((i, token.kind));
                depth = depth.max(open.len() as u32);
                if depth > MAX_DEPTH {
                    return Err(token.span);
                }
                continue;
            }
            Kind::CloseParen => Kind::OpenParen,
            Kind::CloseBracket => Kind::OpenBracket,
            Kind::CloseBrace => Kind::OpenBrace,
            _ => continue,
        };
        // a closing bracket without a partner is skipped; one that closes an outer bracket leaves the inner ones open
        if let Some(at) = open.iter().rposition(|(_, kind)| *kind == closes) {
            if let Some((opener, _)) = open.get(at)
                && let Some(slot) = partner.get_mut(*opener)
            {
                *slot = i as u32;
            }
            open.truncate(at);
        }
    }
    Ok(Brackets { partner, depth })
}

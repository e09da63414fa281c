//! What a word at a position of a query can be, from the tokens before it.

use super::words::NAME_TABLES;
use kql_parser::token::{Kind, Token};

/// What a word at the end of a text can be.
#[derive(Debug, PartialEq)]
pub enum Place {
    /// The name of an operator.
    Operator,
    /// The kind of a chart.
    Chart,
    /// The beginning of a pipeline or statement.
    Source,
    /// The value of the parameter `kind` of an operator.
    Kind {
        /// The operator.
        operator: String,
    },
    /// After an exclamation mark.
    Negation,
    /// The query before the operator, and that operator.
    Expression {
        /// The definitions before it, and its pipeline up to the operator.
        pipeline: String,
        /// The operator.
        operator: String,
    },
}

/// The word at the end of a text, and what it can be.
pub struct Context {
    /// Where the word begins.
    pub start: usize,
    /// What it can be.
    pub place: Place,
}

impl Context {
    /// The context at the end of a text.
    pub fn at(text: &str) -> Context {
        let tokens = kql_parser::lex(text).tokens;
        let mut tokens: Vec<Token> = tokens.into_iter().filter(|t| t.kind != Kind::End).collect();
        let mut start = text.len();
        // the word before the cursor, with the hyphens of an operator's name
        while let Some(last) = tokens.last().copied()
            && last.span.end as usize == start
            && matches!(last.kind, Kind::Word | Kind::Minus)
        {
            start = last.span.start as usize;
            tokens.pop();
        }
        let whole = text.get(start..).unwrap_or("");
        let after_pipe = tokens.last().is_some_and(|t| t.kind == Kind::Pipe);
        if !after_pipe && whole.contains('-') {
            // a difference, not a name
            start = text.len() - whole.rsplit('-').next().map_or(0, str::len);
        }
        let before_word = text.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '~'));
        if let Some(before) = before_word.strip_suffix('!') {
            return Context { start: before.len(), place: Place::Negation };
        }
        Context { start, place: place(text, &tokens) }
    }
}

/// What can follow these tokens.
fn place(text: &str, tokens: &[Token]) -> Place {
    // where the pipeline at the cursor begins, and where its last pipe is
    let mut open: Vec<(usize, Option<usize>)> = vec![(0, None)];
    let mut statement = 0;
    for (i, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => open.push((i + 1, None)),
            Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace if open.len() > 1 => _ = open.pop(),
            Kind::Pipe => {
                if let Some(last) = open.last_mut() {
                    last.1 = Some(i);
                }
            }
            Kind::Semicolon => {
                open = vec![(i + 1, None)];
                statement = i + 1;
            }
            _ => {}
        }
    }
    let offset = |token: usize| tokens.get(token).map_or(text.len(), |t| t.span.start as usize);
    match tokens.last().map(|t| t.kind) {
        None | Some(Kind::Semicolon) => return Place::Source,
        Some(Kind::Pipe) => return Place::Operator,
        _ => {}
    }
    let after_kind =
        matches!(tokens, [.., kind, equals] if equals.kind == Kind::Assign && kind.span.text(text) == "kind");
    // brackets without a pipe belong to the operator around them
    let found = open.iter().rev().find_map(|(begin, pipe)| pipe.map(|pipe| (*begin, pipe)));
    let Some((begin, pipe)) = found else {
        if after_kind {
            return Place::Kind { operator: tokens.get(statement).map_or("", |t| t.span.text(text)).to_owned() };
        }
        let nested = open.len() > 1 && open.last().is_some_and(|(begin, _)| *begin == tokens.len());
        let first = tokens.get(statement).map_or("", |t| t.span.text(text));
        if nested && first == "union" || matches!(tokens.last().map(|t| t.kind), Some(Kind::Assign)) {
            return Place::Source;
        }
        return Place::Expression { pipeline: String::new(), operator: first.to_owned() };
    };
    let mut name = tokens.get(pipe + 1).map_or(String::new(), |t| t.span.text(text).to_owned());
    let mut at = pipe + 2;
    while tokens.get(at).is_some_and(|t| t.kind == Kind::Minus) {
        let Some(next) = tokens.get(at + 1).filter(|t| t.kind == Kind::Word) else { break };
        name = format!("{name}-{}", next.span.text(text));
        at += 2;
    }
    if after_kind {
        return Place::Kind { operator: name };
    }
    if name == "render" && tokens.len() == pipe + 2 {
        return Place::Chart;
    }
    // an opening bracket in a join begins a separate query
    let opens = tokens.last().is_some_and(|t| t.kind == Kind::OpenParen);
    if opens && NAME_TABLES.contains(&name.as_str()) {
        return Place::Source;
    }
    let definitions = text.get(..offset(statement)).unwrap_or("");
    let own = text.get(offset(begin)..offset(pipe)).unwrap_or("");
    Place::Expression { pipeline: format!("{definitions}{own}"), operator: name }
}

/// Whether the end of the text is in a comment or in a text in quotes, where nothing is completed.
pub fn is_inside(text: &str) -> bool {
    let lexed = kql_parser::lex(text);
    let end = text.len();
    let comment = lexed.comments.iter().any(|span| span.end as usize == end && !text.ends_with('\n'));
    comment || lexed.diagnostics.iter().any(|found| found.code == kql_parser::codes::UNCLOSED_STRING)
}

/// A name that `let` defines.
pub struct Definition<'a> {
    /// The name.
    pub name: &'a str,
    /// The statement.
    pub text: &'a str,
}

/// The `let` statements that end before the end of the text.
pub fn definitions(text: &str) -> Vec<Definition<'_>> {
    let tokens = kql_parser::lex(text).tokens;
    let mut found = Vec::new();
    let mut depth = 0_usize;
    let mut begin = 0;
    for (i, token) in tokens.iter().enumerate() {
        match token.kind {
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => depth += 1,
            Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace => depth = depth.saturating_sub(1),
            Kind::Semicolon if depth == 0 => {
                if let [first, name, equals, ..] = tokens.get(begin..i).unwrap_or_default()
                    && first.span.text(text) == "let"
                    && name.kind == Kind::Word
                    && equals.kind == Kind::Assign
                {
                    found.push(Definition { name: name.span.text(text), text: first.span.to(token.span).text(text) });
                }
                begin = i + 1;
            }
            _ => {}
        }
    }
    found
}

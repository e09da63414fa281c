//! Decides whether the typed text is a complete query.

use kql_parser::ast::StatementKind;
use kql_parser::codes;
use kql_parser::token::Kind;

/// Whether the text is a command, such as `.tables`.
pub fn is_command(text: &str) -> bool {
    let mut rest = text.trim_start().chars();
    rest.next() == Some('.') && rest.next().is_some_and(|c| c.is_ascii_alphabetic())
}

/// Whether Enter runs the text: nothing is missing at its end, as it is after a pipe, an open bracket or `where`. An empty
/// line runs the text in any case.
pub fn is_complete(text: &str) -> bool {
    if text.trim().is_empty() || is_command(text) || text.trim_end_matches([' ', '\t', '\r']).ends_with("\n\n") {
        return true;
    }
    let lexed = kql_parser::lex(text);
    let mut open = 0_usize;
    for token in &lexed.tokens {
        match token.kind {
            Kind::OpenParen | Kind::OpenBracket | Kind::OpenBrace => open += 1,
            Kind::CloseParen | Kind::CloseBracket | Kind::CloseBrace => open = open.saturating_sub(1),
            // an unfinished multi-line string
            Kind::Unknown if matches!(token.span.text(text), "```" | "~~~") => return false,
            _ => {}
        }
    }
    if open > 0 {
        return false;
    }
    let parse = kql_parser::parse(text);
    let tabular = |kind: &StatementKind| matches!(kind, StatementKind::Expr(_) | StatementKind::Error);
    if text.trim_end().ends_with(';') {
        // definitions alone: there is nothing to run yet
        return parse.query.statements.iter().any(|s| tabular(&s.kind));
    }
    let end = text.trim_end().len() as u32;
    let last = lexed.tokens.iter().rfind(|token| token.kind != Kind::End).map_or(Kind::End, |token| token.kind);
    // if an expression is missing, the parser marks the token before it
    let missing = parse.diagnostics.iter().any(|d| d.code == codes::MISSING_EXPRESSION && d.span.end >= end);
    !missing && !matches!(last, Kind::Pipe | Kind::Comma | Kind::Assign | Kind::Arrow | Kind::Colon | Kind::DotDot)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_on_enter() {
        for text in [
            "T",
            "T | take 5",
            "T\n| where a == 1",
            "print x = 1;",
            "T | where FileNam ==== 2 | take 1",
            "T | where a == 'open",
            "let x = 1;\nT | where a == x",
            ".tables",
            "T | where\n\n",
            "",
        ] {
            assert!(is_complete(text), "{text}");
        }
        for text in [
            "T |",
            "T | ",
            "T | where",
            "T | summarize count() by",
            "T | where a ==",
            "T | where a in (1,",
            "T | where a in (1, 2",
            "T | project a,",
            "let x = 1;",
            "let f = (a: long) {",
            "print ```a",
            "T | join (U",
        ] {
            assert!(!is_complete(text), "{text}");
        }
    }
}

//! Printing and formatting: the text means what it meant, and formatting twice is formatting once. Over `KQL_CORPUS`, a
//! file of JSON lines with a field "query", else over the project's own queries.

use crate::shared;
use kql_parser::{Kind, ast, format, lex, parse, print};

/// A tree without its places.
fn shape(query: &ast::Query) -> String {
    let text = format!("{query:?}");
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find("..") {
        let before = rest[..at].trim_end_matches(|c: char| c.is_ascii_digit());
        out.push_str(before);
        rest = rest[at + 2..].trim_start_matches(|c: char| c.is_ascii_digit());
    }
    out.push_str(rest);
    out
}

fn comments(text: &str) -> Vec<&str> {
    let mut comments: Vec<&str> = lex(text).comments.iter().map(|span| span.text(text).trim_end()).collect();
    comments.sort_unstable();
    comments
}

fn first_difference(a: &str, b: &str) -> String {
    let at = a.bytes().zip(b.bytes()).position(|(x, y)| x != y).unwrap_or(a.len().min(b.len()));
    let show =
        |t: &str| String::from_utf8_lossy(&t.as_bytes()[at.saturating_sub(120)..(at + 120).min(t.len())]).into_owned();
    format!("…{}…\n  against\n…{}…", show(a), show(b))
}

/// What is wrong with printing this text and parsing what was printed.
fn printed_again(text: &str) -> Option<String> {
    let first = parse(text);
    if first.diagnostics.iter().any(|d| d.is_error()) {
        return None;
    }
    let printed = print(&first.query);
    let second = parse(&printed);
    if let Some(d) = second.diagnostics.first() {
        let near = printed.get(d.span.start.saturating_sub(80) as usize..).unwrap_or("");
        return Some(format!("{} {} at {:?}", d.code, d.message, near.chars().take(160).collect::<String>()));
    }
    let (first, second) = (shape(&first.query), shape(&second.query));
    (first != second).then(|| first_difference(&first, &second))
}

#[test]
fn printing_and_parsing_again_gives_the_same_tree() {
    let texts = shared::corpus();
    let wrong: Vec<String> =
        texts.iter().enumerate().filter_map(|(n, text)| Some(format!("{n}: {}", printed_again(text)?))).collect();
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong[..wrong.len().min(12)].join("\n"));
}

#[test]
fn what_fuzzing_found_is_printed_well() {
    for text in ["declare query_parameters(since: timespan = 7l);", "let f = (n: long = of5) { n }; print f()"] {
        assert_eq!(parse(text).diagnostics, [], "{text}");
        assert_eq!(printed_again(text), None, "{text}");
    }
    // two operators that cannot stand beside each other, the first of them inside an operand
    for text in ["print 1 * 2 has n has m", "search 1*2:n:E", "print a + b contains c contains d"] {
        assert!(parse(text).diagnostics.iter().any(|d| d.is_error()), "{text}");
    }
}

#[test]
fn formatting_keeps_the_meaning_and_the_comments_and_is_done_once() {
    let mut wrong = Vec::new();
    let texts = shared::corpus();
    for (n, text) in texts.iter().enumerate() {
        let first = parse(text);
        let Ok(once) = format(text) else { continue };
        let second = parse(&once);
        if let Some(d) = second.diagnostics.first() {
            let near = once.get(d.span.start.saturating_sub(80) as usize..).unwrap_or("");
            wrong.push(format!("{n}: {} {} at {:?}", d.code, d.message, near.chars().take(160).collect::<String>()));
        } else if shape(&first.query) != shape(&second.query) {
            wrong.push(format!("{n}: meaning: {}", first_difference(&shape(&first.query), &shape(&second.query))));
        } else if comments(text) != comments(&once) {
            wrong.push(format!("{n}: comments: {:?}\n  against {:?}", comments(text), comments(&once)));
        } else {
            let twice = format(&once).unwrap_or_default();
            if twice != once {
                wrong.push(format!("{n}: twice: {}", first_difference(&once, &twice)));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), texts.len(), wrong[..wrong.len().min(12)].join("\n"));
}

#[test]
fn formatting_drops_no_token() {
    for text in shared::corpus() {
        let Ok(formatted) = format(&text) else { continue };
        let words = |text: &str| -> Vec<String> {
            let lexed = lex(text);
            let kept = lexed.tokens.iter().filter(|t| matches!(t.kind, Kind::String | Kind::Verbatim | Kind::Long));
            kept.map(|t| t.span.text(text).to_owned()).collect()
        };
        assert_eq!(words(&text), words(&formatted));
    }
}

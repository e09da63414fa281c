//! Whatever the text, parsing ends soon, and never in a panic. `KQL_CORPUS` names a file of JSON lines with a field
//! "query"; without it, the project's own queries are cut and mixed.

use crate::{long, shared};
use kql_parser::ast::{Expr, Fold, Visit, fold, visit};
use kql_parser::{Span, format, lex, parse, print};
use std::time::{Duration, Instant};

/// Time for one text. The tests of a debug build run beside each other, so one that is late has a second chance.
const LIMIT: Duration = Duration::from_millis(50);

fn soon(text: &str) {
    let taken = || {
        let begin = Instant::now();
        let parse = parse(text);
        let taken = begin.elapsed();
        let _ = print(&parse.query);
        taken
    };
    assert!((0..3).any(|_| taken() < LIMIT), "{} bytes take long: {text}", text.len());
}

/// About 300 texts, from everywhere in the corpus.
fn some() -> Vec<String> {
    let texts: Vec<String> = shared::corpus().into_iter().filter(|text| text.len() < 3000).collect();
    let step = (texts.len() / 300).max(1);
    texts.into_iter().step_by(step).take(300).collect()
}

#[test]
fn every_prefix() {
    for text in some() {
        for (at, _) in text.char_indices() {
            let begin = Instant::now();
            drop(parse(&text[..at]));
            if begin.elapsed() >= LIMIT {
                soon(&text[..at]);
            }
        }
    }
}

#[test]
fn a_token_deleted_doubled_or_swapped() {
    for text in some() {
        let tokens: Vec<Span> = lex(&text).tokens.iter().map(|t| t.span).collect();
        for n in (0..tokens.len().saturating_sub(1)).step_by(10) {
            let (this, next) = (tokens[n], tokens[n + 1]);
            let before = &text[..this.start as usize];
            let after = &text[this.end as usize..];
            let (one, two) = (this.text(&text), next.text(&text));
            let between = &text[this.end as usize..next.start as usize];
            soon(&format!("{before}{after}"));
            soon(&format!("{before}{one} {one}{after}"));
            soon(&format!("{before}{two}{between}{one}{}", &text[next.end as usize..]));
        }
    }
}

#[test]
fn long_and_deep_queries_are_read() {
    let quiet = |text: String| assert_eq!(parse(&text).diagnostics, []);
    quiet(format!("T | where x has_any ({})", vec!["'abc'"; 5000].join(", ")));
    quiet(format!("T | where {}", vec!["x == 1"; 3000].join(" or ")));
    quiet(format!("print {}1{}", "(".repeat(250), ")".repeat(250)));
    quiet(format!("print {}1{}", "f(".repeat(250), ")".repeat(250)));
    quiet(format!("print dynamic({}1{})", "[".repeat(250), "]".repeat(250)));
    quiet(format!("{}T{}", "(T | join ".repeat(250), " on a)".repeat(250)));
}

#[test]
fn deeper_than_the_limit_is_a_diagnostic() {
    for (open, close) in
        [("(", ")"), ("[", "]"), ("f(", ")"), ("dynamic([", "])"), ("(T | join ", " on a)"), ("a[", "]")]
    {
        for depth in [600, 100_000] {
            let text = format!("print {}1{}", open.repeat(depth), close.repeat(depth));
            assert_eq!(parse(&text).diagnostics[0].code, kql_parser::codes::NESTED_TOO_DEEP, "{open} {depth} deep");
            assert!(!parse(&format!("print {}", open.repeat(depth))).diagnostics.is_empty());
        }
    }
    assert_eq!(
        parse(&format!("print a{}", ".b".repeat(100_000))).diagnostics[0].code,
        kql_parser::codes::NESTED_TOO_DEEP
    );
    assert_eq!(
        parse(&format!("print a{}", "[0]".repeat(100_000))).diagnostics[0].code,
        kql_parser::codes::NESTED_TOO_DEEP
    );
}

/// Renames every name, and counts expressions.
struct Counter(usize);

impl Visit for Counter {
    fn enter_expr(&mut self, _: &Expr) -> bool {
        self.0 += 1;
        true
    }
}

struct Renamer;

impl Fold for Renamer {
    fn leave_expr(&mut self, e: &mut Expr) {
        e.span = Span::default();
    }

    fn name(&mut self, name: &mut kql_parser::ast::Name) {
        name.text = "renamed".to_owned();
    }
}

#[test]
fn long_chains_are_walked_printed_copied_and_dropped_without_recursion() {
    let text = format!("T | where {}", vec!["x == 1"; 60_000].join(" or "));
    // a small stack, so that recursion along the chain would be seen
    let thread = std::thread::Builder::new().stack_size(1 << 20).spawn(move || {
        let parse = parse(&text);
        assert_eq!(parse.diagnostics, []);
        let mut counter = Counter(0);
        visit(&mut counter, &parse.query);
        assert_eq!(counter.0, 240_001);
        let mut copy = parse.query.clone();
        assert!(copy == parse.query);
        fold(&mut Renamer, &mut copy);
        assert!(copy != parse.query);
        assert!(print(&copy).matches("renamed == 1").count() == 60_000);
        assert!(format(&text).is_ok());
    });
    thread.expect("a thread").join().expect("no overflow");
}

#[test]
fn any_way_to_make_a_text_long_is_survived() {
    for (name, make) in long::WAYS {
        let begin = Instant::now();
        let text = make(1 << 17);
        let parse = parse(&text);
        let _ = print(&parse.query);
        let _ = format(&text);
        assert!(begin.elapsed() < Duration::from_secs(10), "{name}");
    }
}

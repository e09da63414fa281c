//! Any text is parsed; what has no error is formatted, and means the same afterwards.
//!
//! `cargo +nightly fuzz run parse seeds` in this folder's parent.

#![no_main]

use kql_parser::ast::{Fold, fold};
use kql_parser::{Span, format, parse, print};
use libfuzzer_sys::fuzz_target;

struct NoPlaces;

impl Fold for NoPlaces {
    fn span(&mut self, span: &mut Span) {
        *span = Span::default();
    }
}

fuzz_target!(|text: &str| {
    let mut first = parse(text);
    let printed = print(&first.query);
    if !first.diagnostics.is_empty() {
        return;
    }
    let mut second = parse(&printed);
    assert!(second.diagnostics.is_empty(), "{printed}");
    fold(&mut NoPlaces, &mut first.query);
    fold(&mut NoPlaces, &mut second.query);
    // NaN is no equal of itself
    if !printed.contains("nan") {
        assert!(first.query == second.query, "{printed}");
    }
    let once = format(text).expect("a text without errors");
    assert_eq!(format(&once).as_ref(), Ok(&once));
});

//! Text to tokens to AST, and back to text: a formatted query stays as it is when it is formatted again.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = kql_parser::parse(text);
    if let Ok(once) = kql_parser::format(text) {
        let twice = kql_parser::format(&once);
        assert_eq!(twice.as_ref().ok(), Some(&once), "formatted twice: {text:?}");
    }
});

//! The shapes of tokens, trees and messages, as snapshots.

use kql_parser::{Kind, lex, parse};

fn tokens(text: &str) -> String {
    let lexed = lex(text);
    let mut out = String::new();
    for token in &lexed.tokens {
        if token.kind != Kind::End {
            out.push_str(&format!("{:?} {:?}\n", token.kind, token.span.text(text)));
        }
    }
    for comment in &lexed.comments {
        out.push_str(&format!("comment {:?}\n", comment.text(text)));
    }
    out
}

/// The messages, each with the text it points at.
fn messages(text: &str) -> String {
    let mut out = format!("{text}\n");
    for d in parse(text).diagnostics {
        out.push_str(&format!("{} {:?} {}", d.code, d.span.text(text), d.message));
        for label in &d.labels {
            out.push_str(&format!(" [{:?} {}]", label.span.text(text), label.text));
        }
        if let Some(help) = &d.help {
            out.push_str(&format!(" ({help})"));
        }
        out.push('\n');
    }
    out
}

#[test]
fn numbers_and_timespans() {
    insta::assert_snapshot!(tokens("1 0x1F 1.5 1. 1e3 1.5e-2 1d 1.5h 10ms 1..5 1w 7z_a -1 .5"));
}

#[test]
fn strings() {
    insta::assert_snapshot!(tokens(
        r#"'a' "b\"c" @'d''e' @"f\g" h'i' H@"j" ```k
l``` ~~~m~~~"#
    ));
}

#[test]
fn operators_and_names() {
    insta::assert_snapshot!(tokens("a!=b<>c =~d !~e in~ !in~ !has_cs x.y['z w'] $left.k => .. // end\n*"));
}

#[test]
fn typed_literals() {
    insta::assert_snapshot!(tokens(
        "datetime(2020-01-01T10:00:00Z) int(null) time(1.02:03:04) guid(74be27de-1e4e-49d9-b579-fe0b331d3642)"
    ));
}

#[test]
fn string_operators_bind_tighter_than_arithmetic() {
    insta::assert_debug_snapshot!(parse("print a or b and c == d + e * f has g").query);
}

#[test]
fn a_pipeline_may_stand_wherever_an_expression_may() {
    insta::assert_debug_snapshot!(
        parse("T | where x in ((U | project y)) | join kind=inner (V) on $left.a == $right.b").query
    );
}

#[test]
fn let_with_a_function() {
    insta::assert_debug_snapshot!(parse("let f = (T: (a: long, *), n: long = 5) { T | take n }; f(X)").query);
}

#[test]
fn dynamic_keeps_order_and_types() {
    insta::assert_debug_snapshot!(
        parse("print dynamic({'b': [1, -2.5, null], \"a\": datetime(2020-01-01), 'c': 1h})").query
    );
}

macro_rules! message {
    ($($name:ident: $text:expr;)*) => {
        $(#[test]
        fn $name() {
            insta::assert_snapshot!(messages($text));
        })*
    };
}

message! {
    numbers_that_are_none: "print long(0x+d), decimal(1-2), decimal(.), decimal(-1.5e3), int(- 5), guid(74be27de-1e4e)";
    a_stray_page_fragment: "T\n| sort by Timestamp desc high severity medium confidence";
    a_missing_pipe: "T where x == 1";
    a_missing_bracket: "T | where x in~ (1, 2";
    one_equals_sign: "T | where x = 1";
    ampersands: "T | where a == 1 && b == 2";
    an_exclamation_mark: "T | where !x";
    a_misspelt_operator: "T | sumarize count() by a";
    an_operator_in_capitals: "T | WHERE a == 1";
    an_unclosed_string: "T | where a == \"b\n| take 1";
    sql: "SELECT * FROM T WHERE a = 1";
    a_let_without_a_semicolon: "let x = 5\nT | take x";
    smart_quotes: "T | where a == \u{201c}b\u{201d}";
    a_trailing_comma: "T | project a, b,";
    an_empty_condition: "T | where ";
    an_empty_query: "";
    only_a_comment: "// nothing";
    several_errors: "T | where | extend x = | take 5 | sort a";
    a_doubled_pipe: "T || take 1";
    a_doubled_comma: "T | project f(1, , 2)";
    between_with_one_dot: "T | where a between (1 . 2)";
    a_bracketed_word: "T | extend kind = 1";
    no_list_after_in: "T | where a in 'b'";
    a_number_too_large: "print 99999999999999999999";
    a_datetime_that_is_none: "print datetime(2020-13-45)";
    a_closing_bracket_too_many: "T | where (a == 1)) | take 1";
    a_statement_that_begins_with_a_name: "x = 5; T | take x";
    a_missing_pipe_on_the_next_line: "T\nwhere x == 1\n| take 5";
    a_backslash_that_escapes_nothing: "T | where path == \"C:\\Windows\\cmd.exe\"";
    a_fence_of_a_page: "T\n| take 5\n```kql\n";
    a_keyword_as_a_column: "T | where project == 'x'";
    a_name_with_a_hyphen: "T | extend a-b = 1";
    a_guid_without_its_type: "T | where Id == 74be27de-1e4e-49d9-b579-fe0b331d3642";
    a_type_that_is_none: "datatable (a: integer) [1]";
    a_value_that_is_computed: "datatable (a: long) [1 + 1]";
    a_join_without_on: "T | join kind=inner (U) | take 5";
    words_of_operators_in_capitals: "T | where a == 1 AND b == 2 OR c == 3";
    not_without_brackets: "T | where not a has 'b'";
    is_null: "T | where a is null";
    a_second_semicolon: "let x = 5;; print x";
    a_function_with_two_results: "let f = () { T; U }; f";
    no_expression_after_by: "T | summarize count() by";
    a_sort_without_by: "T | sort a desc";
    two_commas_in_a_list: "T | where a in ('x',, 'y')";
    a_comma_for_a_pipe: "T | where a == 1, | take 5";
    quotes_in_quotes: "T | where a == \"say \"hi\" now\"";
    a_step_of_scan_without_semicolon: "T | scan with (step s: true)";
    a_broken_edge: "G | graph-match (a)-[e]>(b) project a";
    a_pattern_without_with: "T | parse a '=' b";
    an_axis_without_step: "T | make-series count() on t from ago(1d) to now()";
    the_sql_of_a_subquery: "T | where a in (SELECT b FROM U)";
    like_of_sql: "T | where a LIKE '%b%'";
}

#[test]
fn brackets_too_deep_are_one_message() {
    let text = format!("print {}1{}", "(".repeat(10_000), ")".repeat(10_000));
    let parse = parse(&text);
    assert_eq!(parse.diagnostics.len(), 1);
    assert_eq!(parse.diagnostics[0].message, "Brackets are nested more than 500 deep.");
}

#[test]
fn two_hundred_and_fifty_brackets_parse() {
    let text = format!("print {}1{}", "(".repeat(250), ")".repeat(250));
    assert_eq!(parse(&text).diagnostics, []);
}

#[test]
fn chains_of_computations_have_a_limit() {
    let chain = |operators: usize| parse(&format!("print x{}", " + 1".repeat(operators))).diagnostics;
    assert_eq!(chain(1_000), []);
    let found = chain(30_000);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "More than 1000 computations follow each other.");
}

#[test]
fn long_chains_parse_and_are_freed() {
    let text = format!("T | where a == 1{}", " or a == 2".repeat(100_000));
    let parse = parse(&text);
    assert_eq!(parse.diagnostics, []);
    drop(parse);
}

#[test]
fn every_prefix_parses_without_panic() {
    let text = include_str!("../../../queries/T1070.008-clear-mailbox-data/query.kql");
    assert_eq!(parse(text).diagnostics, []);
    for end in (0..text.len()).filter(|e| text.is_char_boundary(*e)) {
        parse(&text[..end]);
    }
}

#[test]
fn a_token_lost_doubled_or_swapped_does_not_panic() {
    let text = include_str!("../../../queries/T1070.008-clear-mailbox-data/query.kql");
    let tokens: Vec<&str> = lex(text).tokens.iter().map(|t| t.span.text(text)).collect();
    for at in (0..tokens.len() - 1).step_by(3) {
        let mut lost = tokens.clone();
        lost.remove(at);
        parse(&lost.join(" "));
        let mut doubled = tokens.clone();
        doubled.insert(at, tokens[at]);
        parse(&doubled.join(" "));
        let mut swapped = tokens.clone();
        swapped.swap(at, at + 1);
        parse(&swapped.join(" "));
    }
}

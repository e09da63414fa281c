//! Compares every matcher with a scalar reference, and tests the named cases of the founding query.

use super::bits::Bits;
use super::edge::Edge;
use super::fold::fold_text;
use super::needle::Needle;
use super::scan::Scanner;
use super::terms::is_term;
use super::{Case, Matcher, Mode};
use arrow::array::{Array, StringArray};
use proptest::prelude::*;

const MODES: [Mode; 7] =
    [Mode::Has, Mode::HasPrefix, Mode::HasSuffix, Mode::Contains, Mode::StartsWith, Mode::EndsWith, Mode::Equals];

const CASES: [Case; 2] = [Case::Sensitive, Case::Insensitive];

/// The meaning of a mode, character by character.
fn reference(value: &str, needle: &str, mode: Mode, case: Case) -> bool {
    let folded = |s: &str| if case == Case::Sensitive { s.to_owned() } else { fold_text(s) };
    let (v, n): (Vec<char>, Vec<char>) = (folded(value).chars().collect(), folded(needle).chars().collect());
    let term = |c: Option<&char>| c.is_some_and(|c| is_term(*c as u32));
    let clash = |at: usize| at > 0 && term(v.get(at - 1)) && term(v.get(at));
    (0..=v.len()).filter(|&at| v[at..].starts_with(&n)).any(|at| {
        let end = at + n.len();
        let (left, right) = (n.is_empty() || !clash(at), n.is_empty() || !clash(end));
        match mode {
            Mode::Has => left && right,
            Mode::HasPrefix => left,
            Mode::HasSuffix => right,
            Mode::Contains => true,
            Mode::StartsWith => at == 0,
            Mode::EndsWith => end == v.len(),
            Mode::Equals => at == 0 && end == v.len(),
        }
    })
}

fn check(values: &StringArray, needles: &[String], mode: Mode, case: Case) {
    let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
    let expected = |all: bool| -> Vec<bool> {
        let one = |v: Option<&str>| {
            v.is_some_and(|v| {
                let mut hits = needles.iter().map(|n| reference(v, n, mode, case));
                if all { hits.all(|h| h) } else { hits.any(|h| h) }
            })
        };
        values.iter().map(one).collect()
    };
    let matcher = Matcher::new(&needles, mode, case);
    let label = format!("{mode:?} {case:?} {needles:?} {values:?}");
    assert_eq!(matcher.any(values).iter().collect::<Vec<_>>(), expected(false), "any {label}");
    assert_eq!(matcher.all(values).iter().collect::<Vec<_>>(), expected(true), "all {label}");
    for (value, expected) in values.iter().zip(expected(false)) {
        assert_eq!(value.is_some_and(|v| matcher.is_match(v)), expected, "{value:?} {label}");
    }
    if needles.iter().any(|n| n.is_empty()) || matches!(mode, Mode::StartsWith | Mode::EndsWith | Mode::Equals) {
        return;
    }
    let compiled = || -> Vec<Needle> { needles.iter().map(|n| Needle::new(n, mode, case)).collect() };
    for scanner in [Scanner::new(compiled()).portable(), Scanner::many(compiled())] {
        let mut bits = Bits::new(values.len());
        scanner.rows(values.value_data(), values.value_offsets(), &mut bits);
        let found: Vec<bool> = bits.finish().iter().zip(values.iter()).map(|(b, v)| b && v.is_some()).collect();
        assert_eq!(found, expected(false), "{scanner:?} {label}");
    }
}

fn text(longest: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(
        proptest::sample::select("aAbB1_- \\.éÉßſıİKk²Ωωῳ\u{301}ɐⱯ漢𐐀𐐨".chars().collect::<Vec<_>>()),
        0..=longest,
    )
    .prop_map(|chars| chars.into_iter().collect())
}

fn narrow(longest: usize) -> impl Strategy<Value = String> {
    proptest::collection::vec(proptest::sample::select("aAb-é".chars().collect::<Vec<_>>()), 0..=longest)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(600))]

    #[test]
    fn agrees_with_the_reference(
        rows in proptest::collection::vec(proptest::option::weighted(0.9, prop_oneof![text(12), narrow(90)]), 0..30),
        needles in proptest::collection::vec(prop_oneof![text(4), narrow(5)], 0..9),
        mode in proptest::sample::select(MODES.to_vec()),
        case in proptest::sample::select(CASES.to_vec()),
        cut in 0usize..10,
    ) {
        let values = StringArray::from(rows);
        let from = cut.min(values.len());
        check(&values, &needles, mode, case);
        check(&values.slice(from, (values.len() - from) / 2), &needles, mode, case);
        for needle in &needles {
            check(&values, std::slice::from_ref(needle), mode, case);
        }
    }

    #[test]
    fn many_needles_agree(
        rows in proptest::collection::vec(text(20), 0..20),
        needles in proptest::collection::vec(text(4), 70..200),
        mode in proptest::sample::select(MODES.to_vec()),
        case in proptest::sample::select(CASES.to_vec()),
    ) {
        let needles: Vec<String> = needles.into_iter().filter(|n| !n.is_empty()).collect();
        check(&StringArray::from(rows), &needles, mode, case);
    }
}

const CMDLETS: [&str; 14] = [
    "Remove-MailboxExportRequest",
    "Remove-MailboxImportRequest",
    "Search-Mailbox",
    "New-ComplianceSearchAction",
    "Remove-MoveRequest",
    "Set-MailboxMessageConfiguration",
    "New-TransportRule",
    "Remove-TransportRule",
    "Set-TransportRule",
    "Disable-TransportRule",
    "Remove-InboxRule",
    "New-InboxRule",
    "Set-InboxRule",
    "Remove-RecoverableItemsCleanup",
];

const DELETE: [&str; 5] =
    ["-DeleteContent", "-PurgeType HardDelete", "-PurgeType SoftDelete", "DeleteContent", "HardDelete"];

fn has_any(needles: &[&str], value: &str) -> bool {
    let matcher = Matcher::new(needles, Mode::Has, Case::Insensitive);
    let found = matcher.is_match(value);
    assert_eq!(matcher.any(&StringArray::from(vec!["", value, "x"])).value(1), found);
    found
}

#[test]
fn hits_of_the_founding_query() {
    for value in [
        "powershell.exe search-mailbox -Identity x",
        "SEARCH-MAILBOX",
        "Search-Mailbox",
        "import .\\Search-Mailbox.psm1",
        "c:\\Search-Mailbox\\x",
        "x_Search-Mailbox_v2",
        "Set-InboxRule; Remove-InboxRule; New-InboxRule",
        "\"Search-Mailbox\"",
    ] {
        assert!(has_any(&CMDLETS, value), "{value}");
    }
}

#[test]
fn misses_of_the_founding_query() {
    for value in [
        "MySearch-MailboxTool",
        "Search-MailboxAuditLog -Identity x",
        "Get-InboxRule",
        "Set-InboxRules",
        "2Search-Mailbox",
        "powershell -EncodedCommand UwBlAGEAcgBjAGgALQBNAGEAaQBsAGIAbwB4AA==",
        "Search - Mailbox",
        "",
        "Copy-Item $env:LOCALAPPDATA\\Comms\\Unistore\\data -Destination $env:LOCALAPPDATA\\Comms\\Unistore\\data\\copy",
    ] {
        assert!(!has_any(&CMDLETS, value), "{value}");
    }
}

#[test]
fn delete_content_patterns() {
    assert!(has_any(&DELETE, "Search-Mailbox -DeleteContent:$true"));
    assert!(has_any(&DELETE, "Search-Mailbox –DeleteContent"));
    assert!(has_any(&DELETE, "x -PurgeType HardDelete"));
    assert!(has_any(&DELETE, "x -purgetype softdelete"));
    assert!(!has_any(&DELETE, "x -PurgeType  SoftDelete"));
    assert!(!has_any(&DELETE, "x -PurgeType:SoftDelete"));
    assert!(!has_any(&["-DeleteContent"], "-DeleteContents"));
    assert!(has_any(&["-DeleteContent"], "x-DeleteContent"));
}

#[test]
fn the_term_rule() {
    assert!(has_any(&[".exe"], "a.exe"));
    assert!(has_any(&["\\\\"], "a\\\\b"));
    assert!(has_any(&[""], "") && has_any(&[""], "x"));
    assert!(!has_any(&["caf"], "café") && has_any(&["CAFÉ"], "x café"));
    assert!(!has_any(&["STRASSE"], "straße") && has_any(&["STRAßE"], "straße"));
    let prefix = Matcher::new(&["Mail"], Mode::HasPrefix, Case::Insensitive);
    assert!(prefix.is_match("Search-Mailbox") && !prefix.is_match("Voicemail"));
    let suffix = Matcher::new(&["box"], Mode::HasSuffix, Case::Insensitive);
    assert!(suffix.is_match("Search-Mailbox -x") && !suffix.is_match("Mailboxes"));
}

#[test]
fn no_needles_and_rows_without_text() {
    let values = StringArray::from(vec![Some(""), None, Some("a")]);
    let none = Matcher::new(&[], Mode::Has, Case::Insensitive);
    assert_eq!(none.any(&values).count_set_bits(), 0);
    assert_eq!(none.all(&values).count_set_bits(), 2);
    let empty = Matcher::new(&["", "zzz"], Mode::Has, Case::Insensitive);
    assert_eq!(empty.any(&values).count_set_bits(), 2);
    assert_eq!(Matcher::new(&[""], Mode::Equals, Case::Insensitive).any(&values).count_set_bits(), 1);
    assert_eq!(Matcher::new(&["a"], Mode::Has, Case::Insensitive).any(&values.slice(0, 0)).len(), 0);
}

#[test]
fn a_match_never_spans_rows() {
    let values = StringArray::from(vec!["Search-", "Mailbox", "x", "Search", "-Mailbox"]);
    for mode in MODES {
        assert_eq!(Matcher::new(&["Search-Mailbox"], mode, Case::Insensitive).any(&values).count_set_bits(), 0);
        assert_eq!(Matcher::new(&["Search-Mailbox", "qq"], mode, Case::Insensitive).any(&values).count_set_bits(), 0);
    }
}

#[test]
fn ten_thousand_needles() {
    let needles: Vec<String> = (0..10_000).map(|i| format!("host-{i}.example.com")).collect();
    let needles: Vec<&str> = needles.iter().map(String::as_str).collect();
    let rows: Vec<String> = (0..3_000).map(|i| format!("ping HOST-{}.example.com -n 1", i * 7)).collect();
    let values = StringArray::from(rows);
    let expected = (0..3_000).filter(|i| i * 7 < 10_000).count();
    assert_eq!(Matcher::new(&needles, Mode::Has, Case::Insensitive).any(&values).count_set_bits(), expected);
    assert_eq!(Matcher::new(&needles, Mode::EndsWith, Case::Insensitive).any(&values).count_set_bits(), 0);
    assert!(Edge::new(vec![Needle::new("a", Mode::Equals, Case::Insensitive)], Mode::Equals).is_match(b"A"));
}

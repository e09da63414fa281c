use super::*;
use std::fmt::Write;

/// Each mutant in a few lines: the kind, the fault, what it is asked about, and the changed lines.
fn told(query: &str) -> String {
    assert!(!has_errors(&parse(query)));
    let mut out = String::new();
    for mutant in sound(query) {
        let at = mutant.at.text(query).split_whitespace().collect::<Vec<_>>().join(" ");
        let _ = writeln!(out, "{}: {} [{at}]", mutant.kind.name(), mutant.describes);
        for line in mutant.diff(query).lines().filter(|l| l.starts_with(['-', '+'])) {
            let _ = writeln!(out, "  {line}");
        }
    }
    out
}

/// The mutants, after looking at what is true for every query.
fn sound(query: &str) -> Vec<Mutant> {
    let all = mutants(query);
    let mut texts = HashSet::from([query.to_string()]);
    for mutant in &all {
        let text = mutant.apply(query);
        assert!(!has_errors(&parse(&text)), "does not parse: {text}");
        assert!(!mutant.at.text(query).is_empty(), "no place: {mutant:?}");
        assert!(mutant.edits.windows(2).all(|pair| matches!(pair, [a, b] if a.0.end <= b.0.start)), "{mutant:?}");
        assert!(texts.insert(text), "made twice: {mutant:?}");
    }
    assert!(all.is_sorted_by_key(|m| m.edits.first().map(|(span, _)| (span.start, span.end))));
    all
}

#[test]
fn filters_and_arms() {
    insta::assert_snapshot!(told(
        r#"// größer als nötig
let Base = Events
| where TimeGenerated > ago(1d) // the last day
| where User has "svc" and not(Host in~ ("a", "b"))
    and (IsAdmin or Level >= 3)
    // the last arm
    and isnotempty(Ip);
Base | where(Flag)and(Other) | mv-apply x = Items on (where x contains "é") | project User"#
    ));
}

#[test]
fn lists() {
    insta::assert_snapshot!(told(
        r#"let names = dynamic([
  "a.exe", // the first
  'quote"d.exe',
  ["nested", 1]
]);
let unused = dynamic(["x", "y"]);
let once = dynamic(["x"]);
let rows = datatable(a: string, b: long) [
  "x", 1,
  "y", 2
];
T
| where FileName in~ (names) and CommandLine has_any (names) and Id in (1, 2)
| where a has_all ("k", "v") or b has_any (once) or c has_any (Column) or d in ("only")
| where f(dynamic([1, 2]))"#
    ));
}

#[test]
fn texts() {
    insta::assert_snapshot!(told(
        r#"T
| where a == "Abc" and b == "4625" and c =~ 'x' and d != "" and e<>"Y"
| where a!has "word" or b has "." or c has ".exe" or d contains_cs "X" or e startswith "p" or f !endswith_cs "s"
| where tolower(a) == "lower" or tolower(b) == "Never" or a == b or a in ("1", "2") or b !in ("a", "1")
| where a matches regex @"^x" and b !has_cs "A\"B""#
    ));
}

#[test]
fn thresholds_and_times() {
    insta::assert_snapshot!(told(
        r#"declare query_parameters(least: int = 2);
let most = 10;
let window = 1.5h;
let f = (n: long = 3, most: long) { T | where Size >= n and Size < most };
f(3, 4)
| where TimeGenerated between (ago(window) .. now() - time(00:30:00))
| summarize Total = count(), Bad = countif(Result != "ok") by bin(TimeGenerated, 5m)
| where Total > least and 5 <= Bad and Bad <= most and Score > 0.5 and Delta < -1 and Zero >= 0 and Id == 7
| where Hour between (8 .. 17) and Total between (Bad .. 9)
| where Gap < 0s or Gap < 2 * 10m"#
    ));
}

#[test]
fn joins_and_other_steps() {
    insta::assert_snapshot!(told(
        r#"A
| join (B | where x == 1) on Id, $left.a == $right.b
| join kind=leftanti C on Id
| lookup D on Id
| parse-where Text with * "id=" Id:long *
| scan with (step s1: Name == "a"; step s2: Time - s1.Time < 1m and Name == "b";)
| extend Sure = iff(Name == "x" and Flag, 1, 2), Plain = a or b
| make-graph From --> To with Nodes on Id
| graph-match (n)-[e*1..3]->(m) where n.Kind == "user" and m.Level > 2 project n.Id"#
    ));
}

#[test]
fn a_query_with_errors_has_none() {
    assert_eq!(mutants("T | where (a == 1"), []);
    assert_eq!(mutants(""), []);
    assert_eq!(mutants("T | take 5"), []);
}

#[test]
fn equal_texts_are_made_once() {
    let items = |query: &str| sound(query).iter().filter(|m| m.kind == MutantKind::DropItem).count();
    assert_eq!(items(r#"T | where a in ("x","x","y")"#), 2);
    assert_eq!(items(r#"T | where a in ("x","y","z")"#), 3);
    assert_eq!(items(r#"let l = dynamic(["x","y"]); T | where a in (l) or b in (l)"#), 2);
}

#[test]
fn edits_stay_apart_from_their_surroundings() {
    let query = r#"T | where Name!has "a"and(b=="c")or IsAdmin"#;
    insta::assert_snapshot!(told(query));
}

#[test]
fn a_long_query_takes_no_longer_for_each_mutant() {
    let item = |n: usize| format!("'item{n}'");
    let arm = |n: usize| format!("x == 'v{n}'");
    let list = (0..5_000).map(item).collect::<Vec<_>>().join(", ");
    let arms = (0..5_000).map(arm).collect::<Vec<_>>().join(" or ");
    let query = format!("T | where a in ({list}) and ({arms})");
    let made = mutants(&query);
    // an item each; an arm, its negation and its case each; the two arms of `and`, the step, and two of `in`
    assert_eq!(made.len(), 5_000 + 3 * 5_000 + 2 + 1 + 2);
}

#[test]
fn a_diff_shows_lines_around() {
    let query = "T\n| where a == 1\n| where b == 2\n| where c == 3\n| take 5\n";
    let dropped = mutants(query).into_iter().filter(|m| m.kind == MutantKind::DropFilter).map(|m| m.diff(query));
    insta::assert_snapshot!(dropped.collect::<Vec<_>>().join("\n"));
}

#[test]
fn kinds_have_names_of_their_own() {
    let names: HashSet<&str> = MutantKind::ALL.iter().map(|kind| kind.name()).collect();
    assert_eq!(names.len(), MutantKind::ALL.len());
}

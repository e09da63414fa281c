//! The pages of `lint-pages` are what `kql lint --explain` prints: their examples hold, and the table of rules is current.

use super::{all_on, lint, linter};
use kql_detection::lint::{Level, LintRule, RULES, rules_table};
use std::collections::BTreeSet;
use std::path::Path;

/// An example of a page: the extension that it would have as a file, and its text.
pub struct Example {
    pub file: &'static str,
    pub text: String,
}

/// The example under a heading of a page.
pub fn example(page: &str, heading: &str) -> Example {
    let from = page.find(heading).unwrap_or_else(|| panic!("no '{heading}' in:\n{page}"));
    let rest = &page[from + heading.len()..];
    let begin = rest.find("```").expect("a block") + 3;
    let (language, rest) = rest[begin..].split_once('\n').expect("a block has lines");
    let end = rest.find("\n```").expect("the block ends");
    let file = match language {
        "kql" => "example.kql",
        "yaml" => "example.yaml",
        other => panic!("a block of {other}"),
    };
    Example { file, text: format!("{}\n", &rest[..end]) }
}

fn pages() -> impl Iterator<Item = &'static LintRule> {
    RULES.iter().copied()
}

#[test]
fn a_page_begins_with_what_the_rule_says() {
    for rule in pages() {
        let fix = if rule.is_fixable { "`--fix`" } else { "by hand" };
        let head = format!(
            "# {}\n\n{}\n\nLevel: {}. Topic: {}. Fix: {fix}.\n\n",
            rule.name,
            rule.summary,
            rule.level,
            rule.topic.name()
        );
        assert!(rule.page.starts_with(&head), "the page of {} must begin with:\n{head}", rule.name);
    }
}

#[test]
fn names_are_in_kebab_case_and_in_order() {
    let names: Vec<&str> = pages().map(|rule| rule.name).collect();
    assert!(names.iter().all(|name| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-')), "{names:?}");
    let sorted: Vec<&str> = names.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    assert_eq!(names, sorted);
    assert!(names.len() >= 40);
}

#[test]
fn the_rule_finds_its_first_example_and_not_the_second() {
    let (linter, config) = (linter(), all_on());
    let mut failures = Vec::new();
    for rule in pages() {
        let found = example(rule.page, "## Found");
        let report = linter.lint(Path::new(found.file), &found.text, &config);
        if report.findings.iter().all(|finding| finding.rule.name != rule.name) {
            failures.push(format!("{}: its example is not found: {:?}", rule.name, super::lines(&report)));
        }
        // what is wrong with the example is what the page is about
        let others: Vec<_> = report
            .findings
            .iter()
            .filter(|f| f.level >= Level::Warning && f.rule.name != rule.name)
            .map(|f| f.rule.name)
            .collect();
        if !others.is_empty() {
            failures.push(format!("{}: its example is found by other rules: {others:?}", rule.name));
        }
        let good = example(rule.page, "## Not found");
        let report = linter.lint(Path::new(good.file), &good.text, &config);
        let wrong: Vec<String> = report
            .findings
            .iter()
            .filter(|f| f.rule.name == rule.name || f.level >= Level::Warning)
            .map(|f| format!("{}: {}", f.rule.name, f.message))
            .collect();
        if !wrong.is_empty() {
            failures.push(format!("{}: its good example is found: {wrong:?}", rule.name));
        }
    }
    assert!(failures.is_empty(), "{failures:#?}");
}

#[test]
fn the_table_of_rules_is_current() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("lint-pages");
    let page = folder.join("README.md");
    let have = std::fs::read_to_string(&page).expect("lint-pages/README.md can be read");
    let begin = have.find("### Correctness").expect("the table begins with a topic");
    let current = format!("{}{}", &have[..begin], rules_table().trim_end().to_owned() + "\n");
    if std::env::var_os("KQL_BLESS").is_some() {
        std::fs::write(&page, &current).expect("the page can be written");
    } else {
        assert!(have == current, "lint-pages/README.md is not current: KQL_BLESS=1 cargo test --test detection lint");
    }
    let pages: BTreeSet<String> = std::fs::read_dir(&folder)
        .expect("lint-pages can be read")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    let known: BTreeSet<String> =
        RULES.iter().map(|rule| format!("{}.md", rule.name)).chain(["README.md".to_owned()]).collect();
    assert_eq!(pages, known, "each rule has a page, and each page a rule");
}

#[test]
fn the_detection_with_two_dead_conditions() {
    let text = include_str!("../../../../queries/T1070.008-clear-mailbox-data/query.kql");
    let found = super::lines(&lint("query.kql", text));
    let dead = "These values never match, because another condition excludes them: 'MoveToDeletedItems', 'FolderBind', \
                'SendAs', 1 more.";
    assert!(found.contains(&format!("37: dead-list-item: {dead}")), "{found:#?}");
    assert!(found.iter().any(|line| line.starts_with("64: never-true: ")), "{found:#?}");
}

/// The verdict of a filter that is the only one found, by its rule.
fn verdict(condition: &str) -> &'static str {
    let text = format!("SigninLogs | where {condition}");
    let found = super::lines(&lint("q.kql", &text));
    match found.as_slice() {
        [] => "depends",
        [one] if one.contains("never-true") => "never",
        [one] if one.contains("always-true") => "always",
        other => panic!("{condition}: {other:?}"),
    }
}

#[test]
fn conditions_that_are_the_same_for_all_rows() {
    for (condition, expected) in [
        // a column cannot have two values
        ("Location == 'DE' and Location == 'FR'", "never"),
        ("Location in ('DE', 'FR') and Location in ('IT', 'ES')", "never"),
        ("Location =~ 'de' and Location == 'DE'", "depends"),
        ("Location == 'DE' | where Location == 'FR'", "never"),
        ("Location == 'DE' | extend Location = 'FR' | where Location == 'FR' | project ResultType", "always"),
        ("Location == 'DE' | extend Location = tolower(Location) | where Location == 'de'", "depends"),
        ("Location == 'DE' | summarize N = count() by Location | where Location == 'FR'", "never"),
        ("Location == 'DE' | summarize N = count() by Location | where N >= 0", "always"),
        (
            "Location == 'DE' | join kind=rightouter IdentityInfo on $left.UserId == $right.AccountObjectId | where Location == 'FR'",
            "depends",
        ),
        (
            "Location == 'DE' | join kind=inner IdentityInfo on $left.UserId == $right.AccountObjectId | where Location == 'FR'",
            "never",
        ),
        // terms, parts, beginnings and ends of the values that are left
        ("Location in ('Remove-InboxRule', 'Set-InboxRule') and Location has 'InboxRule'", "always"),
        ("Location in ('Remove-InboxRule', 'Set-InboxRule') and Location has 'Inbox'", "never"),
        ("Location in ('Remove-InboxRule', 'Set-InboxRule') and Location contains 'Inbox'", "always"),
        ("Location in ('Remove-InboxRule', 'Set-InboxRule') and Location startswith 'set'", "depends"),
        ("Location in ('Remove-InboxRule', 'Set-InboxRule') and Location startswith_cs 'set'", "never"),
        ("Location in~ ('Remove-InboxRule', 'Set-InboxRule') and Location startswith_cs 'set'", "depends"),
        // one of two exclusions holds for every value
        ("Location != 'DE' or Location != 'FR'", "always"),
        ("Location != 'DE' or Location != 'FR' or ResultType == '0'", "always"),
        ("Location !in ('DE', 'FR') or Location !in ('FR', 'IT')", "depends"),
        ("Location !endswith '.exe' or Location !endswith '.dll'", "always"),
        ("Location !endswith '.exe' or Location !endswith 'x.exe'", "depends"),
        ("Location !has 'a' or Location !has 'b'", "depends"),
        ("not(Location == 'DE') and Location == 'DE'", "depends"),
        // ranges of times and numbers
        ("TimeGenerated > ago(1d) and TimeGenerated < ago(2d)", "never"),
        ("TimeGenerated > ago(2d) and TimeGenerated > ago(3d)", "always"),
        ("TimeGenerated > ago(2d) and TimeGenerated > ago(1d)", "depends"),
        ("ResultSignature == 'x' | summarize N = count() by Location | where N > 10 and N < 5", "never"),
        ("Location == 'DE' or (Location == 'FR' and Location == 'IT')", "never"),
        ("(Location == 'DE' or Location == 'FR') and Location == 'IT'", "never"),
        // a setting of the query can have no effect
        ("Location == 'DE' | where column_ifexists('Nothing', '') == 'x'", "depends"),
    ] {
        assert_eq!(verdict(condition), expected, "{condition}");
    }
    let setting = "let T = 0;\nSigninLogs | summarize N = count() by Location | where N >= T";
    assert_eq!(super::lines(&lint("q.kql", setting)), [""; 0]);
}

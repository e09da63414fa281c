//! Places in files, suppressions, configuration and baseline.

use super::{lines, lint, linter, rule};
use kql_detection::lint::{Baseline, Level, LintConfig};
use std::path::Path;

const DUPLICATE: &str = "SigninLogs\n| where Location in ('DE', 'FR', 'DE')\n";

#[test]
fn findings_in_yaml_markdown_and_json_point_at_the_file() {
    let yaml = "id: 1\nname: r\nquery: |\n  SigninLogs\n  | where Location in ('DE', 'DE')\n";
    let report = lint("rule.yaml", yaml);
    assert_eq!(lines(&report), ["5: duplicate-list-item: The list has 'DE' twice."]);
    let finding = &report.findings[0];
    assert_eq!(&yaml[finding.place.start..finding.place.end], "'DE'");
    assert_eq!(&yaml[finding.labels[0].0.start..finding.labels[0].0.end], "'DE'");

    let page = "# Sign-ins\n\n```kql\nSigninLogs\n| where Location in ('DE', 'DE')\n```\n";
    assert_eq!(lines(&lint("page.md", page)), ["5: duplicate-list-item: The list has 'DE' twice."]);

    let json = r#"{"name": "r", "query": "SigninLogs\n| where Location in ('DE', 'DE')"}"#;
    let report = lint("rule.json", json);
    assert_eq!(lines(&report), ["1: duplicate-list-item: The list has 'DE' twice."]);
    let finding = &report.findings[0];
    // the file has the query with escapes, so the place is one of the query
    assert!(finding.in_query && finding.fix.is_none());
    assert_eq!(&finding.source[finding.place.start..finding.place.end], "'DE'");
}

#[test]
fn a_query_with_errors_is_only_checked() {
    let report = lint("q.kql", "SigninLogs | where Locaton in ('DE', 'DE')");
    let names: Vec<&str> = report.findings.iter().map(|f| f.rule.name).collect();
    assert_eq!(names, ["query-error"]);
    assert!(lint("functions.kql", "let f = (x: long) { x + 1 };").findings.iter().all(|f| f.rule.name == "unused-let"));
}

#[test]
fn comments_switch_rules_off() {
    let behind = "SigninLogs\n| where Location in ('DE', 'DE') // kql-lint: disable=duplicate-list-item\n";
    let above =
        "SigninLogs\n// kql-lint: disable=duplicate-list-item -- on purpose\n| where Location in ('DE', 'DE')\n";
    let file = "// kql-lint: disable-file=duplicate-list-item\nSigninLogs\n\n| where Location in ('DE', 'DE')\n";
    for text in [behind, above, file] {
        assert_eq!(lines(&lint("q.kql", text)), [""; 0], "{text}");
    }
    let other = "SigninLogs // kql-lint: disable=duplicate-list-item\n| where Location in ('DE', 'DE')\n";
    assert_eq!(
        lines(&lint("q.kql", other)),
        [
            "1: unused-suppression: 'duplicate-list-item' finds nothing here, so this comment hides nothing.",
            "2: duplicate-list-item: The list has 'DE' twice."
        ]
    );
    let yaml = "name: r # kql-lint: disable-file=duplicate-list-item\nquery: |\n  SigninLogs\n  | where Location in ('a', 'a')\n";
    assert_eq!(lines(&lint("rule.yaml", yaml)), [""; 0]);
    let json = r#"{"name": "r", "query": "SigninLogs\n| where Location in ('a', 'a') // kql-lint: disable=duplicate-list-item"}"#;
    assert_eq!(lines(&lint("rule.json", json)), [""; 0]);
}

#[test]
fn comments_with_wrong_names_are_found() {
    let report = lint("q.kql", "// kql-lint: disable=duplicate-list-itm,never-true\nSigninLogs | count\n");
    let found: Vec<(usize, &str, Option<&str>)> =
        report.findings.iter().map(|f| (f.line, f.rule.name, f.help.as_deref())).collect();
    assert_eq!(
        found,
        [
            (1, "invalid-suppression", Some("did you mean 'duplicate-list-item'?")),
            (1, "unused-suppression", Some("remove it"))
        ]
    );
    let report = lint("q.kql", "SigninLogs | count // kql-lint: off\n");
    assert_eq!(lines(&report), ["1: invalid-suppression: This comment does not say what it switches off."]);
}

#[test]
fn a_configuration_sets_levels() {
    let path = Path::new(".kql-lint.yaml");
    let config =
        LintConfig::parse(path, "fail-level: error\nrules:\n  duplicate-list-item: error\n").expect("it is valid");
    assert_eq!(config.fail_level, Some(Level::Error));
    let report = linter().lint(Path::new("q.kql"), DUPLICATE, &config);
    assert_eq!(report.findings[0].level, Level::Error);
    let config = LintConfig::parse(path, "rules: {duplicate-list-item: off}").expect("it is valid");
    assert!(linter().lint(Path::new("q.kql"), DUPLICATE, &config).findings.is_empty());
    assert_eq!(config.level(rule("never-true"), Level::Warning), Level::Warning);
}

#[test]
fn a_wrong_configuration_is_refused_with_places() {
    let text = "fail-levl: error\nrules:\n  duplicate-list-itm: off\n  never-true: loud\n";
    let problems = LintConfig::parse(Path::new("c.yaml"), text).expect_err("it is wrong");
    let shown: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "c.yaml:1: the key 'fail-levl' is not known (did you mean 'fail-level'?)",
            "c.yaml:3: 'duplicate-list-itm' is not the name of a rule (did you mean 'duplicate-list-item'?)",
            "c.yaml:4: 'loud' is not a level (use off, note, warning or error)",
        ]
    );
}

#[test]
fn a_configuration_is_found_above_the_file() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let inner = folder.path().join("rules/windows");
    std::fs::create_dir_all(&inner).expect("folders can be made");
    std::fs::write(folder.path().join(".kql-lint.yaml"), "rules:\n").expect("a file can be written");
    let found = LintConfig::find(&inner.join("a.kql")).expect("it is found");
    assert_eq!(found.file_name().and_then(|name| name.to_str()), Some(".kql-lint.yaml"));
    LintConfig::read(&found).expect("a file without rules is valid");
}

#[test]
fn a_baseline_knows_findings_that_moved() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (file, path) = (folder.path().join("q.kql"), folder.path().join("baseline.json"));
    std::fs::write(&file, DUPLICATE).expect("a file can be written");
    let report = linter().lint(&file, DUPLICATE, &LintConfig::default());
    let baseline = Baseline::of(&[report], folder.path());
    assert_eq!(baseline.len(), 1);
    std::fs::write(&path, baseline.text()).expect("a file can be written");
    let baseline = Baseline::read(&path).expect("it was just written");
    let moved = format!("// a comment\n\n{}| where AppDisplayName !in ('x', 'y', 'x')\n", DUPLICATE);
    let report = linter().lint(&file, &moved, &LintConfig::default());
    let new: Vec<String> = report
        .findings
        .iter()
        .filter(|finding| !baseline.knows(&file, folder.path(), finding))
        .map(|finding| finding.message.clone())
        .collect();
    assert_eq!(new, ["The list has 'x' twice."]);
    // a second finding of the same kind is new, too
    let twice = format!("{DUPLICATE}| where AppDisplayName in ('DE', 'FR', 'DE')\n");
    let report = linter().lint(&file, &twice, &LintConfig::default());
    assert_eq!(report.findings.iter().filter(|f| !baseline.knows(&file, folder.path(), f)).count(), 1);
}

#[test]
fn a_wrong_baseline_is_refused() {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let path = folder.path().join("b.json");
    let refused = |text: &str| {
        std::fs::write(&path, text).expect("a file can be written");
        let problem = Baseline::read(&path).expect_err("it is wrong").to_string();
        problem.replace(&path.display().to_string(), "b.json")
    };
    assert_eq!(refused("[]"), "b.json: the file is not a baseline of kql lint (write one with --update-baseline)");
    assert_eq!(
        refused("{\"version\": 1, \"files\": {\"a.kql\": [\n{\"rule\": \"never-tru\", \"fingerprint\": \"x\"}]}}"),
        "b.json:2: 'never-tru' is not the name of a rule (did you mean 'never-true'?)"
    );
}

/// The rules that find something in a scheduled rule with a period of 14 days and this query.
fn scheduled(query: &str, more: &str) -> Vec<&'static str> {
    let query = query.replace('\n', "\n  ");
    let text = format!(
        "id: 1\nname: r\ndescription: d\nkind: Scheduled\nseverity: High\ntactics: [Execution]\n\
         relevantTechniques: [T1059.001]\nqueryFrequency: 1d\nqueryPeriod: 14d\ntriggerOperator: gt\n\
         triggerThreshold: 0\n{more}query: |\n  {query}\n"
    );
    lint("rule.yaml", &text).findings.iter().map(|finding| finding.rule.name).collect()
}

#[test]
fn the_period_of_a_rule_is_compared_with_what_its_query_asks_for() {
    for (query, expected) in [
        ("SigninLogs | where TimeGenerated > ago(14d)", ""),
        ("SigninLogs | where TimeGenerated > ago(15d)", "lookback-exceeds-period"),
        ("let back = 30d;\nSigninLogs | where TimeGenerated between (ago(back) .. ago(1d))", "lookback-exceeds-period"),
        ("let start = ago(30d);\nSigninLogs | where start < TimeGenerated", "lookback-exceeds-period"),
        // the beginning of the first day
        ("SigninLogs | where TimeGenerated >= startofday(ago(14d))", ""),
        // another time than that of the event
        ("SigninLogs | where todatetime(Status.changed) > ago(90d)", ""),
        ("SigninLogs | where TimeGenerated < ago(90d)", ""),
    ] {
        assert_eq!(scheduled(query, "").join(","), expected, "{query}");
    }
}

#[test]
fn the_columns_of_a_rule_are_those_of_its_result() {
    let entity = |column: &str| {
        format!("entityMappings:\n- entityType: IP\n  fieldMappings: [{{identifier: Address, columnName: {column}}}]\n")
    };
    let query = "SigninLogs | project IPAddress, Bag = Status | evaluate bag_unpack(Bag)";
    // the columns depend on the data
    assert_eq!(scheduled(query, &entity("Anything")), [""; 0]);
    let query = "SigninLogs | project IPAddress";
    assert_eq!(scheduled(query, &entity("IPAddress")), [""; 0]);
    assert_eq!(scheduled(query, &entity("IpAddress")), ["entity-column"]);
    let details =
        "customDetails: {Address: Ip}\nalertDetailsOverride: {alertDisplayNameFormat: '{{IPAddress}} {{Ip}}'}\n";
    assert_eq!(scheduled(query, details), ["custom-detail-column", "alert-column"]);
    // what no column is meant by
    assert_eq!(scheduled(query, "alertDetailsOverride: {alertDisplayNameFormat: 'no {placeholder}'}\n"), [""; 0]);
}

#[test]
fn a_trigger_is_compared_with_the_number_of_rows() {
    for (query, expected) in [
        ("SigninLogs | count", "constant-trigger"),
        ("SigninLogs | summarize N = count() | extend A = 1", "constant-trigger"),
        ("SigninLogs | summarize N = count() | where N > 5", ""),
        ("SigninLogs | summarize N = count() by Location", ""),
        ("SigninLogs | top 5 by TimeGenerated", ""),
        ("SigninLogs | top 0 by TimeGenerated", "constant-trigger"),
    ] {
        assert_eq!(scheduled(query, "").join(","), expected, "{query}");
    }
}

//! The formats for programs.

use super::{linter, rule};
use kql_detection::lint::{LintConfig, LintFormat, LintReport, RULES, lint_report};
use serde_json::Value;
use std::path::Path;

const QUERY: &str = "SigninLogs\n| where Location in ('ä', 'DE', 'ä') // 100%, a: b\n| join IdentityInfo on $left.UserPrincipalName == $right.AccountUPN\n";

fn reports() -> Vec<LintReport> {
    let json = r#"{"name": "r", "query": "SigninLogs\n| where Location in ('DE', 'DE')"}"#;
    let files = [("rules/a b.kql", QUERY), ("rule.json", json)];
    files.map(|(file, text)| linter().lint(Path::new(file), text, &LintConfig::default())).into()
}

#[test]
fn json_has_a_line_for_each_finding() {
    let text = lint_report(&reports(), LintFormat::Json);
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(lines.len(), 3);
    let first = &lines[0];
    assert_eq!(first["rule"], "duplicate-list-item");
    assert_eq!((&first["line"], &first["column"], &first["end_column"]), (&2.into(), &33.into(), &36.into()));
    // bytes, not characters
    assert_eq!((&first["start"], &first["end"]), (&44.into(), &48.into()));
    assert_eq!(first["fixable"], true);
    assert_eq!(lines[2]["in_query"], true);
}

#[test]
fn github_commands_escape_what_ends_them() {
    let text = lint_report(&reports(), LintFormat::Github);
    insta::assert_snapshot!(text, @"
    ::warning file=rules/a b.kql,line=2,endLine=2,col=33,endColumn=36,title=duplicate-list-item::The list has 'ä' twice. Help: remove one of the two.
    ::warning file=rules/a b.kql,line=3,endLine=3,col=3,endColumn=7,title=join-without-kind::Without a kind, the join keeps one row of each key of its left side. Help: write 'join kind=inner' for all rows, or 'join kind=innerunique' if one is meant.
    ::warning file=rule.json,line=1,title=duplicate-list-item::The list has 'DE' twice. Help: remove one of the two.
    ");
}

/// What section 3 of SARIF 2.1.0 requires of the objects that the report has.
#[test]
fn sarif_has_what_the_standard_requires() {
    let log: Value = serde_json::from_str(&lint_report(&reports(), LintFormat::Sarif)).expect("JSON");
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string());
    let rules = driver["rules"].as_array().expect("rules");
    assert_eq!(rules.len(), RULES.len());
    for descriptor in rules {
        let rule = rule(descriptor["id"].as_str().expect("an id"));
        assert_eq!(descriptor["shortDescription"]["text"], rule.summary);
        assert!(
            ["none", "note", "warning", "error"]
                .contains(&descriptor["defaultConfiguration"]["level"].as_str().unwrap_or(""))
        );
    }
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 3);
    for result in results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result["message"]["text"].as_str().is_some_and(|text| !text.is_empty()));
        let physical = &result["locations"][0]["physicalLocation"];
        let uri = physical["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(!uri.contains(' ') && !uri.starts_with('/'), "{uri}");
        assert!(physical["region"]["startLine"].as_u64().is_some_and(|line| line >= 1));
        assert!(result["partialFingerprints"].as_object().is_some_and(|all| all.values().all(Value::is_string)));
    }
    let change = &results[0]["fixes"][0]["artifactChanges"][0];
    assert_eq!(change["artifactLocation"]["uri"], "rules/a%20b.kql");
    assert_eq!(change["replacements"][0]["insertedContent"]["text"], "");
    assert!(change["replacements"][0]["deletedRegion"]["startLine"].is_u64());
}

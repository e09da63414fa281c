use super::*;
use std::fmt::Write;
use std::path::Path;

fn file(name: &str, text: &str) -> RuleFile {
    read(Path::new(name), text)
}

/// The only rule of a file without problems.
fn rule(name: &str, text: &str) -> Rule {
    let mut file = file(name, text);
    assert_eq!(problems(&file), "");
    assert_eq!(file.rules.len(), 1);
    file.rules.remove(0)
}

fn problems(file: &RuleFile) -> String {
    let all = file.problems.iter().chain(&file.warnings);
    all.map(|problem| format!("{problem}\n")).collect()
}

/// What a rule says, for snapshots: each value with its line in the file.
fn shown(rule: &Rule, text: &str) -> String {
    let mut out = String::new();
    let line = |place: crate::Place| text[..place.start].matches('\n').count() + 1;
    let hours = |ticks: i64| ticks as f64 / 36e9;
    let _ = writeln!(out, "{:?} {:?}", rule.kind, rule.name);
    for (key, value) in [("id", &rule.id), ("description", &rule.description), ("severity", &rule.severity)] {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} {:?} {}", value.value, line(value.place));
        }
    }
    for (key, values) in [("tactic", &rule.tactics), ("technique", &rule.techniques)] {
        for value in values {
            let _ = writeln!(out, "{key} {:?} {}", value.value, line(value.place));
        }
    }
    for (key, value) in [("period", &rule.period), ("frequency", &rule.frequency), ("silent", &rule.suppression)] {
        if let Some(value) = value {
            let _ = writeln!(out, "{key} {} h {}", hours(value.value), line(value.place));
        }
    }
    if let Some(trigger) = &rule.trigger {
        let (operator, threshold) = (&trigger.operator, &trigger.threshold);
        let _ = writeln!(out, "trigger {:?} {} {}", operator.value, threshold.value, line(threshold.place));
    }
    let _ = writeln!(out, "{:?}", rule.grouping);
    for entity in &rule.entities {
        let fields =
            entity.fields.iter().map(|f| format!("{}={} {}", f.identifier.value, f.column.value, line(f.column.place)));
        let _ = writeln!(out, "entity {}: {}", entity.kind.value, fields.collect::<Vec<_>>().join(", "));
    }
    for (key, pairs) in [("detail", &rule.custom_details), ("override", &rule.alert_overrides)] {
        for (name, value) in pairs {
            let _ = writeln!(out, "{key} {}={} {}", name.value, value.value, line(value.place));
        }
    }
    let _ = writeln!(out, "query {:?} line {} {:?}", rule.query.text, rule.query.first_line, rule.query.lines);
    out
}

const SCHEDULED: &str = "\
id: 3f0c1f5e-0000-4000-8000-000000000001
name: Löschung von Postfächern
description: |
  Two lines
  of text
severity: medium
requiredDataConnectors: []
queryFrequency: 1h
queryPeriod: P1DT2H
triggerOperator: gt
triggerThreshold: 3
tactics: [Exfiltration, DefenseEvasion]
relevantTechniques:
- T1070.008
query: |
  OfficeActivity
  | where Operation == 'ä'

  | project UserId
kind: Scheduled
eventGroupingSettings: {aggregationKind: AlertPerResult}
entityMappings:
- entityType: Account
  fieldMappings:
  - {identifier: FullName, columnName: UserId}
customDetails:
  Who: UserId
alertDetailsOverride:
  alertDisplayNameFormat: 'By {{UserId}}'
  alertDynamicProperties:
  - {alertProperty: ProductName, value: Product}
suppressionEnabled: true
suppressionDuration: PT5H
version: 1.0.0
tests: []
";

#[test]
fn scheduled_yaml() {
    let rule = rule("rules/a.yaml", SCHEDULED);
    insta::assert_snapshot!(shown(&rule, SCHEDULED));
    let at = rule.query.text.find('ä').unwrap();
    assert!(SCHEDULED[rule.query.place(at).unwrap()..].starts_with("ä'"));
    assert_eq!(rule.query.place(rule.query.text.len()), SCHEDULED.find("\nkind"));
    assert_eq!(rule.query.place(rule.query.text.len() + 1), None);
}

#[test]
fn nrt_hunting_and_bare_yaml() {
    let nrt = rule("a.yml", "name: N\nkind: NRT\nseverity: High\nquery: T | take 1\n");
    assert_eq!((nrt.kind, nrt.query.place(4)), (RuleKind::Nrt, Some(44)));
    let hunt = rule("a.yml", "id: x\nname: H\ntactics:\n- Persistence\nrelevantTechniques: T1098\nquery: |\n  T\n");
    assert_eq!(hunt.kind, RuleKind::Hunting);
    assert_eq!((hunt.tactics[0].value.as_str(), hunt.techniques[0].value.as_str()), ("Persistence", "T1098"));
    let bare = rule("folder/bare.yaml", "query: >\n  T\n  | take 1\n");
    assert_eq!((bare.kind, bare.name.as_str(), bare.query.place(0)), (RuleKind::Query, "bare", None));
}

const TEMPLATE: &str = r#"{
  "$schema": "x", "parameters": {"workspace": {"type": "String"}},
  "variables": {"q": "T\n| where a == \"x\""},
  "resources": [
    {
      "id": "[concat('/alertRules/3f0c1f5e-0000-4000-8000-000000000002')]",
      "name": "[concat(parameters('workspace'),'/Microsoft.SecurityInsights/3f0c1f5e-0000-4000-8000-000000000002')]",
      "type": "Microsoft.OperationalInsights/workspaces/providers/alertRules",
      "kind": "Scheduled",
      "properties": {
        "displayName": "Exported", "description": null, "severity": "Low", "enabled": true, "query": "T | count",
        "queryFrequency": "PT5H", "queryPeriod": "P14D", "triggerOperator": "GreaterThan", "triggerThreshold": 0,
        "suppressionDuration": "PT5H", "suppressionEnabled": false, "tactics": ["Impact"], "techniques": ["T1485"],
        "subTechniques": [], "alertDetailsOverride": null, "customDetails": null,
        "entityMappings": [{"entityType": "IP", "fieldMappings": [{"identifier": "Address", "columnName": "Ip"}]}]
      }
    },
    {"type": "Microsoft.SecurityInsights/alertRules", "kind": "Fusion", "properties": {"enabled": true}},
    {"type": "Microsoft.Logic/workflows", "properties": {"query": "not KQL"}},
    {"type": "Microsoft.Resources/templateSpecs/versions", "properties": {"mainTemplate": {"resources": [
      {"type": "Microsoft.SecurityInsights/AlertRuleTemplates", "kind": "NRT",
       "properties": {"displayName": "Inner", "query": "[variables('q')]", "severity": "[parameters('s')]"}},
      {"type": "Microsoft.OperationalInsights/savedSearches",
       "properties": {"category": "Hunting Queries", "displayName": "Hunt", "query": "[[1]"}}
    ]}}}
  ]
}"#;

#[test]
fn templates() {
    let file = file("a.json", TEMPLATE);
    assert_eq!(problems(&file), "");
    insta::assert_snapshot!(file.rules.iter().map(|rule| shown(rule, TEMPLATE)).collect::<Vec<_>>().join("\n"));
}

#[test]
fn other_json() {
    let properties =
        r#"{"properties": {"displayName": "P", "query": "T", "severity": "High", "queryPeriod": "1:00:00"}}"#;
    assert_eq!(rule("a.json", properties).name, "P");
    let list = r#"[{"displayName": "A", "query": "T", "kind": "Scheduled"}, {"displayName": "B", "query": "T", "tactics": []}]"#;
    assert_eq!(file("a.json", list).rules.len(), 2);
    assert_eq!(file("a.json", &format!("{{\"value\": {list}}}")).rules.len(), 2);
    assert_eq!(rule("a.json", r#"{"query": "T | take 1"}"#).name, "a");
}

const GRAPH: &str = r##"{
  "@odata.type": "#microsoft.graph.security.detectionRule",
  "id": "7506", "displayName": "Graph rule", "isEnabled": true,
  "queryCondition": {"queryText": "DeviceProcessEvents\r\n| take 1"},
  "schedule": {"period": "24H", "nextRunDateTime": "2026-01-01T00:00:00Z"},
  "detectionAction": {
    "alertTemplate": {
      "title": "Seen on {{DeviceName}}", "description": "d", "severity": "medium", "category": "Execution",
      "recommendedActions": null, "mitreTechniques": ["T1059"],
      "impactedAssets": [{"@odata.type": "#microsoft.graph.security.impactedDeviceAsset", "identifier": "deviceId"}]
    },
    "responseActions": []
  }
}"##;

const FLAT: &str = "\
guid: 3f0c1f5e-0000-4000-8000-000000000003
ruleName: Flat rule
frequency: 0
alertTitle: Title
alertSeverity: High
alertDescription: d
tactics:
- tactic: Execution
  techniques: [T1204, {technique: T1059, subTechniques: [T1059.001]}]
entityMappings:
  hosts:
  - {deviceIdColumn: DeviceId, nameColumn: DeviceName}
customDetails: {File: FileName}
queryText: |-
  DeviceEvents
  | take 1
";

#[test]
fn a_rule_of_defender_has_its_own_name() {
    let text = "name: Own name\nqueryCondition:\n  queryText: T\nschedule:\n  period: 24H\ndetectionAction:\n  \
                alertTemplate:\n    title: Title of the alert\n    severity: medium\n";
    assert_eq!(read(Path::new("a.yaml"), text).rules[0].name, "Own name");
    let untitled = text.replace("name: Own name\n", "");
    assert_eq!(read(Path::new("a.yaml"), &untitled).rules[0].name, "Title of the alert");
}

#[test]
fn defender() {
    let (graph, flat) = (rule("a.json", GRAPH), rule("a.yaml", FLAT));
    insta::assert_snapshot!([shown(&graph, GRAPH), shown(&flat, FLAT)].join("\n"));
}

const QUERY: &str = "\u{feff}\
// name: Büro
// Severity: high
// techniques: T1070.008, T1114
// tactics: [Exfiltration]
// period: 1d

// frequency: PT1H
// trigger: gt 5
// A note: see https://example.org
T
// severity: low
| take 1";

#[test]
fn comments() {
    let rule = rule("x/a.kql", QUERY);
    insta::assert_snapshot!(shown(&rule, QUERY));
    assert!(rule.fires(6) && !rule.fires(5));
    let plain = self::rule("x/plain.csl", "T\r\n| take 1");
    assert_eq!((plain.name.as_str(), plain.query.place(3)), ("plain", Some(3)));
    assert!(plain.fires(1) && !plain.fires(0));
    let vague = file("a.kql", "// severity: quite hihg\n// period: a week\n// trigger: often\n// trigger: gtt 1\nT");
    assert_eq!(vague.rules.len(), 1);
    insta::assert_snapshot!(problems(&vague));
}

const MARKDOWN: &str = "\
# Hünts

## First ##
Text
```kql
A
| take 1
```
```powershell
# Not a heading
```
- in a list:
  ~~~ Kusto title=x
    B

  | take 2
  ~~~
## Second
````KQL
// name: Own name
C
```
````
```kql
```
``` {.kql}
D";

#[test]
fn markdown() {
    let file = file("a.md", MARKDOWN);
    assert_eq!(problems(&file), "");
    insta::assert_snapshot!(file.rules.iter().map(|rule| shown(rule, MARKDOWN)).collect::<Vec<_>>().join("\n"));
    for rule in &file.rules {
        let first = rule.query.text.find(char::is_alphabetic).unwrap();
        assert!(MARKDOWN[rule.query.place(first).unwrap()..].starts_with(&rule.query.text[first..first + 1]));
    }
}

#[test]
fn not_rules() {
    for (name, text) in [
        ("workbook.json", r#"{"version": "Notebook/1.0", "items": [{"type": 3, "content": {"query": "T"}}]}"#),
        ("alerts.json", r#"[{"severity": "Bad", "tactics": 5, "properties": {"query": "x"}}]"#),
        ("data.json", r#"[{"query": "example.org", "name": "dns"}]"#),
        ("lines.json", "{\"query\": \"a\"}\n{\"query\": \"b\"}"),
        ("parser.yaml", "Function:\n  Title: T\nFunctionName: f\nFunctionQuery: |\n  T\n"),
        ("fusion.yaml", "name: F\nkind: Fusion\nseverity: High\n"),
        ("empty.yaml", ""),
        ("text.yaml", "only text"),
        ("a.md", "# No query\n```sql\nselect\n```\n"),
    ] {
        let file = file(name, text);
        assert!(file.rules.is_empty() && file.problems.is_empty(), "{name}: {}", problems(&file));
    }
    let none = ["a.md", "a.json", "a.yaml", "a.kql"].map(|name| RuleFile::nothing(Path::new(name), "").to_string());
    insta::assert_snapshot!(none.join("\n"));
}

#[test]
fn wrong_values() {
    let wrong = "\
id: [1]
name: {a: b}
severity: Hihg
kind: Schedule
queryFrequency: 5
queryPeriod: a day
triggerOperator: gtt
triggerThreshold: -1
tactics: {a: Impact}
relevantTechniques: [[x]]
query: T
customDetails: [a]
entityMappings:
- entityTyp: Account
- entityType: Host
  fieldMappings:
  - {identifier: HostName, column: Host}
  - text
alertDetailsOverride: text
eventGroupingSettings: {aggregationKind: AlertPerRow}
suppressionEnabled: maybe
";
    let found = file("a.yaml", wrong);
    assert_eq!(found.rules.len(), 1);
    let mut all = problems(&found);
    for (name, text) in [
        ("b.yaml", "name: R\nqueryPeriod: 1d\nqurey: T\n"),
        ("b.yaml", "kind: Scheduled\nqueryPeriod: 1d\ntriggerOperator: gt\n"),
        ("b.yaml", "query: [T]\n"),
        ("b.yaml", "query: ' '\n"),
        ("b.json", r#"{"resources": [{"type": "x/alertRules", "properties": {"query": "[concat('T')]"}}]}"#),
        ("b.yaml", "queryCondition: {queryTxt: T}\n"),
        ("b.yaml", "query: T\nquery: U\n"),
    ] {
        all += &problems(&file(name, text));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn one_bad_rule_does_not_hide_the_others() {
    let file = file(
        "a.yaml",
        "- {name: A, query: T, severity: Bad}\n- {name: B, severity: Low, query: [x]}\n- {name: C, query: U, severity: Low}\n",
    );
    assert_eq!(file.rules.iter().map(|rule| rule.name.as_str()).collect::<Vec<_>>(), ["A", "C"]);
    assert_eq!(file.problems.iter().map(|problem| problem.line()).collect::<Vec<_>>(), [Some(1), Some(2)]);
}

#[test]
fn files_of_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    std::fs::create_dir_all(root.join("b/.git")).unwrap();
    for name in ["z.kql", "b/a.YAML", "b/a.test.yaml", "b/.git/x.yml", "b/c.md", "b/d.txt", "b/e.json", "f.csl"] {
        std::fs::write(root.join(name), "T").unwrap();
    }
    #[cfg(unix)]
    std::os::unix::fs::symlink(root, root.join("b/loop")).unwrap();
    let found = files(root).unwrap();
    let names: Vec<_> = found.iter().map(|path| path.strip_prefix(root).unwrap().to_string_lossy()).collect();
    assert_eq!(names, ["b/a.YAML", "b/c.md", "b/e.json", "f.csl", "z.kql"]);
    assert_eq!(files(&root.join("b/d.txt")).unwrap().len(), 1);
    assert!(files(&root.join("none")).unwrap_err().to_string().ends_with("none: does not exist"));
}

//! Rules about nulls, arrays, counts and dynamic values: what they find, and what they leave alone.

use super::{lines, lint};

/// Whether a rule finds something in a query.
fn finds(rule: &str, query: &str) -> bool {
    let found = lines(&lint("q.kql", query));
    assert!(found.iter().all(|line| !line.contains(": query-error: ")), "{query}: {found:?}");
    found.iter().any(|line| line.contains(&format!(": {rule}: ")))
}

#[track_caller]
fn each(rule: &str, found: &[&str], not_found: &[&str]) {
    for query in found {
        assert!(finds(rule, query), "{rule} does not find: {query}");
    }
    for query in not_found {
        assert!(!finds(rule, query), "{rule} finds: {query}");
    }
}

#[test]
fn comparisons_with_null() {
    each(
        "null-comparison",
        &[
            "SecurityEvent | where EventID == int(null)",
            "SecurityEvent | where int(null) == EventID",
            "SecurityEvent | where EventID < toint('x')",
            "SecurityEvent | where TimeGenerated > todatetime('31.12.2025')",
            "SecurityEvent | where TimeGenerated between (datetime(null) .. now())",
            "SecurityEvent | where EventID in (4624, int(null))",
        ],
        &[
            // true for every value: the same as isnotnull()
            "SecurityEvent | where EventID != int(null)",
            "SecurityEvent | where EventID !in (4624, int(null))",
            // a setting
            "let From = datetime(null);\nSecurityEvent | where isnull(From) or TimeGenerated > From",
            "SecurityEvent | where Account == ''",
        ],
    );
}

#[test]
fn tests_of_addresses() {
    each(
        "negated-address-test",
        &[
            "SigninLogs | where not(ipv4_is_in_range(IPAddress, '10.0.0.0/8'))",
            "SigninLogs | where ipv4_is_private(IPAddress) == false",
            "SigninLogs | extend IsOutside = not((ipv4_is_private(IPAddress)))",
        ],
        &[
            "SigninLogs | where ipv4_is_private(IPAddress)",
            "SigninLogs | where not(has_ipv4(UserAgent, '10.0.0.1'))",
            "SigninLogs | extend Ip = extract('([0-9.]+)', 1, UserAgent) | where not(ipv4_is_private(Ip))",
        ],
    );
}

#[test]
fn arrays_and_counts() {
    each(
        "never-null",
        &[
            "SigninLogs | summarize make_set(Location) by UserId | where isnotempty(set_Location)",
            "SigninLogs | summarize n = count() by UserId | where isnotnull(n)",
            "SigninLogs | where isnotempty(split(UserPrincipalName, '@'))",
            "SigninLogs | summarize make_set(Location) by UserId | project set_Location | where isempty(set_Location)",
            "SigninLogs | extend Both = set_intersect(dynamic(['a']), split(UserId, ',')) | project Same = Both | where isempty(Same)",
        ],
        &[
            "SigninLogs | summarize make_set(Location) by UserId | where isnotempty(UserId)",
            "SigninLogs | summarize make_set(Location) by UserId | where isnotempty(set_Location[0])",
            // a row without a partner has no count
            "SigninLogs | join kind=leftouter (AuditLogs | summarize n = count() by Id) on $left.UserId == $right.Id \
             | where isnull(n)",
            "AuditLogs | summarize n = count() by Id | join kind=rightouter SigninLogs on Id | where isnull(n)",
            "union (SigninLogs | summarize n = count() by UserId), (AuditLogs | project Id) | where isnull(n)",
        ],
    );
    each(
        "array-compared",
        &[
            "SigninLogs | summarize make_set(Location) by UserId | where set_Location == 'DE'",
            "SigninLogs | where 'admin' =~ split(UserPrincipalName, '@')",
            "SigninLogs | where split(UserPrincipalName, '@') !in ('a', 'b')",
        ],
        &[
            "SigninLogs | summarize make_set(Location) by UserId | where set_Location[0] == 'DE'",
            "SigninLogs | summarize make_set(Location) by UserId | where set_Location has 'DE'",
            "SigninLogs | summarize make_set(Location) by UserId | where set_Location == '[]'",
            "SigninLogs | summarize Last = take_any(Location) by UserId | where Last == 'DE'",
            "SigninLogs | where 'admin' in (split(UserPrincipalName, '@'))",
        ],
    );
}

#[test]
fn filters_after_outer_joins() {
    let query = |filter: &str| {
        format!(
            "SigninLogs | join kind=leftouter (AuditLogs | project UserId = Id, Reason = ResultReason, At = TimeGenerated, \
             Millis = DurationMs) on UserId | {filter} | project UserId"
        )
    };
    for filter in [
        "where Reason == 'x'",
        "where Reason has 'x' and Location == 'DE'",
        "where At > ago(1d)",
        "where Location == 'DE' | extend a = 1 | where At == TimeGenerated",
        "where Millis * 2 > 10",
        "where isnotempty(Reason) or At > ago(1d)",
        "where not(isempty(UserId1))",
        "where Reason in ('x', 'y')",
        "where At between (ago(2d) .. ago(1d))",
        "project UserId, Reason | where Reason startswith 'x'",
        "extend Why = Reason | project UserId, Y = Why | where Y startswith 'x'",
        "project-rename Why = Reason | project UserId, Why | where Why startswith 'x'",
    ] {
        assert!(finds("filtered-outer-join", &query(filter)), "{filter}");
    }
    for filter in [
        "where Reason != 'x'",
        "where Reason !has 'x'",
        "where Reason == ''",
        "where Reason == Location",
        "where At != datetime(2026-01-01)",
        "where isempty(Reason)",
        "where Reason == 'x' or Location == 'DE'",
        "where not(At > ago(1d)) or isnull(At)",
        "where coalesce(Millis, 0) >= 0",
        "where UserId == 'x'",
        "summarize n = countif(Reason == 'x') by UserId | where n > 1",
        "where Reason in ('x', '')",
        "where Reason matches regex '.*'",
    ] {
        assert!(!finds("filtered-outer-join", &query(filter)), "{filter}");
    }
    assert!(!finds("filtered-outer-join", &query("where Reason == 'x'").replace("leftouter", "inner")));
}

#[test]
fn names_that_hide_others() {
    each(
        "hidden-let",
        &["let f = (DeviceName: string) { DeviceProcessEvents | where DeviceName == DeviceName };\nf('a')"],
        &[
            "let f = (Name: string) { DeviceProcessEvents | where DeviceName == Name };\nf('a')",
            // the column is made from the parameter
            "let f = (User: string) { SigninLogs | extend User = tolower(User) | where UserPrincipalName has User };\nf('a')",
        ],
    );
    each(
        "self-comparison",
        &["SigninLogs | where Location == Location", "SigninLogs | where TimeGenerated < (TimeGenerated)"],
        &[
            "SigninLogs | join kind=inner AuditLogs on $left.Id == $right.Id | where Id == Id1",
            "SigninLogs | where Location == tolower(Location)",
            "let Location = 'DE';\nSigninLogs | where Location == Location",
        ],
    );
}

#[test]
fn terms_of_known_values() {
    each(
        "partial-term",
        &[
            "DeviceRegistryEvents | where ActionType has 'Registry'",
            "DeviceFileEvents | where ActionType !has 'Created'",
            "DeviceFileEvents | where ActionType has_any ('FileCreated', 'Renamed')",
        ],
        &[
            "DeviceFileEvents | where ActionType has 'FileCreated'",
            "EmailEvents | where EmailDirection has 'intra'",
            "DeviceFileEvents | where ActionType has 'Something'",
            "DeviceFileEvents | where FileName has 'Created'",
        ],
    );
}

#[test]
fn an_error_about_a_dropped_column_names_the_step() {
    let report = lint("q.kql", "SigninLogs\n| project UserId,\n    Location\n| where ResultType == '0'");
    let [finding] = report.findings.as_slice() else { panic!("{:?}", lines(&report)) };
    assert_eq!((finding.rule.name, finding.line), ("query-error", 4));
    assert_eq!(finding.help.as_deref(), Some("keep it in the 'project' that drops it"));
    let labels: Vec<(usize, &str)> = finding.labels.iter().map(|(place, text)| (place.start, text.as_str())).collect();
    assert_eq!(labels, [(13, "this 'project' drops 'ResultType'")]);
}

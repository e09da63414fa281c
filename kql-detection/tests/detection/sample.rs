//! Tests that are made from the conditions of a query. That each made test passes is part of making it.

use kql_detection::{RuleFile, SampleError, SampleTests, read, sample};
use kql_engine::Engine;
use std::path::Path;

const NOW: &str = "2026-01-15T12:00:00Z";

fn made(query: &str) -> Result<SampleTests, SampleError> {
    let path = Path::new("rule.kql");
    let RuleFile { rules, .. } = read(path, query);
    let engine = Engine::builder().now(NOW).and_then(kql_engine::EngineBuilder::build).expect("an engine");
    sample(&engine, &rules[0], path, NOW)
}

/// The numbers of rows and near misses.
fn counts(query: &str) -> (usize, usize) {
    let made = made(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    (made.rows, made.misses)
}

#[test]
fn conditions_on_cells() {
    for (query, misses) in [
        ("T_CL | where a == 'x'", 0),
        ("SigninLogs | where ResultType == '50126'", 1),
        ("SigninLogs | where ResultType in ('1', '2') and UserPrincipalName has_any ('eve', 'bob')", 2),
        ("SigninLogs | where UserPrincipalName startswith 'adm' and UserPrincipalName endswith '@x.com'", 2),
        ("SigninLogs | where UserPrincipalName matches regex @'^[a-z]{3}\\d+@'", 1),
        ("SigninLogs | where not(UserPrincipalName contains 'svc') and isnotempty(IPAddress)", 2),
        ("SigninLogs | where TimeGenerated between (ago(2d) .. ago(1d))", 1),
        ("DeviceNetworkEvents | where RemotePort > 1024 and RemotePort !in (8080, 8443)", 2),
        ("DeviceProcessEvents | where strlen(ProcessCommandLine) > 200", 1),
        ("SigninLogs | where tostring(DeviceDetail.operatingSystem) =~ 'linux'", 1),
        ("SigninLogs | where toint(parse_json(AuthenticationDetails)[0].step) == 3", 1),
        ("SigninLogs | extend Name = tolower(split(UserPrincipalName, '@')[0]) | where Name == 'eve'", 1),
        ("Syslog | parse SyslogMessage with * 'user=' User ' from ' Address | where User == 'eve'", 1),
        ("SigninLogs | extend Risk = iff(RiskLevelDuringSignIn == 'high', 2, 1) | where Risk > 1", 1),
        ("Event | extend D = parse_xml(EventData).DataItem.EventData.Data | where D[1]['#text'] == 'x<y'", 1),
        (
            "Event | extend D = parse_xml(EventData).DataItem.EventData.Data | mv-apply D on (summarize F = make_bag(bag_pack(tostring(D['@Name']), tostring(D['#text'])))) | where F.Image endswith 'a.exe' and F.User == 'eve'",
            2,
        ),
        ("DeviceProcessEvents | where ProcessCommandLine has 'a' or ProcessCommandLine has 'b'", 1),
    ] {
        if query.starts_with("T_CL") {
            // a table that nothing knows has no columns to fill
            assert!(made(query).is_err(), "{query}");
            continue;
        }
        let (rows, found) = counts(query);
        assert_eq!(rows, 1, "{query}");
        assert!(found >= misses, "{query}: {found} near misses");
    }
}

#[test]
fn groups_have_as_many_rows_as_they_need() {
    let by = |condition: &str| format!("SigninLogs | where ResultType != '0' | summarize {condition}");
    assert_eq!(counts(&by("n = count() by UserPrincipalName | where n >= 5")).0, 5);
    assert_eq!(counts(&by("n = dcount(UserPrincipalName) by IPAddress | where n > 3")).0, 4);
    assert_eq!(counts(&by("s = make_set(IPAddress) by UserPrincipalName | where array_length(s) > 1")).0, 2);
    let (rows, misses) = counts(&by("n = count() by bin(TimeGenerated, 1h) | where n == 3"));
    assert!(rows == 3 && misses > 0);
}

#[test]
fn joins_have_rows_on_both_sides() {
    let two = "SigninLogs | where ResultType == '0' | join kind=inner (AuditLogs | where OperationName has 'consent' \
               | extend Who = tolower(Identity)) on $left.UserPrincipalName == $right.Who";
    let (rows, misses) = counts(two);
    assert!(rows == 2 && misses >= 2);
    assert_eq!(counts("SigninLogs | where ResultType in ((AuditLogs | where Result == 'x' | project Identity))").0, 2);
    assert_eq!(
        counts("SigninLogs | join kind=leftanti (AuditLogs) on $left.UserPrincipalName == $right.Identity").0,
        1
    );
    assert_eq!(counts("union (SigninLogs | where ResultType == '7'), (AuditLogs | where Result == 'y')").0, 2);
}

#[test]
fn watchlists_and_external_data_have_rows() {
    let known =
        "SigninLogs | where IPAddress in ((_GetWatchlist('Bad') | where isnotempty(SearchKey) | project SearchKey))";
    let (rows, misses) = counts(known);
    assert!(rows == 2 && misses > 0, "{rows} rows, {misses} near misses");
    let joined = "let vips = _GetWatchlist('VIP') | where Level =~ 'high' | project User = tolower(SearchKey), Owner;\n\
                  SigninLogs | extend User = tolower(UserPrincipalName) | join kind=inner vips on User";
    let text = made(joined).unwrap().text;
    assert!(text.contains("\"_GetWatchlist('VIP')\":\n    - {"), "{text}");
    assert!(text.contains("Level: \"high\"") && text.contains("Owner: "), "{text}");
    let external = "let exits = externaldata(Address: string, Port: int) ['https://lists.example/exits.txt'] \
                    with (format='txt') | where Port == 443;\nSigninLogs | where IPAddress in ((exits | project Address))";
    let text = made(external).unwrap().text;
    assert!(text.contains("\"https://lists.example/exits.txt\":\n    - {") && text.contains("Port: 443"), "{text}");
}

#[test]
fn what_cannot_be_made_is_said() {
    let why = |query: &str| made(query).unwrap_err().to_string();
    assert!(why("SigninLogs | where ResultType == '1' and ResultType == '2'").contains("ResultType == '"));
    assert!(why("SigninLogs | where 1 == 2").contains("exclude each other"));
    assert!(why("SigninLogs | scan with (step s: true;)").contains("scan"));
    assert!(matches!(made("NoSuchTable | take 1"), Err(SampleError::Query(_))));
}

#[test]
fn the_text_is_a_test_file() {
    let text = made("SigninLogs\n| where TimeGenerated > ago(1h)\n| where ResultType == '50126'").unwrap().text;
    insta::assert_snapshot!(text);
}

/// The query with this saved function.
fn made_with_function(query: &str, body: &str) -> Result<SampleTests, SampleError> {
    let RuleFile { rules, .. } = read(Path::new("rule.kql"), query);
    let builder = Engine::builder().function("Odd", "()", body);
    let engine = builder.now(NOW).and_then(kql_engine::EngineBuilder::build).expect("an engine");
    sample(&engine, &rules[0], Path::new("rule.kql"), NOW)
}

#[test]
fn each_leg_of_a_union_has_a_hit() {
    let legs = "union (SigninLogs | where ResultType == '7'), (AuditLogs | where Result == 'y'),\n\
                (OfficeActivity | where Operation == 'a' and Operation == 'b')\n| where TimeGenerated > ago(1h)";
    let text = made(legs).expect("tests").text;
    assert!(text.contains("- name: made from the conditions of the query\n  each: SigninLogs"), "{text}");
    assert!(text.contains("- name: \"hit, leg 2\"\n  given:\n    AuditLogs:"), "{text}");
    assert!(text.contains("- name: \"line 1: not Result == 'y'\""), "{text}");
    assert!(text.contains("# leg 3 of 3 of the union has no rows"), "{text}");
    let piped = made("SigninLogs | where ResultType == '7' | union (AuditLogs | where Result == 'y')").expect("tests");
    assert!(piped.text.contains("hit, leg 2"), "{}", piped.text);
    let six = (0..6).map(|n| format!("(SigninLogs | where ResultType == '{n}')")).collect::<Vec<_>>().join(", ");
    assert_eq!(counts(&format!("union {six}")).0, 6);
}

#[test]
fn why_no_rows_can_be_made_and_where() {
    let why = |query: &str| made(query).err().map_or_else(String::new, |error| error.to_string());
    let series = "SigninLogs\n| make-series n = count() on TimeGenerated from ago(1d) to now() step 1h\n\
                  | where array_length(n) == 3";
    assert_eq!(why(series), "line 2: no row can be made through the operator make-series");
    assert_eq!(why("print a = 1"), "the query reads no table, so that there are no rows to make");
    assert_eq!(
        why("SigninLogs\n| where strlen(UserPrincipalName)\n  * 2 == 7"),
        "line 2: no value was found for the condition strlen(UserPrincipalName) * 2 == 7"
    );
    assert_eq!(why("SigninLogs\n| evaluate autocluster()"), "line 2: no row can be made through autocluster");
    let saved = made_with_function("union\n  Odd", "SigninLogs | where strlen(UserPrincipalName) * 2 == 7");
    let saved = saved.err().map_or_else(String::new, |error| error.to_string());
    assert_eq!(saved, "line 2: no value was found for a condition in the function 'Odd'");
}

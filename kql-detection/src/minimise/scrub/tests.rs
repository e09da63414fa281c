//! Scrubbing as a whole.

use super::*;
use arrow::array::AsArray;
use arrow::datatypes::{DataType, Field, Schema};
use kql_engine::{Column, ScalarType, TableSchema};

fn table(columns: &[(&str, &[&str])]) -> MinimisedTable {
    let fields: Vec<Field> = columns.iter().map(|(name, _)| Field::new(*name, DataType::Utf8, true)).collect();
    let arrays = columns.iter().map(|(_, texts)| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef).collect();
    let schema = columns.iter().map(|(name, _)| Column::new(*name, ScalarType::String)).collect();
    MinimisedTable {
        name: "T".to_owned(),
        schema: TableSchema { columns: schema },
        batch: RecordBatch::try_new(Arc::new(Schema::new(fields)), arrays).unwrap(),
        rows_before: 0,
    }
}

fn scrubbed(columns: &[(&str, &[&str])], query: &str) -> Vec<Vec<String>> {
    let tables = [table(columns)];
    let scrubber = Scrubber::of(&tables, query);
    let new = scrubber.apply(&tables, &scrubber.kinds()).unwrap();
    let texts = |array: &ArrayRef| array.as_string::<i32>().iter().map(|t| t.unwrap_or("").to_owned()).collect();
    new[0].batch.columns().iter().map(texts).collect()
}

#[test]
fn a_value_is_the_same_everywhere() {
    let found = scrubbed(
        &[
            ("AccountName", &["eve", "EVE", "bob"]),
            ("ProcessCommandLine", &[r"C:\Users\eve\x.exe /u:eve", "never mind", "eve,bob"]),
        ],
        "T",
    );
    assert_eq!(found[0], ["user2", "USER2", "user1"]);
    assert_eq!(found[1], [r"C:\Users\user2\x.exe /u:user2", "never mind", "user2,user1"]);
}

#[test]
fn addresses_keep_their_class() {
    let text = "10.1.2.3 192.168.7.9 8.8.8.8 127.0.0.1 8.8.8.8 172.20.0.1";
    let found = scrubbed(&[("Text", &[text])], "T");
    assert_eq!(found[0][0], "10.0.0.1 192.168.0.3 203.0.113.4 127.0.0.1 203.0.113.4 172.16.0.2");
    let found = scrubbed(&[("Text", &["S-1-5-21-10-20-30-500 S-1-5-18 fe80::1 ::1"])], "T");
    assert_eq!(found[0][0], "S-1-5-21-1-2-3-500 S-1-5-18 fe80::1 ::1");
}

#[test]
fn what_the_query_names_stays() {
    let columns: &[(&str, &[&str])] = &[("DeviceName", &["dc01.corp.local", "pc7.corp.local"])];
    let found = scrubbed(columns, "T | where DeviceName == 'dc01.corp.local'");
    // the domain is in what the query names
    assert_eq!(found[0], ["dc01.corp.local", "host1.corp.local"]);
}

/// One value, in a column of this name.
fn one(column: &str, text: &str) -> String {
    scrubbed(&[(column, &[text])], "T")[0][0].clone()
}

#[test]
fn mail_addresses_guids_and_domains() {
    let found = scrubbed(
        &[
            ("Account", &[r"CONTOSO\ann", "svc$"]),
            ("Text", &["to: Ann@Contoso.com", "{8fcd5a2e-1111-2222-3333-444455556666}"]),
        ],
        "T",
    );
    assert_eq!(found[0], [r"DOMAIN1\user1", "host1$"]);
    assert_eq!(found[1], ["to: user1@domain1.example.com", "{00000000-0000-4000-8000-000000000001}"]);
}

#[test]
fn a_person_is_one_in_all_spellings() {
    let found = scrubbed(
        &[
            ("UserPrincipalName", &["MARY.SMITH@FABRIKAM-CORP.COM", "john@fabrikam-corp.com"]),
            ("Identity", &["mary.smith", "john"]),
            ("UserDisplayName", &["Mary Smith", "John Doe"]),
            ("Url", &["https://x/?u=mary.smith%40fabrikam-corp.com&v=1", r"FABRIKAM\john on \\FS01\home\john"]),
        ],
        "T",
    );
    assert_eq!(found[0], ["USER3@DOMAIN2.EXAMPLE.COM", "user1@domain2.example.com"]);
    assert_eq!(found[1], ["user3", "user1"]);
    assert_eq!(found[2], ["user3", "user2"]);
    assert_eq!(found[3][0], "https://x/?u=user3%40domain2.example.com&v=1");
    assert_eq!(found[3][1], r"DOMAIN1\user1 on \\HOST1\home\user1");
}

#[test]
fn one_value_in_several_spellings() {
    let text = "3f2504e0-4f89-11d3-9a0c-0305e82c3301 {3F2504E04F8911D39A0C0305E82C3301}";
    assert_eq!(one("CorrelationId", text), "00000000-0000-4000-8000-000000000001 {00000000000040008000000000000001}");
    let text = "00:1A:2B:3C:4D:5E 00-1a-2b-3c-4d-5e 001a.2b3c.4d5e 001A2B3C4D5E";
    assert_eq!(one("Text", text), "00:00:5E:00:00:01 00-00-5e-00-00-01 0000.5e00.0001 00005E000001");
    let text = "::ffff:81.2.69.142 81.2.69.142:443 [2a02:2f0e::1]:22 2A02:2F0E:0:0::1";
    assert_eq!(one("Text", text), "::ffff:203.0.113.1 203.0.113.1:443 [2001:db8::1]:22 2001:DB8::1");
}

#[test]
fn hashes_and_numbers_are_not_ids() {
    let hash = "d41d8cd98f00b204e9800998ecf8427e";
    assert_eq!(one("MD5", hash), hash);
    assert_eq!(one("Text", &format!("MD5={hash}")), format!("MD5={hash}"));
    assert_eq!(one("SessionId", hash), "00000000000040008000000000000001");
    for text in ["1.3.6.1.5.5.7.3.1", "[Foo]::Add(1)", "12:30:45", "00:00:00:00:00:00"] {
        assert_eq!(one("Text", text), text);
    }
}

#[test]
fn names_within_json() {
    let device = r#"{"deviceId": "x", "displayName": "LAPTOP-FAB01", "n": 1.0}"#;
    assert_eq!(one("DeviceDetail", device), r#"{"deviceId": "x", "displayName": "HOST1", "n": 1.0}"#);
    let by = r#"{"user":{"displayName":"Jos\u00e9 Gil"},"app":{"displayName":"Portal"}}"#;
    assert_eq!(one("InitiatedBy", by), r#"{"user":{"displayName":"user1"},"app":{"displayName":"Portal"}}"#);
    let parameters = r#"[{"Name":"Identity","Value":"bob"},{"Name":"Force","Value":"True"}]"#;
    assert_eq!(
        one("Parameters", parameters),
        r#"[{"Name":"Identity","Value":"user1"},{"Name":"Force","Value":"True"}]"#
    );
    let entities = r#"[{"Name":"ann","UPNSuffix":"contoso.com","Type":"account"},{"Name":"x.exe","Type":"file"}]"#;
    assert_eq!(
        one("Entities", entities),
        r#"[{"Name":"user1","UPNSuffix":"domain1.example.com","Type":"account"},{"Name":"x.exe","Type":"file"}]"#
    );
    // JSON in a string of JSON
    let nested = r#"{"raw":"{\"userName\":\"CONTOSO\\\\bob\"}"}"#;
    assert_eq!(one("Properties", nested), r#"{"raw":"{\"userName\":\"DOMAIN1\\\\user1\"}"}"#);
}

#[test]
fn the_name_of_an_organisation_goes_everywhere() {
    let found = scrubbed(
        &[
            ("OrganizationName", &["M365x816222.onmicrosoft.com"]),
            ("Text", &["https://m365x816222-admin.sharepoint.com/_layouts/15 rg_m365x816222 and m365x8162221"]),
        ],
        "T",
    );
    assert_eq!(found[0], ["domain1.onmicrosoft.com"]);
    assert_eq!(found[1], ["https://domain1-admin.sharepoint.com/_layouts/15 rg_domain1 and m365x8162221"]);
    let found = one("UserPrincipalName", "bob_gmail.com#EXT#@fabrikam.onmicrosoft.com");
    assert_eq!(found, "user1_example.com#EXT#@domain1.onmicrosoft.com");
    assert_eq!(one("UserId", "10032000c7584fec@live.com"), "user1@example.com");
    assert_eq!(one("Text", "CN=Ann Lee,OU=Users,DC=fabrikam,DC=com"), "CN=user1,OU=Users,DC=domain1,DC=com");
}

#[test]
fn what_every_system_has_stays() {
    for text in [r"NT AUTHORITY\SYSTEM", r"NT AUTHORITY\LOCAL SERVICE", r"NT SERVICE\MSSQL", "ANONYMOUS LOGON", "DWM-1"]
    {
        assert_eq!(one("AccountName", text), text);
    }
    for text in ["S-1-5-18", "S-1-5-32-544", "169.254.169.254", r"\\.\pipe\x", r"\\Device\\HarddiskVolume3\\x"] {
        assert_eq!(one("Text", text), text);
    }
    assert_eq!(one("Text", "S-1-12-1-1234-5678-9-10"), "S-1-12-1-1-2-3-1001");
    assert_eq!(one("AppDisplayName", "Portal"), "Portal");
    assert_eq!(one("OriginatingServer", "MW2PR06MB35 (15.20.4065.026)"), "HOST1 (15.20.4065.026)");
    assert_eq!(one("DeviceName", "Ann's iPhone 1.2"), "host1");
    assert_eq!(one("Text", r"net use \\FS01.fabrikam.com\c$"), r"net use \\HOST1.domain1.example.com\c$");
    assert_eq!(one("Text", "<Data Name='TargetUserName'>bob</Data>"), "<Data Name='TargetUserName'>user1</Data>");
    assert_eq!(one("Text", "Logon\r\n  Account Name:\t\tbob\r\n"), "Logon\r\n  Account Name:\t\tuser1\r\n");
}

#[test]
fn all_spellings_of_what_the_query_names_stay() {
    let text = "3f2504e0-4f89-11d3-9a0c-0305e82c3301 3f2504e04f8911d39a0c0305e82c3301";
    let query = "T | where Id == '3f2504e0-4f89-11d3-9a0c-0305e82c3301'";
    assert_eq!(scrubbed(&[("Id", &[text])], query)[0], [text]);
}

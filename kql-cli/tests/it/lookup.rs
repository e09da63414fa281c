//! `kql schema` and `kql functions`.

use crate::made::folder::{place, shown};

#[test]
fn the_columns_of_tables() {
    let place = place(&[("Mine.csv", b"a,b\n1,x\n")]);
    let mut all = String::new();
    for arguments in [
        &["schema", "Mine", "--data", "Mine.csv"][..],
        &["schema", "Mine", "--data", "Mine.csv", "--format", "json"],
        &["schema", "SecurityAlerts", "--profile", "sentinel"],
        &["schema", "Mine", "--data", "missing.csv"],
    ] {
        all += &shown(place.path(), arguments);
    }
    insta::assert_snapshot!(all);
}

#[test]
fn all_tables_are_listed() {
    let place = place(&[("Mine.csv", b"a,b\n1,x\n")]);
    let text = shown(place.path(), &["schema", "--data", "Mine.csv"]);
    let line = |name: &str| text.lines().find(|line| line.split_whitespace().next() == Some(name));
    assert!(line("Mine").is_some_and(|line| line.ends_with("2 columns, data")), "{text}");
    assert!(line("SecurityEvent").is_some_and(|line| line.ends_with(" columns")), "{text}");
}

#[test]
fn a_table_that_cannot_be_read_does_not_hide_the_others() {
    let place = place(&[("data/Broken.parquet", b"PAR1 and no more"), ("data/Mine.csv", b"a,b\n1,x\n")]);
    let text = shown(place.path(), &["schema", "--data", "data"]);
    assert!(text.starts_with("exit status 1\n"), "{text}");
    assert!(text.lines().any(|line| line.starts_with("Mine ") && line.ends_with("2 columns, data")), "{text}");
    assert!(text.contains("error: ") && text.contains("Broken.parquet"), "{text}");
}

#[test]
fn the_description_of_functions() {
    let place = place(&[]);
    let mut all = String::new();
    for arguments in [
        &["functions", "countif"][..],
        &["functions", "bag_unpack()", "--format", "json"],
        &["functions", "has_any"],
        &["functions", "where"],
        &["functions", "strcatt"],
        &["functions", "strcatt", "--format", "json"],
    ] {
        all += &shown(place.path(), arguments);
    }
    insta::assert_snapshot!(all);
    let list = shown(place.path(), &["functions"]);
    for (name, kind) in [("strcat", "scalar"), ("make_set", "aggregate"), ("pivot", "plugin"), ("materialize", "table")]
    {
        let has = |line: &str| line.split_whitespace().take(2).eq([name, kind]);
        assert!(list.lines().any(has), "{name} is {kind}");
    }
}

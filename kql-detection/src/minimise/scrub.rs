//! Names of people and computers, addresses and ids, and what stands for them.

use super::MinimisedTable;
use arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray};
use kql_engine::{Error, ScalarType};
use kql_parser::Kind as TokenKind;
use regex::{Captures, Regex, RegexBuilder};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, LazyLock};

/// What a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Mail,
    User,
    Host,
    Domain,
    Ipv4,
    Ipv6,
    Guid,
    Sid,
    Mac,
}

impl Kind {
    const ALL: [Kind; 9] =
        [Kind::Mail, Kind::User, Kind::Host, Kind::Domain, Kind::Ipv4, Kind::Ipv6, Kind::Guid, Kind::Sid, Kind::Mac];

    pub fn name(self) -> &'static str {
        match self {
            Kind::Mail => "mail addresses",
            Kind::User => "users",
            Kind::Host => "hosts",
            Kind::Domain => "domains",
            Kind::Ipv4 => "IPv4 addresses",
            Kind::Ipv6 => "IPv6 addresses",
            Kind::Guid => "GUIDs",
            Kind::Sid => "SIDs",
            Kind::Mac => "MAC addresses",
        }
    }
}

/// What is found by its form, wherever it stands.
static FORMS: LazyLock<Vec<(Kind, Regex)>> = LazyLock::new(|| {
    let forms = [
        (Kind::Mail, r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"),
        (Kind::Guid, r"\b[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}\b"),
        (Kind::Sid, r"\bS-1-5-21(?:-\d+)+\b"),
        (Kind::Mac, r"\b[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}\b"),
        (Kind::Ipv4, r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
        (Kind::Ipv6, r"(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}"),
        (Kind::User, r"(?i:\\users\\|/home/|/users/)([^\\/\s:*?<>|]+)"),
    ];
    forms.into_iter().filter_map(|(kind, pattern)| Some((kind, Regex::new(pattern).ok()?))).collect()
});

/// Parts of paths that name no person.
const COMMON: [&str; 12] = [
    "public",
    "default",
    "all users",
    "system",
    "administrator",
    "root",
    "localhost",
    "n/a",
    "unknown",
    "none",
    "-",
    "local",
];

/// Replaces values, the same one by the same one everywhere.
pub(super) struct Scrubber {
    /// The values in lower case, with their kinds and what stands for them.
    found: BTreeMap<String, (Kind, String)>,
    named: BTreeSet<String>,
}

impl Scrubber {
    /// What is to be replaced in tables. A value that the query names stays: it would be another query without it.
    pub fn of(tables: &[MinimisedTable], query: &str) -> Scrubber {
        let mut values: BTreeMap<String, Kind> = BTreeMap::new();
        for table in tables {
            for (column, array) in table.schema.columns.iter().zip(table.batch.columns()) {
                let Some(texts) = texts(array, column.ty) else { continue };
                let kind = of_column(&column.name);
                for text in texts.iter().flatten() {
                    collect(text, kind, &mut values);
                }
            }
        }
        let literals = literals(query);
        let is_named = |value: &str| {
            literals
                .iter()
                .any(|literal| literal.contains(value) || (literal.len() > 2 && value.contains(literal.as_str())))
        };
        let (mut found, mut named) = (BTreeMap::new(), BTreeSet::new());
        let mut counts: BTreeMap<Kind, usize> = BTreeMap::new();
        for (value, kind) in values {
            if is_named(&value) {
                named.insert(value);
                continue;
            }
            let number = counts.entry(kind).or_default();
            if let Some(other) = stand_in(kind, *number + 1, &value) {
                *number += 1;
                found.insert(value, (kind, other));
            }
        }
        Scrubber { found, named }
    }

    /// The kinds that were found.
    pub fn kinds(&self) -> Vec<Kind> {
        Kind::ALL.into_iter().filter(|kind| self.count(*kind) > 0).collect()
    }

    /// How many values of a kind were found.
    pub fn count(&self, kind: Kind) -> usize {
        self.found.values().filter(|(own, _)| *own == kind).count()
    }

    /// The values that stay, since the query names them.
    pub fn named(&self) -> Vec<String> {
        self.named.iter().cloned().collect()
    }

    /// The tables with the values of these kinds replaced.
    pub fn apply(&self, tables: &[MinimisedTable], kinds: &[Kind]) -> Result<Vec<MinimisedTable>, Error> {
        let mut values: Vec<&String> =
            self.found.iter().filter(|(_, (kind, _))| kinds.contains(kind)).map(|(value, _)| value).collect();
        if values.is_empty() {
            return Ok(tables.to_vec());
        }
        // of two values that begin at one place, the longer one
        values.sort_by_key(|value| std::cmp::Reverse(value.len()));
        let pattern: Vec<String> = values.iter().map(|value| regex::escape(value)).collect();
        let pattern = RegexBuilder::new(&pattern.join("|"))
            .case_insensitive(true)
            .size_limit(1 << 28)
            .build()
            .map_err(|error| Error::Run(format!("The values to replace are too many: {error}")))?;
        tables.iter().map(|table| self.applied(table, &pattern)).collect()
    }

    fn applied(&self, table: &MinimisedTable, pattern: &Regex) -> Result<MinimisedTable, Error> {
        let mut columns: Vec<ArrayRef> = Vec::new();
        for (column, array) in table.schema.columns.iter().zip(table.batch.columns()) {
            columns.push(match texts(array, column.ty) {
                Some(texts) => {
                    let new: StringArray =
                        texts.iter().map(|text| text.map(|text| self.replaced(text, pattern))).collect();
                    Arc::new(new)
                }
                None => array.clone(),
            });
        }
        let batch = RecordBatch::try_new(table.batch.schema(), columns).map_err(|e| Error::Run(e.to_string()))?;
        Ok(MinimisedTable { batch, ..table.clone() })
    }

    fn replaced(&self, text: &str, pattern: &Regex) -> String {
        let replacement = |captures: &Captures| {
            let Some(all) = captures.get(0) else { return String::new() };
            let own = all.as_str();
            let touches = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
            let before = text.get(..all.start()).and_then(|text| text.chars().next_back());
            let after = text.get(all.end()..).and_then(|text| text.chars().next());
            match self.found.get(&own.to_lowercase()) {
                // a part of a word is another word
                Some((_, new)) if !touches(before) && !touches(after) => {
                    let is_upper = own.chars().any(char::is_alphabetic) && own.to_uppercase() == own;
                    if is_upper { new.to_uppercase() } else { new.clone() }
                }
                _ => own.to_owned(),
            }
        };
        pattern.replace_all(text, replacement).into_owned()
    }
}

fn texts(array: &ArrayRef, ty: ScalarType) -> Option<&StringArray> {
    matches!(ty, ScalarType::String | ScalarType::Dynamic | ScalarType::Guid).then(|| array.as_string_opt::<i32>())?
}

/// The string literals of a query, in lower case.
fn literals(query: &str) -> BTreeSet<String> {
    let tokens = kql_parser::lex(query).tokens.into_iter();
    let literals =
        tokens.filter(|token| matches!(token.kind, TokenKind::String | TokenKind::Verbatim | TokenKind::MultiLine));
    let trimmed = literals.map(|token| {
        let text = token.span.text(query).trim_start_matches(['h', 'H', '@']);
        text.trim_matches(['"', '\'', '`', '~']).replace("\\\\", "\\").to_lowercase()
    });
    trimmed.filter(|text| !text.is_empty()).collect()
}

/// What the values of a column name, by the name of the column.
fn of_column(name: &str) -> Option<Kind> {
    let name = name.to_ascii_lowercase();
    let has = |parts: &[&str]| parts.iter().any(|part| name.contains(part));
    if has(&["useragent", "usertype", "accounttype", "logontype"]) {
        None
    } else if has(&["accountdomain", "userdomain", "dnsdomain"]) {
        Some(Kind::Domain)
    } else if has(&[
        "accountname",
        "username",
        "userprincipalname",
        "displayname",
        "accountupn",
        "caller",
        "actorusername",
    ]) || matches!(name.as_str(), "account" | "user" | "userid" | "identity" | "accountcustomentity")
    {
        Some(Kind::User)
    } else if has(&["devicename", "computer", "hostname", "workstation", "machinename", "netbiosname"]) {
        Some(Kind::Host)
    } else {
        None
    }
}

fn collect(text: &str, kind: Option<Kind>, values: &mut BTreeMap<String, Kind>) {
    let mut by_form = false;
    for (form, pattern) in FORMS.iter() {
        for captures in pattern.captures_iter(text) {
            let Some(found) = captures.get(1).or(captures.get(0)) else { continue };
            let value = found.as_str().to_lowercase();
            if is_valid(*form, &value) {
                by_form |= found.as_str().len() == text.len();
                values.entry(value).or_insert(*form);
            }
        }
    }
    let Some(kind) = kind.filter(|_| !by_form) else { return };
    // CONTOSO\alice is a domain and a user
    let parts: Vec<&str> = text.split('\\').collect();
    match (parts.as_slice(), kind) {
        ([domain, user], Kind::User) => {
            add(domain, Kind::Domain, values);
            add(user, Kind::User, values);
        }
        _ => add(text, kind, values),
    }
}

fn add(text: &str, kind: Kind, values: &mut BTreeMap<String, Kind>) {
    let value = text.trim().to_lowercase();
    // one letter is everywhere; JSON has its own parts
    if value.chars().count() > 1 && value.len() < 200 && !value.starts_with(['{', '[', '"']) && is_valid(kind, &value) {
        values.entry(value).or_insert(kind);
    }
}

fn is_valid(kind: Kind, value: &str) -> bool {
    match kind {
        Kind::Ipv4 => value.parse::<Ipv4Addr>().is_ok(),
        Kind::Ipv6 => value.parse::<Ipv6Addr>().is_ok(),
        Kind::Guid => value != "00000000-0000-0000-0000-000000000000",
        _ => !COMMON.contains(&value) && !value.starts_with("nt "),
    }
}

/// What stands for the value with this number; `None` if it says nothing about anybody.
fn stand_in(kind: Kind, number: usize, value: &str) -> Option<String> {
    Some(match kind {
        Kind::Mail => format!("user{number}@example.com"),
        Kind::User if value.ends_with('$') => format!("host{number}$"),
        Kind::User => format!("user{number}"),
        Kind::Host if value.contains('.') => format!("host{number}.example.com"),
        Kind::Host => format!("host{number}"),
        Kind::Domain if value.contains('.') => format!("domain{number}.example.com"),
        Kind::Domain => format!("domain{number}"),
        Kind::Guid => format!("00000000-0000-4000-8000-{number:012x}"),
        Kind::Sid => {
            // the last part of an account that every domain has says what it is
            let last = value.rsplit('-').next().and_then(|last| last.parse::<u32>().ok()).filter(|last| *last < 1000);
            let own = u32::try_from(number).unwrap_or(u32::MAX).saturating_add(1000);
            format!("S-1-5-21-1-2-3-{}", last.unwrap_or(own)).to_lowercase().to_uppercase()
        }
        Kind::Mac => format!("00-00-5e-00-{:02x}-{:02x}", number / 256 % 256, number % 256),
        Kind::Ipv6 => {
            let address: Ipv6Addr = value.parse().ok()?;
            if address.is_loopback() || address.is_unspecified() {
                return None;
            }
            let start = if (address.segments()[0] & 0xffc0) == 0xfe80 { "fe80" } else { "2001:db8" };
            format!("{start}::{number:x}")
        }
        Kind::Ipv4 => {
            let address: Ipv4Addr = value.parse().ok()?;
            if address.is_loopback() || address.is_unspecified() || address.is_broadcast() || address.is_multicast() {
                return None;
            }
            let [third, fourth] = [(number - 1) / 250 % 256, (number - 1) % 250 + 1];
            match address.octets() {
                [10, ..] => format!("10.0.{third}.{fourth}"),
                [192, 168, ..] => format!("192.168.{third}.{fourth}"),
                [172, 16..=31, ..] => format!("172.16.{third}.{fourth}"),
                [169, 254, ..] => format!("169.254.{third}.{fourth}"),
                // addresses for documentation, then those for measurements
                _ => match third {
                    0 => format!("203.0.113.{fourth}"),
                    1 => format!("198.51.100.{fourth}"),
                    2 => format!("192.0.2.{fourth}"),
                    _ => format!("198.18.{third}.{fourth}"),
                },
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use arrow::datatypes::{DataType, Field, Schema};
    use kql_engine::{Column, TableSchema};

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
        assert_eq!(found[0], ["dc01.corp.local", "host1.example.com"]);
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
        assert_eq!(found[0], [r"DOMAIN1\user1", "host2$"]);
        assert_eq!(found[1], ["to: user1@example.com", "{00000000-0000-4000-8000-000000000001}"]);
    }
}

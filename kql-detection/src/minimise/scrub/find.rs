//! Finds what is to be replaced: by its form wherever it stands, and by the column or the key it stands in.

use super::column::{is_hash, meaning};
use super::identity::{Identity, Kind};
use super::json;
use super::known::{Owned, is_account, is_authority, is_role, is_telling, owned};
use super::text::{is_whole, texts};
use crate::minimise::table::MinimisedTable;
use regex::Regex;
use serde_json::Value;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::LazyLock;

/// A longer value is a text, not a name.
const LONGEST: usize = 200;

/// How often accounts are looked for beside domains, and domains beside accounts.
const ROUNDS: usize = 3;

fn form(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is valid")
}

/// alice@contoso.com, as it is or in a URL.
static MAIL: LazyLock<Regex> =
    LazyLock::new(|| form(r"([\w.%+'-]+)(?:@|%40)([A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,})"));
/// alice_gmail.com#EXT#@contoso.onmicrosoft.com
static GUEST: LazyLock<Regex> =
    LazyLock::new(|| form(r"(?i)([\w.%+'-]+)_([a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,})#EXT#@([a-z0-9.-]+\.[a-z]{2,})"));
static GUID: LazyLock<Regex> =
    LazyLock::new(|| form(r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|\b[0-9A-Fa-f]{32}\b"));
/// Accounts of a domain, and those of Entra, whose SIDs are their object ids.
static SID: LazyLock<Regex> = LazyLock::new(|| form(r"(?i)\bS-1-(?:5-21|12-1)(?:-\d+)+\b"));
static MAC: LazyLock<Regex> = LazyLock::new(|| {
    form(
        r"\b[0-9A-Fa-f]{2}(?:(?::[0-9A-Fa-f]{2}){5}|(?:-[0-9A-Fa-f]{2}){5})\b|\b[0-9A-Fa-f]{4}(?:\.[0-9A-Fa-f]{4}){2}\b",
    )
});
static IPV4: LazyLock<Regex> = LazyLock::new(|| form(r"(?:\d{1,3}\.){3}\d{1,3}"));
static IPV6: LazyLock<Regex> =
    LazyLock::new(|| form(r"(?:[0-9A-Fa-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4})"));
/// The folder of a user; it has blanks only if a separator follows.
static FOLDER: LazyLock<Regex> = LazyLock::new(|| {
    form(r#"(?i:\\users\\+)([^\\/:*?<>|"\r\n]{1,64})\\|(?i:\\users\\+|/home/|/users/)([^\\/\s:*?<>|"',;&]+)"#)
});
/// \\FS01\share; the backslashes are doubled in some texts.
static SHARE: LazyLock<Regex> = LazyLock::new(|| form(r"(\\+)(\w[\w.-]+)(\\*)"));
/// CONTOSO\alice
static ACCOUNT: LazyLock<Regex> = LazyLock::new(|| form(r"([\w.-]+)\\{1,2}([\w.$-]+)"));
static TENANT: LazyLock<Regex> =
    LazyLock::new(|| form(r"(?i)[a-z0-9-]+\.(?:(?:mail\.)?onmicrosoft|sharepoint|mail\.protection\.outlook)\.com"));
/// CN=Alice,OU=Users,DC=contoso,DC=com
static DISTINGUISHED: LazyLock<Regex> =
    LazyLock::new(|| form(r"(?i)\bCN=([^,=]+),(?:(?:OU|CN)=[^,=]+,)*((?:DC=[\w-]+,?)+)"));
/// The fields of an event in XML, and in the text that Windows shows.
static FIELD: LazyLock<Regex> = LazyLock::new(|| {
    form(r#"<Data Name=["'](\w+)["']>([^<]*)</Data>|(?m:^[ \t]*([A-Za-z][A-Za-z ]{2,30}):[ \t]+([^\r\n]+))"#)
});

/// Names of keys whose values are the names of what is beside them, and of those.
const NAMING: [&str; 3] = ["name", "key", "displayname"];
const VALUES: [&str; 3] = ["value", "oldvalue", "newvalue"];

/// What was found.
#[derive(Default)]
pub(super) struct Names {
    /// What is written in lower case, and what it names.
    pub written: BTreeMap<String, Identity>,
}

impl Names {
    pub fn of(tables: &[MinimisedTable]) -> Names {
        let mut names = Names::default();
        let columns = tables.iter().flat_map(|table| table.schema.columns.iter().zip(table.batch.columns()));
        let columns: Vec<_> = columns.filter_map(|(column, array)| Some((column, texts(array, column.ty)?))).collect();
        for (column, texts) in &columns {
            texts.iter().flatten().for_each(|text| names.value(text, &[&column.name]));
        }
        // an account that is known tells a domain, and a domain accounts
        for _ in 0..ROUNDS {
            let before = names.written.len();
            for (_, texts) in &columns {
                texts.iter().flatten().for_each(|text| names.accounts(text));
            }
            if names.written.len() == before {
                break;
            }
        }
        names
    }

    /// A value of a column; `path` has the names around it.
    fn value(&mut self, text: &str, path: &[&str]) {
        if json::is_json(text)
            && let Ok(value) = serde_json::from_str(text)
        {
            self.json(&value, path);
            return;
        }
        self.forms(text, path);
        if let Some(kind) = meaning(path) {
            self.name(text, kind);
        }
    }

    fn json(&mut self, value: &Value, path: &[&str]) {
        match value {
            Value::String(text) => self.value(text, path),
            Value::Array(items) => items.iter().for_each(|item| self.json(item, path)),
            Value::Object(entries) => {
                let text = |names: &[&str]| {
                    let found = entries.iter().find(|(key, _)| names.contains(&key.to_ascii_lowercase().as_str()));
                    found.and_then(|(_, value)| value.as_str())
                };
                // {"Name": "User", "Value": "alice"}
                let is_pair = entries.keys().any(|key| VALUES.contains(&key.to_ascii_lowercase().as_str()));
                let naming = text(&NAMING).filter(|_| is_pair);
                // {"Type": "account", "Name": "alice"}
                let own_type = text(&["type"]);
                for (key, value) in entries {
                    let lower = key.to_ascii_lowercase();
                    self.forms(key, path);
                    let mut path = path.to_vec();
                    match naming {
                        Some(_) if NAMING.contains(&lower.as_str()) => continue,
                        Some(name) if VALUES.contains(&lower.as_str()) => path.push(name),
                        _ => {
                            path.extend(own_type);
                            path.push(key);
                        }
                    }
                    self.json(value, &path);
                }
            }
            _ => {}
        }
    }

    /// What its form shows.
    fn forms(&mut self, text: &str, path: &[&str]) {
        for found in GUEST.captures_iter(text) {
            let [user, domain, tenant] = [1, 2, 3].map(|group| found.get(group).map_or("", |m| m.as_str()));
            self.mail(&format!("{user}_{domain}"), user, domain);
            self.domain(tenant);
        }
        for found in MAIL.captures_iter(text) {
            let [all, user, domain] = [0, 1, 2].map(|group| found.get(group).map_or("", |m| m.as_str()));
            self.mail(all, user, domain);
        }
        for found in GUID.find_iter(text) {
            let hex: String = found.as_str().to_lowercase().split('-').collect();
            let before = text.get(..found.start()).unwrap_or_default().to_lowercase();
            let is_hash = ["md5=", "md5:", "hash=", "hash:"].iter().any(|end| before.ends_with(end)) || is_hash(path);
            let is_spelled = found.as_str().contains('-');
            if is_whole(text, found.start(), found.end()) && (is_spelled || !is_hash) && !is_one_digit(&hex) {
                self.add(found.as_str(), Kind::Guid, &hex);
                self.add(&hex, Kind::Guid, &hex);
            }
        }
        for found in SID.find_iter(text) {
            self.add(found.as_str(), Kind::Sid, &found.as_str().to_lowercase());
        }
        for found in MAC.find_iter(text) {
            let hex: String = found.as_str().to_lowercase().chars().filter(char::is_ascii_hexdigit).collect();
            let touches = |c: Option<char>| matches!(c, Some(':' | '-'));
            let before = text.get(..found.start()).and_then(|text| text.chars().next_back());
            let after = text.get(found.end()..).and_then(|text| text.chars().next());
            if !touches(before) && !touches(after) && !is_one_digit(&hex) {
                self.add(found.as_str(), Kind::Mac, &hex);
                self.add(&hex, Kind::Mac, &hex);
            }
        }
        for found in IPV6.find_iter(text).filter(|found| is_whole(text, found.start(), found.end())) {
            let Ok(address) = found.as_str().parse::<Ipv6Addr>() else { continue };
            match address.to_ipv4_mapped() {
                Some(mapped) => self.add(found.as_str(), Kind::Ipv4, &mapped.to_string()),
                // [Type]::Add is none
                None if address.segments()[0] == 0 => {}
                None => self.add(found.as_str(), Kind::Ipv6, &address.to_string()),
            }
        }
        for found in IPV4.find_iter(text).filter(|found| is_whole(text, found.start(), found.end())) {
            if let Ok(address) = found.as_str().parse::<Ipv4Addr>() {
                self.add(found.as_str(), Kind::Ipv4, &address.to_string());
            }
        }
        for found in FOLDER.captures_iter(text) {
            found.get(1).or(found.get(2)).into_iter().for_each(|user| self.user(user.as_str()));
        }
        for found in SHARE.captures_iter(text) {
            self.share(text, &found);
        }
        for found in TENANT.find_iter(text) {
            self.domain(found.as_str());
        }
        for found in DISTINGUISHED.captures_iter(text) {
            let [name, parts] = [1, 2].map(|group| found.get(group).map_or("", |m| m.as_str()));
            self.user(name);
            let labels = parts.split(',').filter_map(|part| part.split_once('=')).map(|(_, label)| label);
            self.domain(&labels.collect::<Vec<_>>().join("."));
        }
        for found in FIELD.captures_iter(text) {
            let group = |either: usize, or: usize| found.get(either).or(found.get(or)).map_or("", |m| m.as_str());
            if let Some(kind) = meaning(&[group(1, 3)]) {
                self.name(group(2, 4), kind);
            }
        }
    }

    /// The server of a path: twice as many backslashes before it as behind it.
    fn share(&mut self, text: &str, found: &regex::Captures<'_>) {
        let [before, host, after] = [1, 2, 3].map(|group| found.get(group).map_or("", |m| m.as_str()));
        let start = found.get(0).map_or(0, |all| all.start());
        let is_inside = text.get(..start).and_then(|text| text.chars().next_back());
        let is_inside = is_inside.is_some_and(|c| c.is_alphanumeric() || c == ':');
        let end = found.get(0).map_or(0, |all| all.end());
        let is_alone = after.is_empty()
            && before.len() == 2
            && text.get(end..).is_some_and(|rest| rest.is_empty() || rest.starts_with(char::is_whitespace));
        if !is_inside && (is_alone || (!after.is_empty() && before.len() == 2 * after.len())) {
            self.host(host);
        }
    }

    /// Accounts with their domains, one of which is known.
    fn accounts(&mut self, text: &str) {
        if json::is_json(text)
            && let Ok(value) = serde_json::from_str::<Value>(text)
        {
            let mut all = vec![&value];
            while let Some(value) = all.pop() {
                match value {
                    Value::String(text) => self.accounts(text),
                    Value::Array(items) => all.extend(items),
                    Value::Object(entries) => all.extend(entries.values()),
                    _ => {}
                }
            }
            return;
        }
        for found in ACCOUNT.captures_iter(text) {
            let [domain, user] = [1, 2].map(|group| found.get(group).map_or("", |m| m.as_str()));
            let start = found.get(0).map_or(0, |all| all.start());
            let before = text.get(..start).and_then(|text| text.chars().next_back());
            let rest = found.get(0).and_then(|all| text.get(all.end()..)).unwrap_or_default();
            // a part of a path is not an account
            if before.is_some_and(|c| matches!(c, '\\' | '/' | ':' | '%' | '$')) || rest.starts_with('\\') {
                continue;
            }
            let kind = |name: &str| self.written.get(name.trim_end_matches('$')).map(|known| known.kind);
            let (lower, account) = (domain.to_lowercase(), user.to_lowercase());
            if matches!(kind(&account), Some(Kind::User | Kind::Host)) && kind(&lower).is_none() {
                self.domain(domain);
            } else if kind(&lower) == Some(Kind::Domain) {
                self.account(user);
            }
        }
    }

    /// What stands in a column of names.
    fn name(&mut self, text: &str, kind: Kind) {
        let text = text.trim().trim_matches(['"', '\'']);
        let is_address = text.parse::<IpAddr>().is_ok() || text.parse::<SocketAddr>().is_ok();
        if text.len() >= LONGEST || is_address || text.starts_with(['{', '[']) {
            return;
        }
        match kind {
            Kind::Host => self.host(text),
            Kind::Domain => self.domain(text),
            _ if MAIL.is_match(text) || GUEST.is_match(text) || GUID.is_match(text) || SID.is_match(text) => {}
            _ => match text.split('\\').filter(|part| !part.is_empty()).collect::<Vec<_>>().as_slice() {
                [domain, _] if is_authority(&domain.to_lowercase()) => {}
                [domain, account] => {
                    self.domain(domain);
                    self.account(account);
                }
                _ => self.account(text),
            },
        }
    }

    /// An account of a user, or of a computer, which ends in `$`.
    fn account(&mut self, text: &str) {
        match text.strip_suffix('$') {
            Some(host) => self.host(host),
            None => self.user(text),
        }
    }

    fn user(&mut self, text: &str) {
        let lower = text.trim().to_lowercase();
        let is_number = lower.len() < 6 && lower.bytes().all(|b| b.is_ascii_digit());
        if lower.chars().count() > 1 && lower.len() < LONGEST && !is_number && !is_account(&lower) {
            // Alice Smith is alice.smith
            self.add(&lower, Kind::User, &lower.replace(' ', "."));
        }
    }

    /// A mail address: its user and its domain are replaced wherever they stand; it as a whole if they are not.
    fn mail(&mut self, written: &str, user: &str, domain: &str) {
        let (user, domain) = (user.trim_matches(['\'', '.', '-']).to_lowercase(), domain.to_lowercase());
        let is_public = owned(&domain) == Some(Owned::Public);
        if !is_public {
            self.domain(&domain);
        }
        let stands_alone = user.chars().count() >= 3 && !is_role(&user);
        if stands_alone {
            self.user(&user);
        }
        if is_public || !(stands_alone || is_role(&user)) {
            self.add(written, Kind::Mail, &user);
        }
    }

    /// A computer, with or without its domain.
    fn host(&mut self, text: &str) {
        // MW2PR06MB3547 (15.20.4065.026)
        let text = text.split_once(" (").map_or(text, |(name, _)| name);
        let lower = text.trim().trim_start_matches('\\').trim_end_matches(['.', '$']).to_lowercase();
        if lower.parse::<IpAddr>().is_ok() || lower.parse::<SocketAddr>().is_ok() {
            return;
        }
        let (own, domain) = match lower.split_once('.') {
            // the name of a device can have blanks
            Some((own, domain)) if !lower.contains(char::is_whitespace) => (own, Some(domain)),
            _ => (lower.as_str(), None),
        };
        // Windows' own folders have the form of servers where backslashes are doubled
        let is_known = is_account(own) || ["www", "device", "systemroot", "registry"].contains(&own);
        if own.chars().count() > 1 && !is_known && !own.bytes().all(|b| b.is_ascii_digit()) {
            self.add(own, Kind::Host, own);
        }
        domain.into_iter().for_each(|domain| self.domain(domain));
    }

    /// A domain, by what somebody owns of it: also its name alone, as in the names of groups and resources.
    fn domain(&mut self, text: &str) {
        let lower = text.trim().trim_matches('.').to_lowercase();
        if lower.parse::<IpAddr>().is_ok() || lower.len() >= LONGEST {
            return;
        }
        match owned(&lower) {
            Some(Owned::Public) => {}
            Some(Owned::Tenant(label, suffix)) => {
                if is_telling(label) {
                    self.add(label, Kind::Domain, label);
                } else if !matches!(label, "www" | "login") {
                    self.add(&format!("{label}{suffix}"), Kind::Domain, &format!("{label}{suffix}"));
                }
            }
            Some(Owned::Registered(registered, label)) => {
                let key = if is_telling(label) { label } else { registered };
                self.add(registered, Kind::Domain, key);
                self.add(key, Kind::Domain, key);
            }
            None if lower.chars().count() > 1 && !is_authority(&lower) && !is_account(&lower) => {
                self.add(&lower, Kind::Domain, &lower);
            }
            None => {}
        }
    }

    fn add(&mut self, written: &str, kind: Kind, key: &str) {
        let written = written.to_lowercase();
        self.written.entry(written).or_insert_with(|| Identity { kind, key: key.to_owned() });
    }
}

/// `00000000...` and `ffff...` are no ids.
fn is_one_digit(hex: &str) -> bool {
    hex.bytes().all(|digit| Some(digit) == hex.bytes().next())
}

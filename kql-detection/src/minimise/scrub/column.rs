//! What the name of a column, or of a key of JSON, says about its values.

use super::identity::Kind;

/// Ends of names whose values are other things, although their names have more in them.
const OTHER: [&str; 6] = ["type", "useragent", "appaccount", "serviceaccount", "userid_type", "domaincategory"];

const DOMAINS: [&str; 14] = [
    "accountdomain",
    "userdomain",
    "dnsdomain",
    "ntdomain",
    "domainname",
    "upnsuffix",
    "organizationname",
    "organization",
    "effectiveorganization",
    "tenantname",
    "tenantdomain",
    "actordomain",
    "machinedomain",
    "primarydomain",
];

const HOSTS: [&str; 14] = [
    "devicename",
    "computer",
    "computername",
    "computerdnsname",
    "hostname",
    "workstation",
    "workstationname",
    "machinename",
    "netbiosname",
    "servername",
    "originatingserver",
    "sourcesystemname",
    "fqdn",
    "dnsname",
];

const USERS: [&str; 20] = [
    "accountname",
    "username",
    "userprincipalname",
    "upn",
    "caller",
    "identity",
    "user",
    "account",
    "userid",
    "userkey",
    "accountcustomentity",
    "initiatedby",
    "createdby",
    "modifiedby",
    "requestedby",
    "samaccount",
    "mailnickname",
    "givenname",
    "surname",
    "fullname",
];

/// What says whose name a name is, in the name of a column or in what is around it.
const OWNERS: [(Option<Kind>, &[&str]); 3] = [
    (Some(Kind::User), &["user", "account", "actor", "owner", "caller", "member", "manager", "sender", "recipient"]),
    (Some(Kind::Host), &["device", "host", "computer", "machine", "workstation", "dvc"]),
    (
        None,
        &[
            "app",
            "resource",
            "policy",
            "role",
            "group",
            "rule",
            "service",
            "product",
            "client",
            "location",
            "activity",
            "alert",
            "category",
            "license",
            "subscription",
            "permission",
            "key",
            "certificate",
            "secret",
            "property",
            "setting",
            "team",
            "channel",
            "site",
            "operation",
        ],
    ),
];

/// What values name; `path` has the names around them, the innermost last.
pub fn meaning(path: &[&str]) -> Option<Kind> {
    let (name, outer) = path.split_last()?;
    let name: String = name.chars().filter(|c| c.is_ascii_alphanumeric()).collect::<String>().to_ascii_lowercase();
    let ends = |list: &[&str]| list.iter().any(|end| name.ends_with(end));
    if ends(&OTHER) {
        None
    } else if ends(&DOMAINS) || name == "domain" {
        Some(Kind::Domain)
    } else if ends(&HOSTS) {
        Some(Kind::Host)
    } else if let Some(own) = name.strip_suffix("displayname") {
        owner(own, outer).unwrap_or(Some(Kind::User))
    } else if ends(&USERS) {
        Some(Kind::User)
    } else if name == "name" {
        owner("", outer).flatten()
    } else {
        None
    }
}

/// Whether the values are hashes, which can look like GUIDs.
pub fn is_hash(path: &[&str]) -> bool {
    path.iter().any(|name| {
        let name = name.to_ascii_lowercase();
        ["md5", "hash", "thumbprint", "etag"].iter().any(|part| name.contains(part))
    })
}

/// Whose name it is, by the nearest name that says so.
fn owner(own: &str, outer: &[&str]) -> Option<Option<Kind>> {
    std::iter::once(own).chain(outer.iter().rev().copied()).find_map(|name| {
        let name = name.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        OWNERS.iter().find(|(_, words)| says(words)).map(|(kind, _)| *kind)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_columns_and_keys() {
        for (path, expected) in [
            ("UserPrincipalName", Some(Kind::User)),
            ("TargetUserName", Some(Kind::User)),
            ("AppDisplayName", None),
            ("keyDisplayName", None),
            ("ResourceDisplayName", None),
            ("LogonUserDisplayName", Some(Kind::User)),
            ("DeviceDetail/displayName", Some(Kind::Host)),
            ("InitiatedBy/user/displayName", Some(Kind::User)),
            ("TargetResources/displayName", None),
            ("Entities/account/Name", Some(Kind::User)),
            ("Properties/name", None),
            ("Account Domain", Some(Kind::Domain)),
            ("AccountType", None),
            ("UserAgent", None),
            ("ComputerEnvironment", None),
        ] {
            let names: Vec<&str> = path.split('/').collect();
            assert_eq!(meaning(&names), expected, "{path:?}");
        }
        assert!(is_hash(&["InitiatingProcessMD5"]) && !is_hash(&["CorrelationId"]));
    }
}

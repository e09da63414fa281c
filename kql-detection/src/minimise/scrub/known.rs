//! Names that say nothing about anybody.

/// Accounts, groups and folders that every system has, and what stands where there is none.
const ACCOUNTS: [&str; 48] = [
    "-",
    "administrator",
    "administrators",
    "all users",
    "anonymous",
    "anonymous logon",
    "authenticated users",
    "batch",
    "builtin",
    "creator owner",
    "default",
    "default user",
    "defaultaccount",
    "domain admins",
    "domain computers",
    "domain controllers",
    "domain users",
    "enterprise admins",
    "everyone",
    "false",
    "guest",
    "guests",
    "interactive",
    "iusr",
    "krbtgt",
    "local",
    "local service",
    "local system",
    "localhost",
    "localservice",
    "localsystem",
    "n/a",
    "network",
    "network service",
    "networkservice",
    "no",
    "none",
    "null",
    "public",
    "root",
    "self",
    "service",
    "system",
    "true",
    "trustedinstaller",
    "unknown",
    "users",
    "yes",
];

/// What stands before `\` in accounts that every system has.
const AUTHORITIES: [&str; 10] = [
    "azuread",
    "builtin",
    "font driver host",
    "iis apppool",
    "nt authority",
    "nt service",
    "nt virtual machine",
    "window manager",
    "workgroup",
    ".",
];

/// Names of mailboxes that are words, and stay where they stand alone.
const ROLES: [&str; 22] = [
    "abuse",
    "accounting",
    "admin",
    "alert",
    "alerts",
    "billing",
    "contact",
    "hello",
    "help",
    "helpdesk",
    "info",
    "mail",
    "newsletter",
    "no-reply",
    "noreply",
    "notification",
    "notifications",
    "office",
    "postmaster",
    "sales",
    "security",
    "support",
];

/// Labels of domains that are no name of an organisation.
const LABELS: [&str; 24] = [
    "ad",
    "admin",
    "autodiscover",
    "corp",
    "dc",
    "domain",
    "example",
    "home",
    "internal",
    "intranet",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "login",
    "mail",
    "net",
    "office",
    "public",
    "tenant",
    "test",
    "web",
    "workgroup",
    "www",
];

/// Domains where anybody has a mail address, or that are of the services whose logs these are.
const PUBLIC: [&str; 27] = [
    "aol.com",
    "azure.com",
    "azure.net",
    "example.com",
    "example.net",
    "example.org",
    "gmail.com",
    "gmx.de",
    "gmx.net",
    "googlemail.com",
    "hotmail.com",
    "icloud.com",
    "live.com",
    "mail.ru",
    "me.com",
    "microsoft.com",
    "microsoftonline.com",
    "msn.com",
    "office.com",
    "office365.com",
    "outlook.com",
    "proton.me",
    "protonmail.com",
    "qq.com",
    "windows.net",
    "yahoo.com",
    "yandex.ru",
];

/// What follows the name of a tenant.
const HOSTING: [&str; 5] = [
    ".mail.onmicrosoft.com",
    ".onmicrosoft.com",
    ".sharepoint.com",
    ".mail.protection.outlook.com",
    ".mail.eo.outlook.com",
];

/// What SharePoint adds to the name of a tenant.
const ADDED: [&str; 2] = ["-my", "-admin"];

/// Second parts of domains of countries, as in `.co.uk`.
const SECOND: [&str; 11] = ["ac", "co", "com", "edu", "go", "gob", "gov", "ne", "net", "or", "org"];

/// Whether an account is there on every system.
pub fn is_account(lower: &str) -> bool {
    let numbered = |start: &str| lower.strip_prefix(start).is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()));
    ACCOUNTS.contains(&lower) || is_authority(lower) || numbered("dwm-") || numbered("umfd-")
}

/// Whether it stands before `\` in accounts that every system has.
pub fn is_authority(lower: &str) -> bool {
    AUTHORITIES.contains(&lower)
}

/// Whether a mailbox is called by what it is for.
pub fn is_role(lower: &str) -> bool {
    ROLES.contains(&lower) || is_account(lower)
}

/// Whether a label of a domain can be the name of an organisation wherever it stands.
pub fn is_telling(label: &str) -> bool {
    label.chars().count() >= super::identity::SHORT
        && !LABELS.contains(&label)
        && !label.bytes().all(|b| b.is_ascii_digit())
}

/// A domain, by the part of it that somebody owns.
#[derive(Debug, PartialEq, Eq)]
pub enum Owned<'a> {
    /// The name of a tenant, and what follows it.
    Tenant(&'a str, &'static str),
    /// The domain that was registered, and its first label.
    Registered(&'a str, &'a str),
    /// Anybody can have a name in it.
    Public,
}

/// Who owns a domain; `None` if it has one label.
pub fn owned(lower: &str) -> Option<Owned<'_>> {
    if let Some((before, suffix)) = HOSTING.iter().find_map(|suffix| Some((lower.strip_suffix(suffix)?, *suffix))) {
        let label = before.rsplit('.').next().unwrap_or(before);
        return Some(Owned::Tenant(ADDED.iter().find_map(|added| label.strip_suffix(added)).unwrap_or(label), suffix));
    }
    let starts: Vec<usize> = std::iter::once(0).chain(lower.match_indices('.').map(|(at, _)| at + 1)).collect();
    let label = |from_end: usize| {
        let start = *starts.get(starts.len().checked_sub(from_end)?)?;
        lower.get(start..)?.split('.').next().map(|label| (start, label))
    };
    let (_, last) = label(1)?;
    let (_, second) = label(2)?;
    let is_country = last.len() == 2 && SECOND.contains(&second) && starts.len() > 2;
    let (start, name) = label(if is_country { 3 } else { 2 })?;
    let registered = lower.get(start..)?;
    Some(if PUBLIC.contains(&registered) { Owned::Public } else { Owned::Registered(registered, name) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_owns_a_domain() {
        assert_eq!(owned("mail.fabrikam.co.uk"), Some(Owned::Registered("fabrikam.co.uk", "fabrikam")));
        assert_eq!(owned("corp.local"), Some(Owned::Registered("corp.local", "corp")));
        assert_eq!(owned("m365-my.sharepoint.com"), Some(Owned::Tenant("m365", ".sharepoint.com")));
        assert_eq!(owned("eu.mail.gmail.com"), Some(Owned::Public));
        assert_eq!(owned("contoso"), None);
    }
}

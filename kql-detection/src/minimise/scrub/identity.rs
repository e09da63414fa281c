//! What a value names.

/// A name of fewer characters is a part of longer ones, such as `do` in `do_it`.
pub const SHORT: usize = 4;

/// What a value names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    User,
    Mail,
    Host,
    Domain,
    Ipv4,
    Ipv6,
    Guid,
    Sid,
    Mac,
}

impl Kind {
    /// All kinds, in the order of summaries.
    pub const ALL: [Kind; 9] =
        [Kind::User, Kind::Mail, Kind::Host, Kind::Domain, Kind::Ipv4, Kind::Ipv6, Kind::Guid, Kind::Sid, Kind::Mac];

    /// Its name, as several.
    pub fn name(self) -> &'static str {
        match self {
            Kind::User => "users",
            Kind::Mail => "mail addresses",
            Kind::Host => "hosts",
            Kind::Domain => "domains",
            Kind::Ipv4 => "IPv4 addresses",
            Kind::Ipv6 => "IPv6 addresses",
            Kind::Guid => "GUIDs",
            Kind::Sid => "SIDs",
            Kind::Mac => "MAC addresses",
        }
    }

    /// The kind with which it is numbered: a mail address has the number of its user.
    fn numbered_as(self) -> Kind {
        if self == Kind::Mail { Kind::User } else { self }
    }
}

/// What is named, whatever its spelling: `3F25...` and `3f25-...` are one GUID.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    /// Its kind.
    pub kind: Kind,
    /// What all spellings have in common.
    pub key: String,
}

impl Identity {
    /// What has one number.
    pub fn number(&self) -> (Kind, &str) {
        (self.kind.numbered_as(), &self.key)
    }
}

//! Versions: processes that are not of the same build refuse each other.

use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// The version of a process.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// The version of the package.
    pub number: String,
    /// The same for processes with the same functions.
    pub fingerprint: u64,
}

/// A process of another version.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a process of the cluster has kql {}, and this one {}: all of them, and the client, must be of the same build",
    theirs.shown(), ours.shown()
)]
pub struct Refused {
    theirs: Version,
    ours: Version,
}

impl Version {
    /// That of this process.
    pub fn own() -> Version {
        static FINGERPRINT: LazyLock<u64> = LazyLock::new(kql_engine::codec::fingerprint);
        Version { number: env!("CARGO_PKG_VERSION").to_owned(), fingerprint: *FINGERPRINT }
    }

    /// Whether a process of this version and this one can work together.
    ///
    /// # Errors
    /// [`Refused`] if not.
    pub fn check(&self) -> Result<(), Refused> {
        let ours = Version::own();
        if *self == ours { Ok(()) } else { Err(Refused { theirs: self.clone(), ours }) }
    }

    fn shown(&self) -> String {
        format!("{} ({:08x})", self.number, self.fingerprint >> 32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_versions_are_refused() {
        let own = Version::own();
        assert!(own.check().is_ok());
        let other = Version { number: "0.0.9".to_owned(), ..own.clone() };
        assert!(other.check().expect_err("another number").to_string().contains("0.0.9"));
        assert!(Version { fingerprint: !own.fingerprint, ..own }.check().is_err());
    }
}

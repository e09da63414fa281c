//! How serious a finding is, and what a rule is about.

use std::fmt;
use std::str::FromStr;

/// How serious the findings of a rule are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The rule is not used.
    Off,
    /// Cost and style: the query does what it says.
    Note,
    /// Probably not what the author meant.
    Warning,
    /// Wrong in any case.
    Error,
}

impl Level {
    /// All levels.
    pub const ALL: [Level; 4] = [Level::Off, Level::Note, Level::Warning, Level::Error];

    /// The word for reports and configuration files.
    pub fn name(self) -> &'static str {
        match self {
            Level::Off => "off",
            Level::Note => "note",
            Level::Warning => "warning",
            Level::Error => "error",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(text: &str) -> Result<Level, UnknownLevel> {
        Level::ALL.into_iter().find(|level| level.name() == text).ok_or_else(|| UnknownLevel(text.to_owned()))
    }
}

/// A text that is not a level.
#[derive(Debug, thiserror::Error)]
#[error("'{0}' is not a level; use off, note, warning or error")]
pub struct UnknownLevel(String);

/// What a rule is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// The query finds something else than it says.
    Correctness,
    /// The rule around the query does not fit it, or the service would refuse it.
    Deployment,
    /// The query reads or computes more than it needs.
    Cost,
    /// The query can be read more easily in another form.
    Style,
}

impl Topic {
    /// All topics.
    pub const ALL: [Topic; 4] = [Topic::Correctness, Topic::Deployment, Topic::Cost, Topic::Style];

    /// The word for reports and pages.
    pub fn name(self) -> &'static str {
        match self {
            Topic::Correctness => "correctness",
            Topic::Deployment => "deployment",
            Topic::Cost => "cost",
            Topic::Style => "style",
        }
    }
}

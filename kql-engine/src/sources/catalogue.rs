//! The built-in schemas of Sentinel's and Defender's tables.
//!
//! They are in one text (`schemas/tables.txt`, written by `cargo xtask catalogue`), one line per table, sorted by
//! name. A look-up is a binary search in the text and parses one line, so a query only pays for the tables
//! that it names.

use crate::types::{Column, ScalarType, TIME_COLUMNS, TableSchema};

static TABLES: &str = include_str!("schemas/tables.txt");
static HIDDEN: &str = include_str!("schemas/hidden.txt");

/// Two columns with the same content: each replaces the other in a file that has only one of them.
pub type ColumnAlias = (&'static str, &'static str);

/// The set of built-in tables, by portal.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Profile {
    /// The unified portal: all tables, those of Defender with `Timestamp` and `TimeGenerated`.
    #[default]
    Unified,
    /// Microsoft Sentinel
    Sentinel,
    /// Microsoft Defender, advanced hunting
    Defender,
    /// No built-in tables: only those that the embedding program declares.
    Bare,
}

impl Profile {
    const fn mark(self) -> char {
        match self {
            Profile::Unified => 'u',
            Profile::Sentinel => 's',
            Profile::Defender => 'd',
            Profile::Bare => '-',
        }
    }
}

/// The columns of a table; `None` if the profile has no such table.
pub fn table(profile: Profile, name: &str) -> Option<TableSchema> {
    let columns = find(profile, name)?.split('\t').filter_map(column).collect();
    Some(TableSchema { columns })
}

/// The columns that a table of Log Analytics has in addition to those in its schema. A query can name them; `*` does not
/// include them.
pub fn hidden(profile: Profile, name: &str) -> Vec<Column> {
    if !matches!(profile, Profile::Unified | Profile::Sentinel) || find(Profile::Sentinel, name).is_none() {
        return Vec::new();
    }
    let listed = table(profile, name).unwrap_or_default();
    let mut columns: Vec<Column> = Vec::new();
    for line in HIDDEN.lines() {
        let Some((owner, rest)) = line.split_once('\t') else { continue };
        if owner != "*" && owner != name {
            continue;
        }
        for column in rest.split('\t').filter_map(column) {
            if listed.column(&column.name).is_none() && columns.iter().all(|c| c.name != column.name) {
                columns.push(column);
            }
        }
    }
    columns
}

/// The names of a profile's tables, in order.
pub fn names(profile: Profile) -> impl Iterator<Item = &'static str> {
    TABLES.lines().filter_map(move |line| {
        let (name, rest) = line.split_once('\t')?;
        marks(rest).contains(profile.mark()).then_some(name)
    })
}

/// The two columns of a Defender table with the same time. In the unified profile each replaces
/// the other in data that has only one of them.
pub fn twin(profile: Profile, name: &str) -> Option<ColumnAlias> {
    const TWIN: ColumnAlias = (TIME_COLUMNS[1], TIME_COLUMNS[0]);
    if profile != Profile::Unified {
        return None;
    }
    find(Profile::Defender, name)?;
    let has = |wanted: &str| find(profile, name).is_some_and(|l| l.split('\t').any(|c| c.get(1..) == Some(wanted)));
    (has(TWIN.0) && has(TWIN.1)).then_some(TWIN)
}

/// The part of a table's line with its columns.
fn find(profile: Profile, name: &str) -> Option<&'static str> {
    // the first line whose name is not less than the wanted one
    let (mut low, mut high) = (0, TABLES.len());
    while low < high {
        let middle = low + (high - low) / 2;
        let start = memchr::memrchr(b'\n', TABLES.as_bytes().get(..middle)?).map_or(0, |at| at + 1);
        let line = TABLES.get(start..)?.split('\n').next()?;
        if line.split('\t').next()? < name {
            low = start + line.len() + 1;
        } else {
            high = start;
        }
    }
    let lines = TABLES.get(low..)?.lines().map_while(|line| line.strip_prefix(name)?.strip_prefix('\t'));
    let mut own = lines.filter(|rest| marks(rest).contains(profile.mark()));
    own.next().map(|rest| rest.split_once('\t').map_or("", |(_, columns)| columns))
}

fn marks(rest: &str) -> &str {
    rest.split('\t').next().unwrap_or("")
}

fn column(text: &str) -> Option<Column> {
    let ty = match text.chars().next()? {
        'b' => ScalarType::Bool,
        'i' => ScalarType::Int,
        'l' => ScalarType::Long,
        'r' => ScalarType::Real,
        'm' => ScalarType::Decimal,
        's' => ScalarType::String,
        't' => ScalarType::Datetime,
        'p' => ScalarType::Timespan,
        'g' => ScalarType::Guid,
        'd' => ScalarType::Dynamic,
        _ => return None,
    };
    Some(Column::new(text.get(1..)?, ty))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_name_is_found_and_its_columns_are_unique() {
        for profile in [Profile::Unified, Profile::Sentinel, Profile::Defender] {
            let all: Vec<&str> = names(profile).collect();
            assert!(all.is_sorted() && all.len() > 50);
            for name in all {
                let schema = table(profile, name).unwrap_or_else(|| panic!("{name} is not found"));
                let unique: HashSet<&str> = schema.columns.iter().map(|c| c.name.as_str()).collect();
                assert_eq!(unique.len(), schema.columns.len(), "{name}");
                assert!(!unique.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn hidden_columns_are_those_that_no_schema_lists() {
        let names = |profile, table| hidden(profile, table).into_iter().map(|c| c.name).collect::<Vec<_>>();
        assert!(names(Profile::Unified, "SigninLogs").contains(&"TenantId".to_owned()));
        assert!(names(Profile::Sentinel, "Event").contains(&"MG".to_owned()));
        assert!(names(Profile::Defender, "DeviceProcessEvents").is_empty());
        assert!(names(Profile::Unified, "NoSuchTable").is_empty());
        for name in super::names(Profile::Unified) {
            let listed = table(Profile::Unified, name).unwrap_or_default();
            assert!(hidden(Profile::Unified, name).iter().all(|c| listed.column(&c.name).is_none()), "{name}");
        }
    }

    #[test]
    fn profiles_differ() {
        let ty = |profile, name, column: &str| table(profile, name).and_then(|t| t.column(column).map(|c| c.ty));
        assert_eq!(ty(Profile::Unified, "DeviceProcessEvents", "Timestamp"), Some(ScalarType::Datetime));
        assert_eq!(ty(Profile::Unified, "DeviceProcessEvents", "TimeGenerated"), Some(ScalarType::Datetime));
        assert_eq!(ty(Profile::Sentinel, "DeviceProcessEvents", "Timestamp"), None);
        assert_eq!(ty(Profile::Defender, "DeviceProcessEvents", "TimeGenerated"), None);
        assert_eq!(ty(Profile::Unified, "OfficeActivity", "Parameters"), Some(ScalarType::String));
        assert!(table(Profile::Defender, "OfficeActivity").is_none());
        assert!(table(Profile::Bare, "OfficeActivity").is_none() && names(Profile::Bare).next().is_none());
        assert!(table(Profile::Unified, "NoSuchTable").is_none() && table(Profile::Unified, "").is_none());
        assert!(table(Profile::Unified, "deviceprocessevents").is_none());
        assert!(table(Profile::Unified, "zzz").is_none());
    }

    #[test]
    fn twins_are_columns_of_defender_tables() {
        assert_eq!(twin(Profile::Unified, "DeviceProcessEvents"), Some(("Timestamp", "TimeGenerated")));
        assert_eq!(twin(Profile::Sentinel, "DeviceProcessEvents"), None);
        assert_eq!(twin(Profile::Unified, "OfficeActivity"), None);
        assert_eq!(twin(Profile::Unified, "GCPAuditLogs"), None);
    }

    #[test]
    fn a_look_up_takes_microseconds() {
        let start = std::time::Instant::now();
        for _ in 0..1000 {
            assert!(table(Profile::Unified, "DeviceProcessEvents").is_some());
        }
        // about 10 µs each when optimised; the limit only detects a parse of the whole text
        assert!(start.elapsed().as_millis() < 1000, "{:?}", start.elapsed());
    }
}

//! The techniques of ATT&CK for Enterprise, by their ids.
//!
//! `cargo xtask attack` writes the table from MITRE's own file. Ids of the mobile and industrial matrices are not in it: they
//! are not judged, and nor are ids that a later version can have added.

/// The table: each line has a technique and the numbers of its sub-techniques, or an id that is not used any more and the one
/// that replaced it.
const TABLE: &str = include_str!("attack.txt");

/// Mobile techniques have the numbers from here on that Enterprise does not use.
const FIRST_MOBILE: u32 = 1398;

/// How many techniques, and sub-techniques of one, later versions can have added.
const LATER: (u32, u32) = (100, 3);

/// What is known of an id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Technique {
    /// It is in use, or it may be.
    Used,
    /// It was replaced.
    Replaced(&'static str),
    /// It is not used any more.
    Withdrawn,
    /// There is no such technique.
    Unknown,
    /// There is no such sub-technique; these are the numbers of those that there are.
    UnknownSub(&'static str),
}

/// The version of ATT&CK that the table is from.
pub fn version() -> &'static str {
    TABLE.lines().find_map(|line| line.strip_prefix("# version ")).unwrap_or_default()
}

/// What is known of a well-formed id.
pub fn technique(id: &str) -> Technique {
    let (base, sub) = id.split_once('.').map_or((id, None), |(base, sub)| (base, Some(sub)));
    match (line(id), line(base), sub) {
        (Some(own), ..) => of_line(own),
        (None, Some(parent), Some(sub)) if of_line(parent) == Technique::Used => sub_of(parent, sub),
        (None, Some(parent), _) => of_line(parent),
        (None, None, _) => without_line(base),
    }
}

/// What follows an id in the table.
fn line(id: &str) -> Option<&'static str> {
    let rest = |line: &'static str| line.strip_prefix(id).filter(|rest| rest.is_empty() || rest.starts_with(' '));
    TABLE.lines().find_map(rest).map(str::trim)
}

fn of_line(line: &'static str) -> Technique {
    match line.strip_prefix("> ") {
        Some(new) => Technique::Replaced(new),
        None if line == "-" => Technique::Withdrawn,
        None => Technique::Used,
    }
}

fn sub_of(line: &'static str, sub: &str) -> Technique {
    let number = |text: &str| text.parse::<u32>().unwrap_or(0);
    let wanted = number(sub);
    let mut last = 0;
    for range in line.split(' ').filter(|range| !range.is_empty()) {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        if (number(from)..=number(to)).contains(&wanted) {
            return Technique::Used;
        }
        last = number(to);
    }
    if wanted > last && wanted <= last + LATER.1 { Technique::Used } else { Technique::UnknownSub(line) }
}

fn without_line(base: &str) -> Technique {
    let number = |id: &str| id.trim_start_matches('T').parse::<u32>().unwrap_or(0);
    let last = TABLE.lines().rev().map(|line| number(line.get(..5).unwrap_or(""))).find(|number| *number > 0);
    let (last, wanted) = (last.unwrap_or(0), number(base));
    // T0800 and the like are industrial
    if wanted < 1000 || (FIRST_MOBILE..=last + LATER.0).contains(&wanted) {
        Technique::Used
    } else {
        Technique::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::{Technique, technique, version};

    #[test]
    fn ids() {
        assert!(version().contains('.'));
        for (id, expected) in [
            ("T1059", Technique::Used),
            ("T1059.001", Technique::Used),
            ("T1059.099", Technique::UnknownSub("001-013")),
            ("T1053.008", Technique::Used),
            ("T1053.011", Technique::UnknownSub("002-003 005-007")),
            ("T1053.004", Technique::Withdrawn),
            ("T1086", Technique::Replaced("T1059.001")),
            ("T1086.001", Technique::Replaced("T1059.001")),
            ("T1073", Technique::Replaced("T1574.001")),
            ("T1574.002", Technique::Replaced("T1574.001")),
            ("T1043", Technique::Withdrawn),
            ("T1300", Technique::Unknown),
            ("T9999", Technique::Unknown),
            // mobile, industrial, and of a later version
            ("T1623", Technique::Used),
            ("T1624.001", Technique::Used),
            ("T0801", Technique::Used),
            ("T1700", Technique::Used),
            ("T1490.001", Technique::Used),
            ("T1490.009", Technique::UnknownSub("")),
        ] {
            assert_eq!(technique(id), expected, "{id}");
        }
    }
}

//! The table of files whose records are rows: determined by the column `Type`, by the names of file and folder, and by the
//! columns that only one table has.

use super::super::catalogue;
use super::super::catalogue::Profile;
use super::super::dates::split_zone;
use super::super::input::DataFile;
use super::error::RecordError;
use super::known::Known;
use super::wrapped::{Out, Wrapped};
use kql_scan::json_keys::KeyPredictor;
use kql_scan::json_text::{Cursor, Raw};
use kql_scan::unescape;
use std::collections::HashSet;
use std::path::Component;

/// The result.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Unknown: the table is named after the file.
    Nothing,
    /// The table, and what exported it, if that is certain.
    Table(String, Option<&'static str>),
    /// Rows of several tables.
    Mixed,
}

/// Rows that name their table in `Type`.
pub(super) static MIXED: Wrapped =
    Wrapped { name: "Log Analytics export", unwrap: by_type, texts: false, inside: None };
pub(super) static MIXED_CSV: Wrapped = Wrapped { name: "exported CSV", unwrap: by_type_csv, texts: true, inside: None };

/// A row for the table that it names.
fn by_type(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let mut values = [Raw::Null];
    Cursor::new(record).object(&mut KeyPredictor::of(["Type"]), values.as_mut_slice())?;
    let table = match values {
        [Raw::String(text)] => Some(unescape(text).into_owned()),
        _ => None,
    };
    out.rows.push((table.filter(|t| is_table(t, known)).map(Into::into), record.to_owned()));
    Ok(())
}

/// A row of CSV for the table that it names; the columns of other tables are empty.
fn by_type_csv(record: &str, known: &Known, out: &mut Out) -> Result<(), RecordError> {
    let mut row: serde_json::Map<String, serde_json::Value> = serde_json::from_str(record)?;
    row.retain(|_, value| value.as_str() != Some(""));
    by_type(&serde_json::Value::Object(row).to_string(), known, out)
}

/// Whether a value of Type is the name of a table.
pub(super) fn is_table(name: &str, known: &Known) -> bool {
    let custom = name.strip_suffix("_CL").is_some_and(|s| !s.is_empty());
    (custom && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')) || known.has(name)
}

/// The table of rows with these columns, and these values of Type at the beginning.
pub(super) fn of_rows(names: &[&str], types: &[String], file: &DataFile, stem: &str, known: &Known) -> Found {
    let columns: HashSet<&str> = names.iter().map(|name| split_zone(name).0).collect();
    // Type alone can mean anything
    let marked = ["TimeGenerated", "Timestamp", "TenantId", "_ResourceId", "SourceSystem"]
        .iter()
        .any(|mark| columns.contains(mark));
    let tables: Vec<&String> = types.iter().filter(|t| marked && is_table(t, known)).collect();
    let export = Some(MIXED.name).filter(|_| !tables.is_empty());
    if known.has(stem) {
        let alone = tables.iter().all(|t| *t == stem);
        return if alone { Found::Table(stem.to_owned(), export) } else { Found::Mixed };
    }
    if !tables.is_empty() {
        return Found::Mixed;
    }
    if let Some(container) = container(file, known) {
        return Found::Table(container, Some(MIXED.name));
    }
    let begin = beginning(stem);
    if begin != stem && known.has(begin) {
        let fits = known.table(begin).is_some_and(|table| {
            columns.is_empty() || columns.iter().filter(|c| table.column(c).is_some()).count() * 2 > columns.len()
        });
        if fits {
            return Found::Table(begin.to_owned(), None);
        }
    }
    match by_columns(&columns, known) {
        Some(table) => Found::Table(table, Some("Defender CSV")),
        None => Found::Nothing,
    }
}

/// The beginning of a file's name that can be a table: `SigninLogs` of `SigninLogs_2026-03` and `SigninLogs (1)`.
fn beginning(stem: &str) -> &str {
    let end = stem.char_indices().find(|(at, c)| match c {
        '_' => stem.get(at + 1..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())),
        c => !c.is_alphanumeric(),
    });
    end.map_or(stem, |(at, _)| stem.get(..at).unwrap_or(stem))
}

/// The table of a data export's container: `am-securityevent`.
fn container(file: &DataFile, known: &Known) -> Option<String> {
    file.path.components().rev().find_map(|component| match component {
        Component::Normal(name) => known.any_case(name.to_str()?.strip_prefix("am-")?),
        _ => None,
    })
}

/// The only table of advanced hunting that has all of the columns, if most of these are specific to it.
fn by_columns(columns: &HashSet<&str>, known: &Known) -> Option<String> {
    if columns.len() < 6 || !columns.contains("Timestamp") {
        return None;
    }
    let mut best: Vec<(usize, &str)> = catalogue::names(Profile::Defender)
        .filter(|name| known.has(name))
        .filter_map(|name| {
            let table = catalogue::table(Profile::Defender, name)?;
            let all = columns.iter().all(|c| table.column(c).is_some());
            (all && columns.len() * 10 >= table.columns.len() * 7).then_some((table.columns.len(), name))
        })
        .collect();
    best.sort();
    match best.as_slice() {
        [(_, only)] => Some((*only).to_owned()),
        [(least, first), (next, _), ..] if least < next => Some((*first).to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::input::Format;
    use super::super::super::location::Location;
    use super::*;
    use std::path::Path;

    fn found(names: &[&str], types: &[&str], path: &str) -> Found {
        let known = Known::new(Profile::Unified, Default::default());
        let file =
            DataFile::of_format(Path::new(path), Location::Disk(path.into()), None, Format::Csv).expect("a data file");
        let types: Vec<String> = types.iter().map(|t| (*t).to_owned()).collect();
        let stem = Path::new(path).file_stem().and_then(|s| s.to_str()).unwrap_or_default();
        of_rows(names, &types, &file, stem, &known)
    }

    #[test]
    fn by_name_type_and_columns() {
        let table = |name: &str, format| Found::Table(name.to_owned(), format);
        assert_eq!(found(&["a"], &[], "x/SecurityEvent.csv"), table("SecurityEvent", None));
        assert_eq!(found(&["TimeGenerated [UTC]", "Type"], &["SecurityEvent"], "x/q.csv"), Found::Mixed);
        assert_eq!(found(&["a", "Type"], &["Event"], "x/q.csv"), Found::Nothing);
        assert_eq!(found(&["TimeGenerated", "Type"], &["Thing_CL"], "x/q.csv"), Found::Mixed);
        assert_eq!(found(&["a"], &[], "am-securityevent/y=2026/PT05M.json"), table("SecurityEvent", Some(MIXED.name)));
        assert_eq!(found(&["TimeGenerated"], &[], "x/SigninLogs_2026-03.csv"), table("SigninLogs", None));
        assert_eq!(found(&["TimeGenerated"], &[], "x/SigninLogs (1).csv"), table("SigninLogs", None));
        assert_eq!(found(&["a", "b"], &[], "x/Event-a.csv"), Found::Nothing);
        let schema = catalogue::table(Profile::Defender, "DeviceProcessEvents").expect("a known table");
        let names: Vec<&str> = schema.columns.iter().map(|c| c.name.as_str()).collect();
        assert_eq!(found(&names, &[], "x/New query.csv"), table("DeviceProcessEvents", Some("Defender CSV")));
        assert_eq!(found(&names[..5], &[], "x/New query.csv"), Found::Nothing);
    }
}

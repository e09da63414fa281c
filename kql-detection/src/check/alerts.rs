//! Alerts of a rule: its period, its trigger, its entities.

use super::compare::ResultRows;
use super::table::{TestTable, with_rows};
use crate::entity_types::entity_type;
use crate::rule::{EventGrouping, Rule};
use crate::test_file::ExpectEntity;
use crate::yaml::Node;
use arrow::array::{Array, AsArray};
use arrow::datatypes::Int64Type;
use std::collections::BTreeSet;

/// The columns with the time of a row.
const TIME_COLUMNS: [&str; 2] = ["TimeGenerated", "Timestamp"];

/// The most alerts of a run whose rule makes one for each row.
const MOST: u64 = 150;

/// The tables as a run of the rule at `now` sees them: rows older than its period, and later ones, are not there. `None`
/// if nothing is left out.
pub(super) fn in_period(tables: &[TestTable], period: i64, now: i64) -> Result<Option<Vec<TestTable>>, String> {
    let mut changed = false;
    let mut seen = Vec::with_capacity(tables.len());
    for table in tables {
        let columns: Vec<_> = TIME_COLUMNS
            .iter()
            .filter_map(|name| table.schema.columns.iter().position(|c| c.name == *name))
            .filter_map(|at| table.batch.columns().get(at)?.as_primitive_opt::<Int64Type>())
            .collect();
        // tables of Defender have both columns in Sentinel, and a test often gives one
        let time = |row: usize| columns.iter().find(|times| times.is_valid(row)).map(|times| times.value(row));
        let keep: Vec<bool> =
            (0..table.rows.len()).map(|row| time(row).is_none_or(|time| time >= now - period && time <= now)).collect();
        if keep.iter().all(|keep| *keep) {
            seen.push(table.clone());
        } else {
            changed = true;
            seen.push(with_rows(table, &keep)?);
        }
    }
    Ok(changed.then_some(seen))
}

/// How many alerts a number of rows makes.
pub(crate) fn alerts(rule: &Rule, rows: u64) -> u64 {
    match rule.grouping {
        _ if !rule.fires(rows) => 0,
        EventGrouping::SingleAlert => 1,
        EventGrouping::AlertPerResult => rows.clamp(1, MOST),
    }
}

/// An entity: its identifiers and their values.
pub(super) type Found = BTreeSet<(String, String)>;

/// The different entities of a type in the rows of an alert.
pub(super) fn entities(rule: &Rule, kind: &str, result: &ResultRows) -> BTreeSet<Found> {
    let mut found = BTreeSet::new();
    for entity in rule.entities.iter().filter(|entity| entity.kind.value.eq_ignore_ascii_case(kind)) {
        for row in &result.rows {
            let fields = entity.fields.iter().filter_map(|field| {
                let value = row.get(result.column(&field.column.value)?)?.clone()?;
                (!value.is_empty()).then(|| (field.identifier.value.clone(), value))
            });
            let one: Found = fields.collect();
            if !one.is_empty() {
                found.insert(one);
            }
        }
    }
    found
}

/// The entities that are missing, and those that are too many, as texts.
pub(super) fn compared(expected: &ExpectEntity, found: &BTreeSet<Found>) -> (Vec<String>, Vec<String>) {
    let mut taken = vec![false; found.len()];
    let mut missing = Vec::new();
    for value in &expected.values {
        let matching = found
            .iter()
            .enumerate()
            .find(|(i, one)| !taken.get(*i).copied().unwrap_or(true) && is(&expected.kind.value, value, one));
        match matching.and_then(|(i, _)| taken.get_mut(i)) {
            Some(taken) => *taken = true,
            None => missing.push(written(value)),
        }
    }
    let extra = found.iter().zip(&taken).filter(|(_, taken)| !**taken).map(|(one, _)| shown(one)).collect();
    (missing, extra)
}

/// Whether an identifier alone names an entity of a type; of types that are not known, each does.
fn names(kind: &str, identifier: &str) -> bool {
    let known = entity_type(kind).filter(|known| !known.naming.is_empty());
    known.is_none_or(|known| known.naming.iter().any(|name| name.eq_ignore_ascii_case(identifier)))
}

/// A value is that of an identifier which names the entity; a map says which identifiers it means.
fn is(kind: &str, expected: &Node, found: &Found) -> bool {
    match expected.map() {
        Some(entries) => entries.iter().all(|(name, value)| {
            found.iter().any(|(id, own)| Some(id.as_str()) == name.text() && Some(own.as_str()) == value.text())
        }),
        None => found.iter().any(|(id, own)| names(kind, id) && Some(own.as_str()) == expected.text()),
    }
}

fn written(node: &Node) -> String {
    match node.map() {
        Some(entries) => {
            let pair = |(name, value): &(Node, Node)| {
                format!("{}: {}", name.text().unwrap_or_default(), value.text().unwrap_or_default())
            };
            entries.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        None => node.text().unwrap_or_default().to_owned(),
    }
}

fn shown(found: &Found) -> String {
    if let (1, Some((_, value))) = (found.len(), found.first()) {
        return value.clone();
    }
    found.iter().map(|(id, value)| format!("{id}: {value}")).collect::<Vec<_>>().join(", ")
}

//! When the rows are there without which a query has none.

use super::needs::Needs;
use crate::sources::{HeldTable, Moment};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The rows that are held, by the names of their tables.
pub(super) type Tables = BTreeMap<String, Arc<HeldTable>>;

/// The rows of which one must be among those that a query reads; `None` if there can be rows without any, or if a row is always
/// among them because it has no time.
pub(super) fn moments(needs: &Needs, tables: &Tables, own_name: &dyn Fn(&str) -> String) -> Option<Vec<Moment>> {
    match needs {
        Needs::Nothing => None,
        Needs::Rows { table, texts } => match tables.get(&own_name(table)) {
            Some(table) => table.moments(texts),
            // a table without data
            None => Some(Vec::new()),
        },
        Needs::One(parts) => {
            let mut all = Vec::new();
            for part in parts {
                all.extend(moments(part, tables, own_name)?);
            }
            Some(all)
        }
        Needs::All(parts) => parts.iter().filter_map(|part| moments(part, tables, own_name)).min_by_key(Vec::len),
    }
}

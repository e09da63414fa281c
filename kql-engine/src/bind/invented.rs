//! Watchlists and external data without rows, while rows for them are made up: they are tables with the name that a test
//! gives them.

use super::Binder;
use crate::plan::{Node, PlanColumn, Relation};
use crate::types::ScalarType;
use std::sync::Arc;

/// A watchlist, and the columns that the query has named of it.
pub(crate) type InventedColumns = std::collections::BTreeMap<String, Vec<(String, ScalarType)>>;

impl Binder<'_> {
    /// A watchlist with columns that each has, and those that the query is known to name.
    pub(super) fn invented_watchlist(&mut self, alias: &str, always: &[(&str, ScalarType)]) -> Option<Relation> {
        let named = self.environment.invented()?.get(alias).cloned().unwrap_or_default();
        let mut columns: Vec<PlanColumn> = always.iter().map(|(name, ty)| self.new_column(*name, *ty)).collect();
        for (name, ty) in named {
            if columns.iter().all(|c| c.name != name) {
                columns.push(self.new_column(name, super::known(ty)));
            }
        }
        let table = self.invented_table(format!("_GetWatchlist('{alias}')"), columns);
        let table = self.with_origin(Relation { open: true, ..table });
        self.watchlists.extend(table.origin.map(|origin| (alias.to_owned(), origin)));
        Some(table)
    }

    /// A table whose rows are made up.
    pub fn invented_table(&mut self, table: String, columns: Vec<PlanColumn>) -> Relation {
        let node = Arc::new(Node::Scan { table, columns: columns.clone() });
        Relation { node, columns, ..Relation::default() }
    }

    /// The columns that the query has named of watchlists.
    pub(super) fn named_of_watchlists(&self) -> InventedColumns {
        let mut all = InventedColumns::new();
        for (alias, origin) in &self.watchlists {
            let columns = all.entry(alias.clone()).or_default();
            for (name, ty) in self.named_of(*origin) {
                if columns.iter().all(|(n, _)| n != name) {
                    columns.push((name.clone(), *ty));
                }
            }
        }
        all
    }
}

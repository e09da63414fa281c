//! The known tables.

use super::super::catalogue::{self, Profile};
use crate::types::TableSchema;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The known tables, for naming the tables of files.
#[derive(Debug, Default)]
pub struct Known {
    profile: Profile,
    schemas: HashMap<String, TableSchema>,
    looked_up: Mutex<HashMap<String, Option<Arc<TableSchema>>>>,
}

impl Known {
    /// The built-in tables of a profile, and others.
    pub fn new(profile: Profile, schemas: HashMap<String, TableSchema>) -> Known {
        Known { profile, schemas, looked_up: Mutex::default() }
    }

    /// The profile and the other tables.
    pub(in crate::sources) fn parts(&self) -> (Profile, &HashMap<String, TableSchema>) {
        (self.profile, &self.schemas)
    }

    /// The columns of a known table.
    pub(in crate::sources) fn table(&self, name: &str) -> Option<Arc<TableSchema>> {
        let mut looked_up = self.looked_up.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = looked_up.get(name) {
            return found.clone();
        }
        let found = self.schemas.get(name).cloned().or_else(|| catalogue::table(self.profile, name)).map(Arc::new);
        looked_up.insert(name.to_owned(), found.clone());
        found
    }

    pub(in crate::sources) fn has(&self, name: &str) -> bool {
        self.table(name).is_some()
    }

    /// The known table with a name in any letter case.
    pub(in crate::sources) fn any_case(&self, name: &str) -> Option<String> {
        if self.has(name) {
            return Some(name.to_owned());
        }
        catalogue::names(self.profile).find(|known| known.eq_ignore_ascii_case(name)).map(str::to_owned)
    }

    /// A text that differs if other tables are known.
    pub(in crate::sources) fn fingerprint(&self) -> String {
        let mut schemas: Vec<(&String, &TableSchema)> = self.schemas.iter().collect();
        schemas.sort_by_key(|(name, _)| *name);
        let columns = schemas.iter().map(|(name, schema)| {
            let columns = schema.columns.iter().map(|column| format!("{:?}:{}", column.name, column.ty));
            format!("{name:?}({})", columns.collect::<Vec<_>>().join(","))
        });
        format!("{:?} {}", self.profile, columns.collect::<Vec<_>>().join(";"))
    }

    /// Whether there are no tables to recognise files by.
    pub(in crate::sources) fn is_bare(&self) -> bool {
        self.profile == Profile::Bare && self.schemas.is_empty()
    }
}

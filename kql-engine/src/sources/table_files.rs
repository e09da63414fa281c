//! The files of tables: which table the rows of an examined file belong to.

use super::dated::DatedFolders;
use super::examine::Examined;
use super::input::DataFile;
use super::recognise::{Known, Records};
use super::records::{FileSurvey, Naming, TableSurvey, Wrapping};
use super::scan_stats::ScanStats;
use crate::types::ScalarType;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// A table's name and its files.
#[derive(Debug)]
pub struct TableFiles {
    /// The table's name.
    pub name: String,
    /// The names of its files, if they differ from the table's.
    pub aliases: Vec<String>,
    /// In the order of their names.
    pub(super) files: Vec<TableFile>,
    /// Folders of an object store whose files are found when a query needs their times.
    pub(super) dated: Vec<Arc<DatedFolders>>,
    /// Notices about it, such as skipped files.
    pub(super) notices: Vec<String>,
}

impl TableFiles {
    /// The files it is read from.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.file.path.as_path())
    }

    /// Adds folders, once.
    pub(super) fn add_dated(&mut self, dated: &Arc<DatedFolders>) {
        if dated.count() > 0 && !self.dated.iter().any(|own| Arc::ptr_eq(own, dated)) {
            self.dated.push(dated.clone());
        }
    }
}

/// A file, or the part of a file that belongs to a table.
#[derive(Debug)]
pub(super) struct TableFile {
    pub file: DataFile,
    /// The recognised format.
    pub format: &'static str,
    /// Headers can contain zones, and columns can be duplicated.
    pub portal: bool,
    /// The types of columns that cannot be inferred from their values.
    pub types: &'static [(&'static str, ScalarType)],
    /// How its rows are unwrapped, if they are, and what was found.
    pub wrapped: Option<(Wrapping, TableSurvey)>,
    /// Records that are not rows.
    pub refused: ScanStats,
}

/// Tables, while their files are found.
pub(super) struct Discovery<'a> {
    known: &'a Arc<Known>,
    pub tables: BTreeMap<String, TableFiles>,
}

impl<'a> Discovery<'a> {
    pub(super) fn new(known: &'a Arc<Known>) -> Discovery<'a> {
        Discovery { known, tables: BTreeMap::new() }
    }

    pub(super) fn table(&mut self, name: &str) -> &mut TableFiles {
        self.tables.entry(name.to_owned()).or_insert_with(|| TableFiles {
            name: name.to_owned(),
            aliases: Vec::new(),
            files: Vec::new(),
            dated: Vec::new(),
            notices: Vec::new(),
        })
    }

    /// Adds a file, and returns the names of its tables. Without content that says otherwise, it is the table `stem`.
    pub(super) fn add(&mut self, examined: Examined, stem: &str, naming: Naming) -> Vec<String> {
        let Examined { file, recognised, survey } = examined;
        let plain = TableFile {
            file,
            format: recognised.format,
            portal: recognised.portal,
            types: recognised.types,
            wrapped: None,
            refused: ScanStats::default(),
        };
        let (file, format) = (plain.file.clone(), recognised.format);
        let (Some(records), Some(survey)) = (recognised.records, survey) else {
            let name = recognised.table.filter(|_| naming == Naming::ByContent);
            return vec![self.place(plain, name.as_deref().unwrap_or(stem), stem)];
        };
        let FileSurvey { tables, refused, passed, note } = survey;
        if records.is_rows() && tables.len() <= 1 {
            let name = tables.keys().next().map_or(stem, String::as_str);
            return vec![self.place(plain, name, stem)];
        }
        if tables.is_empty() {
            let file = TableFile { wrapped: Some(self.wrapping(records, stem, stem, naming)), refused, ..plain };
            return vec![self.place(file, stem, stem)];
        }
        let mut names = Vec::new();
        let several = tables.len() > 1;
        let note = note.map(|note| format!("{}: {note}", plain.file.path.display()));
        for (name, survey) in tables {
            let (wrapping, _) = self.wrapping(records, &name, stem, naming);
            let file = TableFile {
                file: file.clone(),
                format,
                portal: recognised.portal,
                types: recognised.types,
                wrapped: Some((wrapping, survey)),
                refused: refused.clone(),
            };
            names.push(self.place(file, &name, if several { &name } else { stem }));
            self.table(&name).notices.extend(note.clone());
            if passed > 0 {
                let note = format!(
                    "{}: {passed} {} about the response (statistics, properties) skipped",
                    plain.file.path.display(),
                    if passed == 1 { "row" } else { "rows" }
                );
                self.table(&name).notices.extend((!several).then_some(note));
            }
        }
        names
    }

    fn wrapping(&self, records: Records, table: &str, stem: &str, naming: Naming) -> (Wrapping, TableSurvey) {
        let known = self.known.clone();
        (Wrapping { records, known, table: table.into(), fallback: stem.into(), naming }, TableSurvey::default())
    }

    fn place(&mut self, file: TableFile, name: &str, stem: &str) -> String {
        let table = self.table(name);
        table.files.push(file);
        if name != stem && !table.aliases.iter().any(|a| a == stem) {
            table.aliases.push(stem.to_owned());
        }
        name.to_owned()
    }
}

//! Finds the tables in files and folders.

use super::archive::{self, Archive, Member};
use super::compression::Compression;
use super::input::{DataFile, Named};
use super::recognise::{Known, Records, recognise};
use super::records::{self, FileSurvey, Naming, TableSurvey, Wrapping};
use super::scan_stats::ScanStats;
use super::sniff;
use crate::error::SourceError;
use crate::types::ScalarType;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A data path: a file, or a folder of files, each of which is a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPath {
    /// The table's name, if it differs from the file's.
    pub name: Option<String>,
    /// The file or folder.
    pub path: PathBuf,
}

impl DataPath {
    /// Parses `PATH` or `NAME=PATH`. The text before the first `=` is a name only if it looks like one and the
    /// whole text is not an existing path.
    pub fn parse(text: &str) -> DataPath {
        if let Some((name, path)) = text.split_once('=') {
            let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | ' ' | '.');
            if !name.is_empty() && !path.is_empty() && name.chars().all(plain) && !Path::new(text).exists() {
                return DataPath { name: Some(name.to_owned()), path: path.into() };
            }
        }
        DataPath { name: None, path: text.into() }
    }
}

impl<P: Into<PathBuf>> From<P> for DataPath {
    fn from(path: P) -> DataPath {
        DataPath { name: None, path: path.into() }
    }
}

/// A table's name and its files.
#[derive(Debug)]
pub struct TableFiles {
    /// The table's name.
    pub name: String,
    /// The names of its files, if they differ from the table's.
    pub aliases: Vec<String>,
    /// In the order of their names.
    pub(super) files: Vec<TableFile>,
    /// Notices about it, such as skipped files.
    pub(super) notices: Vec<String>,
}

impl TableFiles {
    /// The files it is read from.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.files.iter().map(|file| file.file.path.as_path())
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

/// Finds the tables of the paths, by the names of files and by their content. Paths with the same table name form one
/// table; a file can contain several.
pub fn discover(paths: &[DataPath], known: &Arc<Known>) -> Result<Vec<TableFiles>, SourceError> {
    let mut found = Discovery { known, tables: BTreeMap::new() };
    for DataPath { name, path } in paths {
        if !path.exists() {
            return Err(SourceError::Missing(path.clone()));
        }
        let Some(folder) = Folder::at(path)? else {
            if !path.is_file() {
                return Err(SourceError::NoFile(path.clone()));
            }
            let file = sniff::data_file(path, None).ok_or_else(|| unknown(path))?;
            match name {
                Some(name) => found.add(file, name, Naming::ByUser)?,
                None => found.add(file, &stem(path), Naming::ByContent)?,
            };
            continue;
        };
        let mut passed = folder.passed();
        let mut names = Vec::new();
        if let Some(name) = name {
            // a named folder is one table
            let files = folder.files(&mut passed)?;
            names = found.add_all(files, name, Naming::ByUser)?;
        } else {
            for entry in folder.entries()? {
                match entry {
                    Entry::Folder(inner) => {
                        passed.extend(inner.passed());
                        // folders such as y=2026 belong to the folder that contains them
                        let own = inner.name();
                        let name = if own.contains('=') { folder.outer_name() } else { own };
                        names.extend(found.add_all(inner.files(&mut passed)?, &name, Naming::ByContent)?);
                    }
                    Entry::File(path, member) => match data_file(&path, member)? {
                        Some(file) => names.extend(found.add(file, &stem(&path), Naming::ByContent)?),
                        None => passed.push(path),
                    },
                }
            }
        }
        // reported once, with a table that exists
        let Some(first) = names.iter().min() else { return Err(SourceError::NoData(path.clone())) };
        let notice = passed_over(path, &passed);
        found.table(first).notices.extend(notice);
    }
    let mut tables: Vec<TableFiles> = found.tables.into_values().filter(|table| !table.files.is_empty()).collect();
    // a name that several tables share, or that is a table's own name, is not an alias
    let names: Vec<String> = tables.iter().map(|t| t.name.clone()).collect();
    let all: Vec<String> = tables.iter().flat_map(|t| t.aliases.clone()).collect();
    for table in &mut tables {
        table.aliases.retain(|a| !names.contains(a) && all.iter().filter(|other| *other == a).count() == 1);
    }
    Ok(tables)
}

struct Discovery<'a> {
    known: &'a Arc<Known>,
    tables: BTreeMap<String, TableFiles>,
}

impl Discovery<'_> {
    fn table(&mut self, name: &str) -> &mut TableFiles {
        self.tables.entry(name.to_owned()).or_insert_with(|| TableFiles {
            name: name.to_owned(),
            aliases: Vec::new(),
            files: Vec::new(),
            notices: Vec::new(),
        })
    }

    /// Adds files that are one table unless their content says otherwise, and returns the tables' names.
    fn add_all(&mut self, files: Vec<DataFile>, stem: &str, naming: Naming) -> Result<Vec<String>, SourceError> {
        let mut names = Vec::new();
        for file in files {
            names.extend(self.add(file, stem, naming)?);
        }
        Ok(names)
    }

    /// Adds a file, and returns the names of its tables.
    fn add(&mut self, file: DataFile, stem: &str, naming: Naming) -> Result<Vec<String>, SourceError> {
        // errors in a file are reported when its table is opened
        let recognised = recognise(&file, stem, self.known).unwrap_or_default();
        let plain = TableFile {
            file,
            format: recognised.format,
            portal: recognised.portal,
            types: recognised.types,
            wrapped: None,
            refused: ScanStats::default(),
        };
        let (file, format) = (plain.file.clone(), recognised.format);
        let Some(records) = recognised.records else {
            let name = recognised.table.filter(|_| naming == Naming::ByContent);
            return Ok(vec![self.place(plain, name.as_deref().unwrap_or(stem), stem)]);
        };
        let FileSurvey { tables, refused, passed, note } = records::survey(&file, records, self.known, stem, naming)?;
        if records.is_rows() && tables.len() <= 1 {
            let name = tables.keys().next().map_or(stem, String::as_str);
            return Ok(vec![self.place(plain, name, stem)]);
        }
        if tables.is_empty() {
            let file = TableFile { wrapped: Some(self.wrapping(records, stem, stem, naming)), refused, ..plain };
            return Ok(vec![self.place(file, stem, stem)]);
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
        Ok(names)
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

/// A folder: on the disk, or in an archive.
enum Folder {
    Disk(PathBuf),
    Archive {
        /// The archive's path, followed by the folder's path in it.
        shown: PathBuf,
        inner: PathBuf,
        archive: Rc<Archive>,
    },
}

/// An entry of a folder.
enum Entry {
    Folder(Folder),
    /// Its path, and its position if it is in an archive.
    File(PathBuf, Option<Arc<Member>>),
}

impl Folder {
    /// The folder or the archive at a path, if it is one.
    fn at(path: &Path) -> Result<Option<Folder>, SourceError> {
        if path.is_dir() {
            return Ok(Some(Folder::Disk(path.to_owned())));
        }
        if !archive::is_archive(path) || !path.is_file() {
            return Ok(None);
        }
        let archive = Rc::new(archive::open(path)?);
        Ok(Some(Folder::Archive { shown: path.to_owned(), inner: PathBuf::new(), archive }))
    }

    /// Its entries, sorted by name.
    fn entries(&self) -> Result<Vec<Entry>, SourceError> {
        match self {
            Folder::Disk(folder) => {
                let read = std::fs::read_dir(folder).map_err(|e| SourceError::unreadable(folder, e))?;
                let mut paths: Vec<PathBuf> = read
                    .map(|entry| entry.map(|e| e.path()))
                    .collect::<Result<_, _>>()
                    .map_err(|e| SourceError::unreadable(folder, e))?;
                paths.sort();
                let entry = |path: PathBuf| match Folder::at(&path)? {
                    Some(folder) => Ok(Entry::Folder(folder)),
                    None => Ok(Entry::File(path, None)),
                };
                paths.into_iter().map(entry).collect()
            }
            Folder::Archive { shown, inner, archive } => {
                let mut found = BTreeMap::new();
                for file in &archive.files {
                    let Ok(rest) = file.path.strip_prefix(inner) else { continue };
                    let mut parts = rest.components();
                    let Some(first) = parts.next() else { continue };
                    let shown = shown.join(first);
                    let is_file = parts.next().is_none();
                    found.entry(first).or_insert_with(|| match is_file {
                        true => Entry::File(shown, Some(file.member.clone())),
                        false => {
                            Entry::Folder(Folder::Archive { shown, inner: inner.join(first), archive: archive.clone() })
                        }
                    });
                }
                Ok(found.into_values().collect())
            }
        }
    }

    /// The data files in it and in its folders; other files are added to `passed`.
    fn files(&self, passed: &mut Vec<PathBuf>) -> Result<Vec<DataFile>, SourceError> {
        let mut files = Vec::new();
        for entry in self.entries()? {
            match entry {
                Entry::Folder(folder) => {
                    passed.extend(folder.passed());
                    files.extend(folder.files(passed)?);
                }
                Entry::File(path, member) => match data_file(&path, member)? {
                    Some(file) => files.push(file),
                    None => passed.push(path),
                },
            }
        }
        Ok(files)
    }

    /// The entries of an archive that are not files in it.
    fn passed(&self) -> Vec<PathBuf> {
        match self {
            Folder::Archive { shown, inner, archive } if inner.as_os_str().is_empty() => {
                archive.passed.iter().map(|name| shown.join(name.trim_start_matches('/'))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn path(&self) -> &Path {
        let (Folder::Disk(path) | Folder::Archive { shown: path, .. }) = self;
        path
    }

    fn name(&self) -> String {
        plain_name(file_name(self.path()))
    }

    /// Its name; for a part such as `y=2026`, the name of the folder that contains it.
    fn outer_name(&self) -> String {
        let path = self.path();
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let names = path.ancestors().map(file_name);
        let outer = names.into_iter().find(|name| !name.is_empty() && !name.contains('='));
        plain_name(outer.unwrap_or_else(|| file_name(&path)))
    }
}

/// A folder's name, without the extension of an archive.
fn plain_name(name: String) -> String {
    archive::stem(&name).map_or_else(|| name.clone(), str::to_owned)
}

/// The maximum number of file names in a message.
const NAMED: usize = 3;

/// The notice about skipped files, if there are any. Hidden files and queries are not mentioned.
fn passed_over(folder: &Path, passed: &[PathBuf]) -> Option<String> {
    let is_notable = |path: &&PathBuf| !file_name(path).starts_with(['.', '_']) && !is_query(path);
    let passed: Vec<&PathBuf> = passed.iter().filter(is_notable).collect();
    let name = |path: &&PathBuf| path.strip_prefix(folder).unwrap_or(path).display().to_string();
    let names: Vec<String> = passed.iter().take(NAMED).map(name).collect();
    let (count, rest) = (passed.len(), passed.len().saturating_sub(NAMED));
    let files = if count == 1 { "1 file is".to_owned() } else { format!("{count} files are") };
    let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
    (count > 0).then(|| {
        let folder = folder.display();
        format!("{folder}: {files} skipped because the format is not recognised: {}{more}", names.join(", "))
    })
}

fn is_query(path: &Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case("kql") || e.eq_ignore_ascii_case("csl"))
}

/// A data file in a folder. A file with the name of a data file must be one: if it were skipped, its rows would be missing.
fn data_file(path: &Path, member: Option<Arc<Member>>) -> Result<Option<DataFile>, SourceError> {
    if member.is_some() {
        return Ok(sniff::data_file(path, member));
    }
    match sniff::data_file(path, None) {
        Some(_) if !path.exists() => Err(SourceError::Missing(path.to_owned())),
        Some(_) if !path.is_file() => Err(SourceError::NoFile(path.to_owned())),
        file => Ok(file),
    }
}

/// Why a file that is named explicitly is not read.
fn unknown(path: &Path) -> SourceError {
    let name = file_name(path);
    match Named::split(Compression::split(&name).0) {
        Some((_, Named::Text)) => SourceError::UnknownText(path.to_owned()),
        _ => SourceError::UnknownFormat(path.to_owned()),
    }
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The file's name without the extensions of its format and compression.
fn stem(path: &Path) -> String {
    let name = file_name(path);
    let (rest, _) = Compression::split(&name);
    let rest = match Named::split(rest) {
        Some((stem, _)) => stem,
        None => rest.rsplit_once('.').map_or(rest, |(stem, _)| stem),
    };
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn found(paths: &[DataPath]) -> Result<Vec<TableFiles>, SourceError> {
        discover(paths, &Arc::default())
    }

    #[test]
    fn names_and_paths() {
        assert_eq!(DataPath::parse("a/b.csv"), DataPath { name: None, path: "a/b.csv".into() });
        assert_eq!(DataPath::parse("T=a/b.csv"), DataPath { name: Some("T".into()), path: "a/b.csv".into() });
        assert_eq!(DataPath::parse("a/x=1/b.csv"), DataPath { name: None, path: "a/x=1/b.csv".into() });
        assert_eq!(stem(Path::new("a/My.Table.ndjson.gz")), "My.Table");
        assert_eq!(stem(Path::new("T.JSON")), "T");
    }

    #[test]
    fn folders_and_files() {
        let dir = tempfile::tempdir().expect("a folder");
        let root = dir.path();
        fs::create_dir_all(root.join("Many/2024")).expect("folders");
        for file in
            ["One.csv", "Two.ndjson.gz", "Many/a.json", "Many/2024/b.parquet", "Many/notes.docx", "readme.md", "q.kql"]
        {
            fs::write(root.join(file), "").expect("a file");
        }
        let tables = found(&[root.into()]).expect("tables");
        let names: Vec<(&str, usize, usize)> =
            tables.iter().map(|t| (t.name.as_str(), t.files.len(), t.notices.len())).collect();
        assert_eq!(names, [("Many", 2, 1), ("One", 1, 0), ("Two", 1, 0)]);
        let notice = &tables[0].notices[0];
        assert!(
            notice.ends_with("2 files are skipped because the format is not recognised: Many/notes.docx, readme.md")
        );
        let named = DataPath { name: Some("X".into()), path: root.join("Many") };
        assert_eq!(found(&[named]).expect("a table")[0].name, "X");
    }

    #[test]
    fn what_is_not_there() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(matches!(found(&[dir.path().into()]), Err(SourceError::NoData(_))));
        assert!(matches!(found(&[dir.path().join("x.csv").into()]), Err(SourceError::Missing(_))));
        let odd = dir.path().join("x.docx");
        fs::write(&odd, "").expect("a file");
        let error = found(&[odd.into()]).expect_err("no format");
        assert!(error.to_string().contains("x.docx") && error.to_string().contains(".ndjson"), "{error}");
    }
}

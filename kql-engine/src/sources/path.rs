//! Finds the tables in files and folders.

use super::dated::{self, DatedFolders};
use super::examine::{self, Candidate, file_name, stem};
use super::folder_dates::FolderDates;
use super::folders::{Folder, Item, below, joined, table_name};
use super::location::Location;
use super::options::OpenOptions;
use super::recognise::Known;
use super::records::Naming;
use super::table_files::{Discovery, TableFiles};
use crate::error::SourceError;
use crate::stores::{self, Address, Found, Store, is_url};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A data path: a file, or a folder of files, each of which is a table; on this computer, or in an object store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPath {
    /// The table's name, if it differs from the file's.
    pub name: Option<String>,
    /// The file or folder; a URL is one of an object store.
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

/// Finds the tables of the paths, by the names of files and by their content. Paths with the same table name form one
/// table; a file can contain several.
pub fn discover(paths: &[DataPath], known: &Arc<Known>, options: &OpenOptions) -> Result<Vec<TableFiles>, SourceError> {
    let mut found = Discovery::new(known);
    for DataPath { name, path } in paths {
        let naming = if name.is_some() { Naming::ByUser } else { Naming::ByContent };
        let Root { location, folder, closed } = Root::at(path, name.as_deref(), options)?;
        let Some(folder) = folder else {
            let stem = name.clone().unwrap_or_else(|| stem(location.path()));
            let file = Candidate { path: location.path().to_owned(), location, member: None, stem, naming };
            let examined = file.examine(known)?.ok_or_else(|| file.unknown())?;
            found.add(examined, &file.stem, naming);
            save(&file);
            continue;
        };
        let mut items = Vec::new();
        match name {
            // a named folder is one table
            Some(name) => folder.items(name, naming, &mut items)?,
            None => folder.tables(&mut items)?,
        }
        let dated: Vec<Arc<DatedFolders>> = closed
            .into_iter()
            .map(|(stem, (store, urls))| Arc::new(DatedFolders::new(store, urls, &stem, naming, known)))
            .collect();
        let files: Vec<&Candidate> = items.iter().filter_map(Item::candidate).collect();
        let mut examined = examine::examine(&files, known).into_iter();
        let (mut passed, mut names) = (Vec::new(), Vec::new());
        for item in &items {
            let file = match item {
                Item::Passed(path) => {
                    passed.push(path.clone());
                    continue;
                }
                Item::File(file) => file,
            };
            let Some(examined) = examined.next() else { break };
            let Some(examined) = examined? else {
                passed.push(file.path.clone());
                continue;
            };
            let tables = found.add(examined, &file.stem, file.naming);
            for dated in dated.iter().filter(|dated| dated.stem() == file.stem) {
                tables.iter().for_each(|table| found.table(table).add_dated(dated));
            }
            names.extend(tables);
        }
        if let Some(file) = files.first() {
            save(file);
        }
        // reported once, with a table that exists
        let Some(first) = names.iter().min() else { return Err(SourceError::NoData(location.path().to_owned())) };
        let notice = passed_over(location.path(), &passed);
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

/// Writes what was found out about the objects beside this file.
fn save(file: &Candidate) {
    if let Some(object) = file.location.object() {
        object.save_memo();
    }
}

/// What a data path names.
struct Root {
    location: Location,
    /// `None` for one file.
    folder: Option<Folder>,
    /// By the name of the table: folders that are listed when a query needs their times.
    closed: BTreeMap<String, (Store, Vec<String>)>,
}

impl Root {
    /// `name` is the table's name, if the user gave one.
    fn at(path: &Path, name: Option<&str>, options: &OpenOptions) -> Result<Root, SourceError> {
        let text = path.to_str().filter(|text| is_url(text));
        let Some(text) = text else {
            if !path.exists() {
                return Err(stores::meant_url(path).unwrap_or_else(|| SourceError::Missing(path.to_owned())));
            }
            let root = Root::of(Location::Disk(path.to_owned()))?;
            return match root.folder {
                None if !path.is_file() => Err(SourceError::NoFile(path.to_owned())),
                _ => Ok(root),
            };
        };
        let store = Store::connect(Address::parse(text)?, options.remember)?;
        let closed = |url: &str| dated::is_dated(url);
        let is_dated = options.folder_dates == FolderDates::Event;
        let listed = match store.find(if is_dated { Some(&closed) } else { None })? {
            Found::Object(object) => return Root::of(Location::Object(object)),
            Found::Folder(listed) => listed,
        };
        let (url, mut objects) = (store.url(), listed.objects);
        let mut by_table: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for folder in listed.closed {
            let first = below(&folder, &url).and_then(|rest| rest.split('/').next()).unwrap_or_default();
            let table = name.map_or_else(|| table_name(Path::new(&joined(&url, first))), str::to_owned);
            by_table.entry(table).or_default().push(folder);
        }
        let mut closed = BTreeMap::new();
        for (table, urls) in by_table {
            let (samples, rest) = dated::sampled(urls);
            for listed in stores::in_parallel(&samples, |url| store.below(url)) {
                objects.extend(listed?);
            }
            closed.insert(table, (store.clone(), rest));
        }
        let location = Location::Disk(url.clone().into());
        Ok(Root { location, folder: Some(Folder::Store { url, objects }), closed })
    }

    fn of(location: Location) -> Result<Root, SourceError> {
        let folder = Folder::at(&location)?;
        Ok(Root { location, folder, closed: BTreeMap::new() })
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn found(paths: &[DataPath]) -> Result<Vec<TableFiles>, SourceError> {
        discover(paths, &Arc::default(), &OpenOptions::default())
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

//! Which files make which tables.

use super::SourceError;
use super::input::{Compression, DataFile, Format};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// A place of data: a file, or a folder of files, each a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataPath {
    /// The table's name, where it is not to be the file's.
    pub name: Option<String>,
    /// The file or folder.
    pub path: PathBuf,
}

impl DataPath {
    /// From `PATH` or `NAME=PATH`. What is before the first `=` is a name only if it looks like one and the
    /// whole is no existing path.
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
#[derive(Clone, Debug)]
pub struct TableFiles {
    /// The table's name.
    pub name: String,
    /// In the order of their names.
    pub(super) files: Vec<DataFile>,
    /// What to say about it: files left out.
    pub(super) notices: Vec<String>,
}

/// Finds the tables of the paths. Paths that give the same name give one table.
pub fn discover(paths: &[DataPath]) -> Result<Vec<TableFiles>, SourceError> {
    let mut tables: BTreeMap<String, TableFiles> = BTreeMap::new();
    let mut add = |name: String, files: Vec<DataFile>, notices: Vec<String>| {
        let table =
            tables.entry(name.clone()).or_insert_with(|| TableFiles { name, files: Vec::new(), notices: Vec::new() });
        table.files.extend(files);
        table.notices.extend(notices);
    };
    for DataPath { name, path } in paths {
        if !path.exists() {
            return Err(SourceError::Missing(path.clone()));
        }
        if !path.is_dir() {
            let file = DataFile::new(path).ok_or_else(|| SourceError::UnknownFormat(path.clone()))?;
            add(name.clone().unwrap_or_else(|| stem(path)), vec![file], Vec::new());
            continue;
        }
        if let Some(name) = name {
            // a named folder is one table
            let (files, notices) = files_under(path)?;
            if files.is_empty() {
                return Err(SourceError::NoData(path.clone()));
            }
            add(name.clone(), files, notices);
            continue;
        }
        let mut found = false;
        let mut left_out = Vec::new();
        for entry in entries(path)? {
            if entry.is_dir() {
                let (files, notices) = files_under(&entry)?;
                if !files.is_empty() {
                    found = true;
                    add(file_name(&entry), files, notices);
                }
            } else if let Some(file) = DataFile::new(&entry) {
                found = true;
                add(stem(&entry), vec![file], Vec::new());
            } else {
                left_out.push(entry);
            }
        }
        if !found {
            return Err(SourceError::NoData(path.clone()));
        }
        // a stray file concerns no table, unless it has the name of one
        for entry in left_out {
            add(stem(&entry), Vec::new(), vec![skipped(&entry)]);
        }
    }
    tables.retain(|_, table| !table.files.is_empty());
    Ok(tables.into_values().collect())
}

fn skipped(path: &Path) -> String {
    format!("{}: skipped, the format is not known from the name", path.display())
}

/// The data files in a folder and the folders in it.
fn files_under(folder: &Path) -> Result<(Vec<DataFile>, Vec<String>), SourceError> {
    let (mut files, mut notices) = (Vec::new(), Vec::new());
    for entry in entries(folder)? {
        if entry.is_dir() {
            let (more, notes) = files_under(&entry)?;
            files.extend(more);
            notices.extend(notes);
        } else if let Some(file) = DataFile::new(&entry) {
            files.push(file);
        } else if !file_name(&entry).starts_with(['.', '_']) {
            notices.push(skipped(&entry));
        }
    }
    Ok((files, notices))
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, SourceError> {
    let read = std::fs::read_dir(folder).map_err(|e| SourceError::unreadable(folder, e))?;
    let mut entries: Vec<PathBuf> = read
        .map(|entry| entry.map(|e| e.path()))
        .collect::<Result<_, _>>()
        .map_err(|e| SourceError::unreadable(folder, e))?;
    entries.sort();
    Ok(entries)
}

fn file_name(path: &Path) -> String {
    path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The file's name without the extensions of its format and compression.
fn stem(path: &Path) -> String {
    let name = file_name(path);
    let (rest, _) = Compression::split(&name);
    let rest = match Format::split(rest) {
        Some((stem, _)) => stem,
        None => rest.rsplit_once('.').map_or(rest, |(stem, _)| stem),
    };
    rest.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

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
        for file in ["One.csv", "Two.ndjson.gz", "Many/a.json", "Many/2024/b.parquet", "Many/notes.docx", "readme.md"] {
            fs::write(root.join(file), "").expect("a file");
        }
        let tables = discover(&[root.into()]).expect("tables");
        let names: Vec<(&str, usize, usize)> =
            tables.iter().map(|t| (t.name.as_str(), t.files.len(), t.notices.len())).collect();
        assert_eq!(names, [("Many", 2, 1), ("One", 1, 0), ("Two", 1, 0)]);
        let named = DataPath { name: Some("X".into()), path: root.join("Many") };
        assert_eq!(discover(&[named]).expect("a table")[0].name, "X");
    }

    #[test]
    fn what_is_not_there() {
        let dir = tempfile::tempdir().expect("a folder");
        assert!(matches!(discover(&[dir.path().into()]), Err(SourceError::NoData(_))));
        assert!(matches!(discover(&[dir.path().join("x.csv").into()]), Err(SourceError::Missing(_))));
        let odd = dir.path().join("x.docx");
        fs::write(&odd, "").expect("a file");
        let error = discover(&[odd.into()]).expect_err("no format");
        assert!(error.to_string().contains("x.docx") && error.to_string().contains(".ndjson"), "{error}");
    }
}

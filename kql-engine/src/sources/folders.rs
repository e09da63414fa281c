//! Folders of data: on the disk, in an archive, in an object store.

use super::archive::{self, Archive, Member};
use super::examine::{Candidate, file_name, stem};
use super::location::Location;
use super::records::Naming;
use crate::error::SourceError;
use crate::stores::Object;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;

/// A folder.
pub(super) enum Folder {
    Disk(PathBuf),
    Archive {
        /// The archive's path, followed by the folder's path in it.
        shown: PathBuf,
        inner: PathBuf,
        archive: Rc<Archive>,
        location: Location,
    },
    /// In an object store: its URL, and the objects in it and in its folders.
    Store {
        url: String,
        objects: Vec<Arc<Object>>,
    },
}

/// An entry of a folder.
pub(super) enum Entry {
    Folder(Folder),
    /// Its path, where its bytes are, and its position if it is in an archive.
    File(PathBuf, Location, Option<Arc<Member>>),
}

/// A file below a folder.
pub(super) enum Item {
    File(Candidate),
    /// An entry of an archive that is not a file in it.
    Passed(PathBuf),
}

impl Item {
    pub(super) fn candidate(&self) -> Option<&Candidate> {
        match self {
            Item::File(file) => Some(file),
            Item::Passed(_) => None,
        }
    }
}

impl Folder {
    /// The folder or the archive at a location, if it is one.
    pub(super) fn at(location: &Location) -> Result<Option<Folder>, SourceError> {
        let path = location.path();
        if let Location::Disk(path) = location
            && path.is_dir()
        {
            return Ok(Some(Folder::Disk(path.clone())));
        }
        if !archive::is_archive(path) || !location.is_file() {
            return Ok(None);
        }
        let archive = Rc::new(archive::open(location)?);
        let (shown, location) = (path.to_owned(), location.clone());
        Ok(Some(Folder::Archive { shown, inner: PathBuf::new(), archive, location }))
    }

    /// Its entries, sorted by name.
    pub(super) fn entries(&self) -> Result<Vec<Entry>, SourceError> {
        let entry = |location: Location| match Folder::at(&location)? {
            Some(folder) => Ok(Entry::Folder(folder)),
            None => Ok(Entry::File(location.path().to_owned(), location, None)),
        };
        match self {
            Folder::Disk(folder) => {
                let read = std::fs::read_dir(folder).map_err(|e| SourceError::unreadable(folder, e))?;
                let mut paths: Vec<PathBuf> = read
                    .map(|entry| entry.map(|e| e.path()))
                    .collect::<Result<_, _>>()
                    .map_err(|e| SourceError::unreadable(folder, e))?;
                paths.sort();
                paths.into_iter().map(|path| entry(Location::Disk(path))).collect()
            }
            Folder::Archive { shown, inner, archive, location } => {
                let mut found = BTreeMap::new();
                for file in &archive.files {
                    let Ok(rest) = file.path.strip_prefix(inner) else { continue };
                    let mut parts = rest.components();
                    let Some(first) = parts.next() else { continue };
                    let shown = shown.join(first);
                    let is_file = parts.next().is_none();
                    found.entry(first).or_insert_with(|| match is_file {
                        true => Entry::File(shown, location.clone(), Some(file.member.clone())),
                        false => {
                            let (inner, location) = (inner.join(first), location.clone());
                            Entry::Folder(Folder::Archive { shown, inner, archive: archive.clone(), location })
                        }
                    });
                }
                Ok(found.into_values().collect())
            }
            Folder::Store { url, objects } => {
                let mut folders: BTreeMap<&str, Vec<Arc<Object>>> = BTreeMap::new();
                let mut files: BTreeMap<&str, &Arc<Object>> = BTreeMap::new();
                for object in objects {
                    let Some(rest) = object.url().to_str().and_then(|text| below(text, url)) else { continue };
                    match rest.split_once('/') {
                        Some((folder, _)) => folders.entry(folder).or_default().push(object.clone()),
                        None => {
                            files.insert(rest, object);
                        }
                    }
                }
                let folder = |(name, objects): (&str, Vec<Arc<Object>>)| {
                    (name.to_owned(), Ok(Entry::Folder(Folder::Store { url: joined(url, name), objects })))
                };
                let file =
                    |(name, object): (&str, &Arc<Object>)| (name.to_owned(), entry(Location::Object(object.clone())));
                let mut all: Vec<(String, Result<Entry, SourceError>)> =
                    folders.into_iter().map(folder).chain(files.into_iter().map(file)).collect();
                all.sort_by(|(a, _), (b, _)| a.cmp(b));
                all.into_iter().map(|(_, entry)| entry).collect()
            }
        }
    }

    /// Adds the files in it and in its folders.
    pub(super) fn items(&self, stem: &str, naming: Naming, items: &mut Vec<Item>) -> Result<(), SourceError> {
        items.extend(self.passed());
        for entry in self.entries()? {
            match entry {
                Entry::Folder(folder) => folder.items(stem, naming, items)?,
                Entry::File(path, location, member) => {
                    items.push(Item::File(Candidate { path, location, member, stem: stem.to_owned(), naming }));
                }
            }
        }
        Ok(())
    }

    /// Adds the files in it, each of which is a table, and those of its folders, each of which is a table.
    pub(super) fn tables(&self, items: &mut Vec<Item>) -> Result<(), SourceError> {
        items.extend(self.passed());
        for entry in self.entries()? {
            match entry {
                Entry::Folder(inner) => inner.items(&inner.table_name(), Naming::ByContent, items)?,
                Entry::File(path, location, member) => {
                    let (stem, naming) = (stem(&path), Naming::ByContent);
                    items.push(Item::File(Candidate { path, location, member, stem, naming }));
                }
            }
        }
        Ok(())
    }

    /// The entries of an archive that are not files in it.
    fn passed(&self) -> Vec<Item> {
        match self {
            Folder::Archive { shown, inner, archive, .. } if inner.as_os_str().is_empty() => {
                let path = |name: &String| shown.join(name.trim_start_matches('/'));
                archive.passed.iter().map(|name| Item::Passed(path(name))).collect()
            }
            _ => Vec::new(),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Folder::Disk(path) | Folder::Archive { shown: path, .. } => path,
            Folder::Store { url, .. } => Path::new(url),
        }
    }

    /// The name of the table of its files. Folders such as `y=2026` belong to the folder that contains them.
    fn table_name(&self) -> String {
        match self {
            Folder::Store { url, .. } => table_name(Path::new(url)),
            _ => {
                let own = plain_name(file_name(self.path()));
                if !own.contains('=') {
                    return own;
                }
                let path = self.path();
                table_name(&path.canonicalize().unwrap_or_else(|_| path.to_owned()))
            }
        }
    }
}

/// The name of the table of a folder's files, by the folder's whole path.
pub(super) fn table_name(path: &Path) -> String {
    let outer = path.ancestors().map(file_name).find(|name| !name.is_empty() && !name.contains('='));
    plain_name(outer.unwrap_or_else(|| file_name(path)))
}

/// The part of a URL below the URL of a folder.
pub(super) fn below<'a>(url: &'a str, folder: &str) -> Option<&'a str> {
    url.strip_prefix(folder.trim_end_matches('/'))?.strip_prefix('/')
}

/// The URL of an entry of a folder.
pub(super) fn joined(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}

/// A folder's name, without the extension of an archive.
fn plain_name(name: String) -> String {
    archive::stem(&name).map_or_else(|| name.clone(), str::to_owned)
}

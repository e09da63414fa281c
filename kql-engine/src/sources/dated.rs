//! Folders of an object store whose names are dates, and whose files a query needs only for its own times.
//!
//! Where the user declares that folders contain the rows' own times, a store is not listed and read as a whole: the
//! columns of a table come from a few of its folders, and the others are listed when a query needs their times. What they
//! have then is compared with what the few have shown ([`super::SourceTable::confirmed`]).

use super::examine::{self, file_name};
use super::folder_dates::{self, Span};
use super::folders::{Folder, Item};
use super::recognise::Known;
use super::records::Naming;
use super::table_files::{Discovery, TableFiles};
use crate::error::SourceError;
use crate::stores::Store;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The number of folders that show a table's columns.
const SAMPLES: usize = 4;

/// Folders with dates of one table.
#[derive(Debug)]
pub(super) struct DatedFolders {
    store: Store,
    /// Their URLs, and the times of their rows.
    folders: Vec<(String, Span)>,
    stem: String,
    naming: Naming,
    known: Arc<Known>,
}

/// Whether the folder of a URL is left closed: its name is a day or a part of one.
pub(super) fn is_dated(url: &str) -> bool {
    span(url).is_some_and(|span| span.is_within_a_day())
}

fn span(url: &str) -> Option<Span> {
    folder_dates::span(&Path::new(url).join("file"))
}

/// The URLs that show a table's columns, and the others: the first and the last, and some between them.
pub(super) fn sampled(urls: Vec<String>) -> (Vec<String>, Vec<String>) {
    let last = urls.len().saturating_sub(1);
    let is_sample = |at: usize| (0..SAMPLES).any(|i| i * last / (SAMPLES - 1) == at);
    let (samples, rest): (Vec<_>, Vec<_>) = urls.into_iter().enumerate().partition(|(at, _)| is_sample(*at));
    let url = |(_, url)| url;
    (samples.into_iter().map(url).collect(), rest.into_iter().map(url).collect())
}

impl DatedFolders {
    /// The folders with these URLs, whose rows are in the table `stem` unless they say otherwise.
    pub(super) fn new(store: Store, urls: Vec<String>, stem: &str, naming: Naming, known: &Arc<Known>) -> DatedFolders {
        let folders =
            urls.into_iter().filter_map(|url| Some((span(&url)?, url))).map(|(span, url)| (url, span)).collect();
        DatedFolders { store, folders, stem: stem.to_owned(), naming, known: known.clone() }
    }

    pub(super) fn stem(&self) -> &str {
        &self.stem
    }

    pub(super) fn count(&self) -> usize {
        self.folders.len()
    }

    /// The times of the rows of a folder.
    pub(super) fn span(&self, folder: usize) -> Option<Span> {
        self.folders.get(folder).map(|(_, span)| *span)
    }

    /// The files of some folders that belong to a table.
    ///
    /// # Errors
    /// A folder cannot be listed, or a file in it cannot be read.
    pub(super) fn read(&self, folders: &[usize], table: &str) -> Result<Option<TableFiles>, SourceError> {
        let urls: Vec<&String> = folders.iter().filter_map(|i| self.folders.get(*i)).map(|(url, _)| url).collect();
        let listed = crate::stores::in_parallel(&urls, |url| self.store.below(url));
        let mut items = Vec::new();
        for (url, objects) in urls.into_iter().zip(listed) {
            Folder::Store { url: url.clone(), objects: objects? }.items(&self.stem, self.naming, &mut items)?;
        }
        let (found, mut passed) = place(&items, &self.known)?;
        let mut tables = found.tables;
        let mut own = tables.remove(table);
        if let Some(own) = &mut own {
            passed.retain(|path| !file_name(path).starts_with(['.', '_']));
            own.notices.extend(
                passed.iter().map(|path| {
                    format!("{}: the file is skipped because the format is not recognised", path.display())
                }),
            );
        }
        Ok(own)
    }
}

/// What is left of the folders of a table.
#[derive(Clone, Debug)]
pub(super) struct Unread {
    folders: Arc<DatedFolders>,
    left: Vec<usize>,
}

impl Unread {
    /// All of the folders.
    pub(super) fn all(folders: &Arc<DatedFolders>) -> Unread {
        Unread { folders: folders.clone(), left: (0..folders.count()).collect() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Takes out the folders with the needed times, and finds the files in them that belong to a table.
    ///
    /// # Errors
    /// Those of [`DatedFolders::read`]; nothing is taken out then.
    pub(super) fn take(
        &mut self,
        needed: &dyn Fn(Span) -> bool,
        table: &str,
    ) -> Result<Option<TableFiles>, SourceError> {
        let is_needed = |folder: &usize| self.folders.span(*folder).is_none_or(needed);
        let (taken, left): (Vec<usize>, Vec<usize>) = self.left.iter().partition(|folder| is_needed(folder));
        if taken.is_empty() {
            return Ok(None);
        }
        let found = self.folders.read(&taken, table)?;
        self.left = left;
        Ok(found)
    }
}

/// Examines files, and finds their tables; also returns those that are not data.
fn place<'a>(items: &[Item], known: &'a Arc<Known>) -> Result<(Discovery<'a>, Vec<PathBuf>), SourceError> {
    let mut found = Discovery::new(known);
    let mut passed = Vec::new();
    let files: Vec<_> = items.iter().filter_map(Item::candidate).collect();
    for (file, examined) in files.iter().zip(examine::examine(&files, known)) {
        match examined? {
            Some(examined) => _ = found.add(examined, &file.stem, file.naming),
            None => passed.push(file.path.clone()),
        }
    }
    Ok((found, passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_that_are_left_closed() {
        for url in ["s3://b/T/date=2026-03-10", "s3://b/y=2026/m=03/d=10", "s3://b/y=2026/m=03/d=10/h=05"] {
            assert!(is_dated(url), "{url}");
        }
        for url in ["s3://b/T", "s3://b/y=2026", "s3://b/y=2026/m=03", "s3://b/region=x"] {
            assert!(!is_dated(url), "{url}");
        }
    }

    #[test]
    fn samples_are_spread() {
        let urls: Vec<String> = (0..10).map(|n| n.to_string()).collect();
        let (samples, rest) = sampled(urls);
        assert_eq!(samples, ["0", "3", "6", "9"]);
        assert_eq!(rest.len(), 6);
        assert_eq!(sampled(vec!["a".into(), "b".into()]), (vec!["a".into(), "b".into()], vec![]));
        assert_eq!(sampled(Vec::new()), (vec![], vec![]));
    }
}

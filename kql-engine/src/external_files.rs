//! Which files `externaldata` reads: copies that the caller named, and files in folders that the caller allowed. A query is
//! often the work of somebody else, so it reads no other file, and never the network.

use crate::error::SourceError;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

/// The files that queries can read by `externaldata`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ExternalFiles {
    /// Copies, by the address that queries use.
    pub copies: HashMap<String, PathBuf>,
    /// Folders of copies, each named like the last part of its address.
    pub folders: Vec<PathBuf>,
    /// Folders and files that queries can name by their path.
    pub allowed: Vec<PathBuf>,
}

/// Why a query does not get a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExternalRefused {
    /// The address is not one of a local file, and no copy of it was named.
    #[error("there is no local copy")]
    NoCopy,
    /// The caller did not allow queries to read it.
    #[error("queries are not allowed to read it")]
    NotAllowed,
    /// It is not a file that can be read.
    #[error(transparent)]
    Unreadable(#[from] SourceError),
}

impl ExternalFiles {
    /// The file for an address or a path in a query.
    pub(crate) fn find(&self, uri: &str) -> Result<PathBuf, ExternalRefused> {
        let address = without_secret(uri);
        if let Some(path) = self.copies.get(uri).or_else(|| self.copies.get(address)) {
            return Ok(regular(path)?);
        }
        match Place::of(address) {
            Place::Elsewhere => self.copy(address),
            Place::Local(path) => self.allowed_file(Path::new(&*path)),
        }
    }

    /// The copy of an address in one of the folders of copies.
    fn copy(&self, address: &str) -> Result<PathBuf, ExternalRefused> {
        let name = last_part(address).ok_or(ExternalRefused::NoCopy)?;
        for folder in &self.folders {
            let path = folder.join(&name);
            // a link can lead out of the folder
            if path.exists() {
                return if is_within(&real(&path)?, folder) {
                    Ok(regular(&path)?)
                } else {
                    Err(ExternalRefused::NotAllowed)
                };
            }
        }
        Err(ExternalRefused::NoCopy)
    }

    /// A file by its path. A relative path starts at the current folder or at one of the allowed folders.
    fn allowed_file(&self, path: &Path) -> Result<PathBuf, ExternalRefused> {
        let folders = self.allowed.iter().filter(|folder| path.is_relative() && folder.is_dir());
        let from_folders = folders.map(|folder| folder.join(path));
        let mut missing = None;
        for candidate in std::iter::once(path.to_owned()).chain(from_folders) {
            match candidate.canonicalize() {
                Ok(found) if self.allows(&found) => return Ok(regular(&found)?),
                Ok(_) => {}
                // whether a file exists outside of the folders is not shown
                Err(error) => {
                    if missing.is_none() && self.would_allow(&candidate) {
                        missing = Some(match error.kind() {
                            std::io::ErrorKind::NotFound => SourceError::Missing(path.to_owned()),
                            _ => SourceError::unreadable(path, error),
                        });
                    }
                }
            }
        }
        Err(missing.map_or(ExternalRefused::NotAllowed, ExternalRefused::Unreadable))
    }

    /// Whether a path without links is that of an allowed file.
    fn allows(&self, real: &Path) -> bool {
        self.allowed.iter().any(|folder| is_within(real, folder))
    }

    /// Whether a file that does not exist would be in an allowed folder.
    fn would_allow(&self, path: &Path) -> bool {
        let upwards = path.components().any(|part| part == Component::ParentDir);
        let folder = path.ancestors().skip(1).find_map(|folder| {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            folder.canonicalize().ok()
        });
        !upwards && folder.is_some_and(|folder| folder.is_dir() && self.allows(&folder))
    }
}

/// What the text of an `externaldata` refers to.
enum Place<'a> {
    /// A path on this computer.
    Local(Cow<'a, str>),
    /// Another computer. A path that begins with two slashes would open the network on Windows.
    Elsewhere,
}

impl Place<'_> {
    fn of(address: &str) -> Place<'_> {
        let slash = |c: char| c == '/' || c == '\\';
        let is_network =
            |path: &str| path.starts_with(slash) && path.get(1..).is_some_and(|rest| rest.starts_with(slash));
        if is_network(address) {
            return Place::Elsewhere;
        }
        let Some((scheme, rest)) = address.split_once("://") else { return Place::Local(Cow::Borrowed(address)) };
        if !scheme.eq_ignore_ascii_case("file") {
            return Place::Elsewhere;
        }
        // file:///path, file://localhost/path, file:///C:/path
        let host = rest.find('/').and_then(|end| rest.get(..end));
        let path = match host {
            Some("") => rest,
            Some(host) if host.eq_ignore_ascii_case("localhost") => rest.get(host.len()..).unwrap_or(""),
            _ => return Place::Elsewhere,
        };
        let Ok(path) = percent_encoding::percent_decode_str(path).decode_utf8() else { return Place::Elsewhere };
        let drive = matches!(path.as_bytes(), [b'/', letter, b':', ..] if letter.is_ascii_alphabetic());
        let path = if drive { path.get(1..).unwrap_or("").to_owned() } else { path.into_owned() };
        if is_network(&path) {
            return Place::Elsewhere;
        }
        Place::Local(Cow::Owned(path))
    }
}

/// Whether an address is not one of a local file, so that a copy is needed.
pub(crate) fn needs_copy(uri: &str) -> bool {
    matches!(Place::of(without_secret(uri)), Place::Elsewhere)
}

/// An address as messages show it: what follows a semicolon is a secret.
pub(crate) fn without_secret(uri: &str) -> &str {
    uri.split(';').next().unwrap_or(uri)
}

/// The path without links.
fn real(path: &Path) -> Result<PathBuf, SourceError> {
    path.canonicalize().map_err(|e| SourceError::unreadable(path, e))
}

fn is_within(real: &Path, folder: &Path) -> bool {
    folder.canonicalize().is_ok_and(|folder| real.starts_with(folder))
}

/// The path, if it is that of a file: no folder, pipe or device.
fn regular(path: &Path) -> Result<PathBuf, SourceError> {
    match path.metadata() {
        Ok(found) if found.is_file() => Ok(path.to_owned()),
        Ok(_) => Err(SourceError::NoFile(path.to_owned())),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Err(SourceError::Missing(path.to_owned())),
        Err(e) => Err(SourceError::unreadable(path, e)),
    }
}

/// The last part of an address, as the name of a file; `None` if it is empty.
fn last_part(address: &str) -> Option<String> {
    let path = address.split(['?', '#']).next()?;
    let (_, path) = path.split_once("://").unwrap_or(("", path));
    let (_, name) = path.trim_end_matches(['/', '\\']).rsplit_once(['/', '\\'])?;
    let name = percent_encoding::percent_decode_str(name).decode_utf8().ok()?.into_owned();
    let is_name = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\\', '\0', ':']);
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> (tempfile::TempDir, ExternalFiles) {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("open")).expect("a folder");
        fs::write(folder.path().join("open/a b.csv"), "1").expect("a file");
        fs::write(folder.path().join("secret.csv"), "1").expect("a file");
        let files = ExternalFiles { allowed: vec![folder.path().join("open")], ..ExternalFiles::default() };
        (folder, files)
    }

    #[test]
    fn nothing_is_allowed_that_was_not_named() {
        let (folder, files) = folder();
        let none = ExternalFiles::default();
        let path = folder.path().join("open/a b.csv");
        let text = path.to_string_lossy();
        assert_eq!(none.find(&text), Err(ExternalRefused::NotAllowed));
        assert_eq!(none.find("/no/such/file.csv"), Err(ExternalRefused::NotAllowed));
        assert!(files.find(&text).is_ok());
        let one = ExternalFiles { allowed: vec![path.clone()], ..ExternalFiles::default() };
        assert!(one.find(&text).is_ok());
        let mapped = ExternalFiles { copies: [("x".to_owned(), path)].into(), ..ExternalFiles::default() };
        assert!(mapped.find("x").is_ok() && mapped.find("x;key").is_ok());
    }

    #[test]
    fn paths_stay_in_the_allowed_folders() {
        let (folder, files) = folder();
        let root = folder.path().join("open");
        assert!(files.find("a b.csv").is_ok());
        let url = format!("file://{}/a%20b.csv", root.display()).replace('\\', "/");
        if cfg!(unix) {
            assert!(files.find(&url).is_ok());
            assert!(files.find(&url.replace("file://", "FILE://localhost")).is_ok());
        }
        for out in ["../secret.csv", "../open/../secret.csv", "../missing.csv", "missing/../../secret.csv"] {
            assert_eq!(files.find(out), Err(ExternalRefused::NotAllowed), "{out}");
        }
        let missing = Err(ExternalRefused::Unreadable(SourceError::Missing("b.csv".into())));
        assert_eq!(files.find("b.csv"), missing);
        let is_no_file = |found| matches!(found, Err(ExternalRefused::Unreadable(SourceError::NoFile(_))));
        assert!(is_no_file(files.find(&root.to_string_lossy())));
    }

    #[test]
    fn the_network_is_never_used() {
        let (folder, mut files) = folder();
        for address in [
            "https://example.com/a.csv",
            "abfss://c@example.com/a.csv",
            r"\\server\share\a.csv",
            "//server/share/a.csv",
            r"/\server\share\a.csv",
            r"\\?\C:\a.csv",
            "file://server/share/a.csv",
            "file:////server/share/a.csv",
            "file:///%2Fserver/share/a.csv",
        ] {
            assert!(needs_copy(address), "{address}");
            assert_eq!(files.find(address), Err(ExternalRefused::NoCopy), "{address}");
        }
        files.folders.push(folder.path().join("open"));
        assert!(files.find("https://example.com/lists/a%20b.csv?sv=1;key").is_ok());
        assert!(files.find(r"\\server\share\a b.csv").is_ok());
        assert_eq!(files.find("https://example.com/.."), Err(ExternalRefused::NoCopy));
        assert_eq!(files.find("https://example.com/..%2Fsecret.csv"), Err(ExternalRefused::NoCopy));
    }

    #[cfg(unix)]
    #[test]
    fn links_are_followed_before_the_folder_is_checked() {
        let (folder, mut files) = folder();
        let link = |from: &str, to: &str| {
            std::os::unix::fs::symlink(folder.path().join(from), folder.path().join(to)).expect("a link");
        };
        link("secret.csv", "open/link.csv");
        link("open/a b.csv", "open/inner.csv");
        assert_eq!(files.find("link.csv"), Err(ExternalRefused::NotAllowed));
        assert!(files.find("inner.csv").is_ok());
        files.folders.push(folder.path().join("open"));
        assert_eq!(files.find("https://example.com/link.csv"), Err(ExternalRefused::NotAllowed));
        // a folder that is a link is what it leads to
        link("open", "other");
        files.allowed = vec![folder.path().join("other")];
        assert!(files.find("a b.csv").is_ok());
        files.copies.insert("x".to_owned(), "/dev/null".into());
        assert_eq!(files.find("x"), Err(ExternalRefused::Unreadable(SourceError::NoFile("/dev/null".into()))));
    }
}

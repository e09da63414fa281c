//! What was found out about objects in earlier runs, in the user's cache folder. An entry belongs to one content of one
//! object: an object that was replaced has another identity, and its entry is never used again.
//!
//! A file holds the entries of one URL that was named. Files that are damaged, or were written by another version, are
//! ignored. Addresses are stored as hashes only; what was found out has names of columns and a few values.

use super::settings::{at_home, variable};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// The first line of a file: the form of the rest, and the version whose rules found it out.
const HEADER: &str = concat!("kql 1 ", env!("CARGO_PKG_VERSION"));
/// The bytes of entries that a file keeps; those that were not used last go first.
const MOST: usize = 32 << 20;
/// The number of files that are kept.
const FILES: usize = 64;

/// The entries of one URL.
#[derive(Debug)]
pub(super) struct Memo {
    /// `None` if nothing is kept.
    path: Option<PathBuf>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    loaded: bool,
    changed: bool,
    /// By hash: the value as JSON, and when it was used last; greater is later.
    entries: HashMap<String, (String, u64)>,
    clock: u64,
}

impl Memo {
    /// That of a URL that was named; empty if the user wants none (`KQL_CACHE=off`).
    pub(super) fn of(url: &str) -> Memo {
        Memo::at(folder().map(|folder| folder.join(format!("{}.zst", hash(url)))))
    }

    /// One that keeps nothing.
    pub(super) fn none() -> Memo {
        Memo::at(None)
    }

    fn at(path: Option<PathBuf>) -> Memo {
        Memo { path, state: Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.loaded {
            state.loaded = true;
            if let Some(path) = &self.path {
                state.load(path);
            }
        }
        state
    }

    /// What was found out under this name about this content.
    pub(super) fn get<T: DeserializeOwned>(&self, identity: &str, what: &str) -> Option<T> {
        self.path.as_ref()?;
        let mut state = self.state();
        state.clock += 1;
        let now = state.clock;
        let (value, used) = state.entries.get_mut(&key(identity, what))?;
        *used = now;
        serde_json::from_str(value).ok()
    }

    /// Keeps what was found out.
    pub(super) fn put(&self, identity: &str, what: &str, value: &impl Serialize) {
        let (Some(_), Ok(text)) = (&self.path, serde_json::to_string(value)) else { return };
        let mut state = self.state();
        state.clock += 1;
        let now = state.clock;
        state.entries.insert(key(identity, what), (text, now));
        state.changed = true;
    }

    /// Writes the file, if there is something new. Without a place for it, the next run finds out everything again.
    pub(super) fn save(&self) {
        let Some(path) = &self.path else { return };
        let mut state = self.state();
        if std::mem::take(&mut state.changed) {
            let _ = state.write(path);
        }
    }
}

impl State {
    fn load(&mut self, path: &Path) {
        let Ok(file) = std::fs::File::open(path) else { return };
        let Ok(unpacked) = zstd::Decoder::new(file) else { return };
        let mut lines = BufReader::new(unpacked.take(MOST as u64 * 2)).lines();
        if !matches!(lines.next(), Some(Ok(header)) if header == HEADER) {
            return;
        }
        // the last line counts the entries before it: a file that was cut off is ignored
        let mut entries = HashMap::new();
        for line in lines {
            let Ok(line) = line else { return };
            match line.split_once('\t') {
                Some(("end", count)) if count.parse() == Ok(entries.len()) => {
                    self.clock = entries.len() as u64;
                    self.entries = entries;
                    return;
                }
                Some((key, value)) => {
                    entries.insert(key.to_owned(), (value.to_owned(), entries.len() as u64));
                }
                None => return,
            }
        }
    }

    fn write(&self, path: &Path) -> std::io::Result<()> {
        let mut entries: Vec<(&String, &(String, u64))> = self.entries.iter().collect();
        entries.sort_by_key(|(_, (_, used))| std::cmp::Reverse(*used));
        let mut bytes = 0;
        entries.retain(|(key, (value, _))| {
            bytes += key.len() + value.len();
            bytes <= MOST
        });
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        // only its owner can read it; it is complete when it has its name
        let file = tempfile::NamedTempFile::new_in(folder)?;
        let mut packed = zstd::Encoder::new(file, 1)?;
        writeln!(packed, "{HEADER}")?;
        for (key, (value, _)) in entries.iter().rev() {
            writeln!(packed, "{key}\t{value}")?;
        }
        writeln!(packed, "end\t{}", entries.len())?;
        packed.finish()?.persist(path)?;
        remove_oldest(folder)
    }
}

/// Keeps the files that were written last.
fn remove_oldest(folder: &Path) -> std::io::Result<()> {
    let files =
        std::fs::read_dir(folder)?.flatten().filter(|entry| entry.path().extension().is_some_and(|e| e == "zst"));
    let time =
        |entry: &std::fs::DirEntry| entry.metadata().and_then(|m| m.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let mut files: Vec<(SystemTime, PathBuf)> = files.map(|entry| (time(&entry), entry.path())).collect();
    files.sort();
    let surplus = files.len().saturating_sub(FILES);
    files.iter().take(surplus).try_for_each(|(_, path)| std::fs::remove_file(path))
}

/// The folder of the user for what can be found out again.
fn folder() -> Option<PathBuf> {
    let off =
        variable("KQL_CACHE").is_some_and(|v| ["off", "0", "no", "false"].iter().any(|o| v.eq_ignore_ascii_case(o)));
    if off {
        return None;
    }
    let base = match variable("XDG_CACHE_HOME").map(PathBuf::from).filter(|path| path.is_absolute()) {
        Some(path) => path,
        None if cfg!(windows) => PathBuf::from(variable("LOCALAPPDATA")?),
        None => at_home(".cache")?,
    };
    Some(base.join("kql").join("objects"))
}

fn key(identity: &str, what: &str) -> String {
    hash(&format!("{identity}\n{what}"))
}

fn hash(text: &str) -> String {
    Sha256::digest(text).iter().take(16).fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_kept_between_runs() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a/x.zst");
        let memo = Memo::at(Some(path.clone()));
        assert_eq!(memo.get::<u8>("object 1", "rows"), None);
        memo.put("object 1", "rows", &7);
        memo.save();
        let later = Memo::at(Some(path.clone()));
        assert_eq!(later.get("object 1", "rows"), Some(7));
        assert_eq!(later.get::<u8>("object 2", "rows"), None);
        assert_eq!(later.get::<String>("object 1", "rows"), None);
        let text = std::fs::read(&path).expect("a file");
        assert!(!text.windows(8).any(|w| w == b"object 1"));
    }

    #[test]
    fn damaged_and_foreign_files_are_ignored() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("x.zst");
        let memo = Memo::at(Some(path.clone()));
        (0..100).for_each(|n| memo.put(&format!("object {n}"), "rows", &n));
        memo.save();
        let whole = std::fs::read(&path).expect("a file");
        for bytes in
            [&whole[..whole.len() / 2], b"nonsense", b"", &zstd::encode_all(&b"kql 0\n"[..], 1).expect("packed")]
        {
            std::fs::write(&path, bytes).expect("written");
            let memo = Memo::at(Some(path.clone()));
            assert_eq!(memo.get::<i32>("object 1", "rows"), None);
            memo.put("object 1", "rows", &1);
            memo.save();
            assert_eq!(Memo::at(Some(path.clone())).get("object 1", "rows"), Some(1));
        }
    }

    #[test]
    fn the_number_of_files_is_limited() {
        let folder = tempfile::tempdir().expect("a folder");
        for n in 0..FILES + 5 {
            std::fs::write(folder.path().join(format!("{n}.zst")), "").expect("written");
        }
        remove_oldest(folder.path()).expect("removed");
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), FILES);
    }
}

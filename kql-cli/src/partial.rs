//! A file with a temporary name until it is complete, or an object of a store, so that no other program finds an unfinished
//! one.

use crate::failure::Failure;
use crate::interrupt;
use kql_engine::{ObjectWriter, is_url};
use std::fs::{File, OpenOptions};
use std::hash::Hasher;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use twox_hash::XxHash64;

/// Names of up to this many bytes leave room for what temporary names add: names of files have 255 bytes at most.
const LONGEST: usize = 200;

/// A file or an object that is being written.
pub enum Partial {
    /// A file of this computer.
    File(PartialFile),
    /// An object of a store, which exists when all of it was sent.
    Object(Box<ObjectWriter>),
}

impl Partial {
    /// Begins a file next to its final path, or an object if that is a URL. A path that is not a regular file, such as a
    /// pipe, is written directly.
    pub fn create(wanted: &Path) -> Result<Partial, Failure> {
        match wanted.to_str().filter(|text| is_url(text)) {
            Some(url) => {
                let writer = ObjectWriter::create(url).map_err(|e| Failure::Usage(e.to_string()))?;
                Ok(Partial::Object(Box::new(writer)))
            }
            None => Ok(Partial::File(PartialFile::create(wanted)?)),
        }
    }

    /// Moves the file to its final path, or completes the object.
    pub fn finish(self) -> Result<(), Failure> {
        match self {
            Partial::File(file) => file.finish(),
            Partial::Object(writer) => writer.finish().map_err(|e| Failure::Usage(e.to_string())),
        }
    }
}

impl Write for Partial {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Partial::File(file) => file.file.write(bytes),
            Partial::Object(writer) => writer.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Partial::File(file) => file.file.flush(),
            Partial::Object(writer) => writer.flush(),
        }
    }
}

/// A file of this computer that is being written.
pub struct PartialFile {
    path: PathBuf,
    wanted: PathBuf,
    file: BufWriter<File>,
    complete: bool,
}

impl PartialFile {
    fn create(wanted: &Path) -> Result<PartialFile, Failure> {
        let failed = |e: std::io::Error| Failure::Usage(format!("{} cannot be written: {e}", wanted.display()));
        let special = std::fs::metadata(wanted).is_ok_and(|m| !m.is_file() && !m.is_dir());
        if special {
            let file = OpenOptions::new().write(true).open(wanted).map_err(failed)?;
            let (path, wanted) = (wanted.to_owned(), wanted.to_owned());
            return Ok(PartialFile { path, wanted, file: BufWriter::new(file), complete: true });
        }
        // the target of a symbolic link is written, and the link stays
        let linked = wanted.is_symlink().then(|| wanted.canonicalize().ok()).flatten();
        let wanted = linked.as_deref().unwrap_or(wanted);
        if wanted.is_dir() {
            return Err(Failure::Usage(format!("{} cannot be written: it is a folder", wanted.display())));
        }
        let name = stem(wanted);
        remove_left_over(wanted, &name);
        let path = wanted.with_file_name(format!("{name}{}{ENDING}", std::process::id()));
        interrupt::remember(path.clone());
        let file = File::create(&path).map_err(|e| {
            interrupt::forget(&path, || ());
            failed(e)
        })?;
        // the lock tells other runs that this one still writes; it ends with the process
        let _ = file.try_lock();
        // users who could not read the old file cannot read the new one
        if let Ok(before) = std::fs::metadata(wanted) {
            let _ = file.set_permissions(before.permissions());
        }
        Ok(PartialFile { path, wanted: wanted.to_owned(), file: BufWriter::new(file), complete: false })
    }

    /// Moves the file to its final path.
    fn finish(mut self) -> Result<(), Failure> {
        self.file.flush()?;
        if self.complete {
            return Ok(());
        }
        interrupt::forget(&self.path, || std::fs::rename(&self.path, &self.wanted))
            .map_err(|e| Failure::Usage(format!("{} cannot be written: {e}", self.wanted.display())))?;
        self.complete = true;
        Ok(())
    }
}

/// The end of temporary names.
const ENDING: &str = ".partial";

/// The beginning of the temporary names of a file: its own name, unless that is so long that nothing can be added.
fn stem(wanted: &Path) -> String {
    let name = wanted.file_name().unwrap_or_default().to_string_lossy();
    if name.len() <= LONGEST {
        return format!(".{name}.");
    }
    let mut hash = XxHash64::default();
    hash.write(name.as_bytes());
    format!(".{:016x}.", hash.finish())
}

/// Removes unfinished files of the same name whose process has ended without removing them.
fn remove_left_over(wanted: &Path, stem: &str) {
    let folder = match wanted.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let number = name.to_str().and_then(|name| name.strip_prefix(stem)?.strip_suffix(ENDING));
        if number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
            && let Ok(file) = OpenOptions::new().write(true).open(entry.path())
            && file.try_lock().is_ok()
        {
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if !self.complete {
            interrupt::forget(&self.path, || _ = std::fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_there_when_it_is_complete() {
        let folder = tempfile::tempdir().expect("a folder");
        let wanted = folder.path().join("out.csv");
        std::fs::write(&wanted, "old").expect("a file");
        let mut file = Partial::create(&wanted).expect("begun");
        file.write_all(b"half").expect("written");
        drop(file);
        assert_eq!(std::fs::read_to_string(&wanted).expect("the old file"), "old");
        let mut file = Partial::create(&wanted).expect("begun");
        file.write_all(b"new").expect("written");
        file.finish().expect("in its place");
        assert_eq!(std::fs::read_to_string(&wanted).expect("the new file"), "new");
        assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1);
    }

    #[test]
    fn what_a_killed_run_left_is_removed() {
        let folder = tempfile::tempdir().expect("a folder");
        let wanted = folder.path().join("out.csv");
        let left = folder.path().join(".out.csv.1.partial");
        let other = folder.path().join(".out.csv.x.partial");
        let held = folder.path().join(".out.csv.2.partial");
        for path in [&left, &other, &held] {
            std::fs::write(path, "half").expect("a file");
        }
        let lock = File::open(&held).expect("a file");
        lock.lock().expect("a lock");
        Partial::create(&wanted).expect("begun").finish().expect("in its place");
        assert_eq!((left.exists(), other.exists(), held.exists()), (false, true, true));
    }

    #[test]
    fn long_names() {
        let folder = tempfile::tempdir().expect("a folder");
        let wanted = folder.path().join("n".repeat(250));
        Partial::create(&wanted).expect("begun").finish().expect("in its place");
        assert!(wanted.exists());
    }
}

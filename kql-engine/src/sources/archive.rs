//! Archives as folders: `.zip`, `.tar`, and `.tar` compressed as `.gz`, `.tgz` or `.zst`.
//!
//! Nothing is written under the names inside an archive: a file in it is read in place. A compressed `.tar` is
//! decompressed once into an unnamed file, which disappears with the process. Refused are:
//!
//! | | limit |
//! | --- | --- |
//! | files and folders in an archive | 100,000 |
//! | bytes after decompression | 64 GB |
//! | bytes after decompression per compressed byte, beyond 1 GB | 200 |
//! | bytes of a decompressed file | the length in the archive's directory |
//! | files that are encrypted, compressed in an unknown way, or overlap one another | none |

use super::compression::Compression;
use super::error::ArchiveError;
use super::location::{Location, OpenFile, Stamp};
use crate::error::SourceError;
use flate2::Crc;
use flate2::read::DeflateDecoder;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, PoisonError, Weak};
use zip::{CompressionMethod, ZipArchive};

/// The maximum number of entries of an archive.
const MOST_ENTRIES: usize = 100_000;
/// The maximum number of bytes after decompression.
const MOST: u64 = 64 << 30;
/// The compression ratio is limited only above this number of bytes.
const HARMLESS: u64 = 1 << 30;
const MOST_GROWTH: u64 = 200;

/// A file in an archive.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Member {
    /// The archive; a member that comes from another process gets it from its file.
    #[serde(skip, default = "Location::nowhere")]
    pub archive: Location,
    /// Its length after decompression.
    pub length: u64,
    #[serde(skip)]
    holder: Holder,
    /// The offset of its bytes in what contains them.
    offset: u64,
    packed: u64,
    /// The compression in a `.zip`, and the checksum; `None` in a `.tar`, which compresses nothing.
    packing: Option<(Packing, u32)>,
}

/// What contains the bytes of files in an archive.
#[derive(Clone, Debug, Default)]
enum Holder {
    /// The archive itself.
    #[default]
    Archive,
    /// The decompressed archive.
    Unpacked(Arc<Mutex<File>>),
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
enum Packing {
    Stored,
    Deflated,
}

/// A file or folder in an archive, and its position.
#[derive(Debug)]
pub(super) struct Entry {
    /// Its path in the archive.
    pub path: PathBuf,
    pub member: Arc<Member>,
}

/// The content of an archive.
#[derive(Debug, Default)]
pub(super) struct Archive {
    pub files: Vec<Entry>,
    /// Entries that are not files in the archive: links, devices, paths that lead out of it.
    pub passed: Vec<String>,
}

/// The format of an archive, by its name.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Zip,
    Tar(Compression),
}

fn kind(path: &Path) -> Option<Kind> {
    let name = path.file_name()?.to_string_lossy();
    let (rest, compression) = Compression::split(&name);
    let extension = |name: &str| name.rsplit_once('.').map(|(_, e)| e.to_ascii_lowercase());
    match (extension(rest)?.as_str(), compression) {
        ("zip", Compression::None) => Some(Kind::Zip),
        ("tgz", Compression::None) => Some(Kind::Tar(Compression::Gzip)),
        ("tar", compression) => Some(Kind::Tar(compression)),
        _ => None,
    }
}

/// Whether the name is that of an archive.
pub(super) fn is_archive(path: &Path) -> bool {
    kind(path).is_some()
}

/// The archive's name without the extensions of archives.
pub(super) fn stem(name: &str) -> Option<&str> {
    kind(Path::new(name))?;
    let (rest, _) = Compression::split(name);
    rest.rsplit_once('.').map(|(stem, _)| stem)
}

/// Opens an archive and lists its entries.
pub(super) fn open(location: &Location) -> Result<Archive, SourceError> {
    let found = match kind(location.path()) {
        Some(Kind::Zip) => zip(location),
        Some(Kind::Tar(compression)) => tar(location, compression),
        None => Err(ArchiveError::NotAnArchive),
    };
    // a request that failed looks like damage
    if let Some(failure) = location.object().and_then(|object| object.failure()) {
        return Err(failure);
    }
    found.map_err(|reason| SourceError::unreadable(location.path(), reason))
}

/// A path within the archive; `None` if it leads out of it.
fn within(name: &str) -> Option<PathBuf> {
    let name = name.replace('\\', "/");
    let mut path = PathBuf::new();
    for component in Path::new(&name).components() {
        match component {
            // a drive such as `C:` is not a folder in an archive
            Component::Normal(part) if part.to_str().is_some_and(|part| !(part.len() == 2 && part.ends_with(':'))) => {
                path.push(part);
            }
            Component::CurDir => {}
            _ => return None,
        }
    }
    (!path.as_os_str().is_empty()).then_some(path)
}

/// Checks the size after decompression; the error is why the archive is refused.
fn too_large(packed: u64, unpacked: u64) -> Result<(), ArchiveError> {
    if unpacked > MOST {
        return Err(ArchiveError::TooLarge(MOST >> 30));
    }
    if unpacked > HARMLESS && unpacked / packed.max(1) > MOST_GROWTH {
        return Err(ArchiveError::Growth(MOST_GROWTH));
    }
    Ok(())
}

fn too_many(entries: usize) -> Result<(), ArchiveError> {
    if entries > MOST_ENTRIES {
        return Err(ArchiveError::TooManyEntries(MOST_ENTRIES));
    }
    Ok(())
}

fn zip(location: &Location) -> Result<Archive, ArchiveError> {
    let file = location.open()?;
    let length = file.length()?;
    let read = super::guard::guarded(|| ZipArchive::new(BufReader::new(file)))?;
    let mut archive = read.map_err(ArchiveError::NotZip)?;
    too_many(archive.len())?;
    let mut found = Archive::default();
    let (mut packed, mut unpacked) = (0u64, 0u64);
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
        if entry.is_dir() {
            continue;
        }
        let Some(within) = within(&name).filter(|_| entry.is_file()) else {
            found.passed.push(name);
            continue;
        };
        if entry.encrypted() {
            return Err(ArchiveError::Encrypted(name));
        }
        let packing = match entry.compression() {
            CompressionMethod::Stored => Packing::Stored,
            CompressionMethod::Deflated => Packing::Deflated,
            method => return Err(ArchiveError::Packing { name, method }),
        };
        let member = Member {
            archive: location.clone(),
            length: entry.size(),
            holder: Holder::Archive,
            offset: entry.data_start().ok_or_else(|| ArchiveError::Misplaced(name.clone()))?,
            packed: entry.compressed_size(),
            packing: Some((packing, entry.crc32())),
        };
        if member.offset.saturating_add(member.packed) > length {
            return Err(ArchiveError::BeyondEnd(name));
        }
        packed = packed.saturating_add(member.packed);
        unpacked = unpacked.saturating_add(member.length);
        found.files.push(Entry { path: within, member: Arc::new(member) });
    }
    if packed > length {
        return Err(ArchiveError::Overlap);
    }
    too_large(packed, unpacked)?;
    Ok(found)
}

/// Refuses a `.zip` in memory whose decompressed size exceeds the limit for memory, or whose documents do not have their
/// checksums: a reader of XML can stop before the damage.
pub(super) fn harmless(bytes: &[u8]) -> Result<(), ArchiveError> {
    let read = super::guard::guarded(|| ZipArchive::new(io::Cursor::new(bytes)))?;
    let mut archive = read?;
    too_many(archive.len())?;
    let mut unpacked = 0u64;
    for index in 0..archive.len() {
        unpacked = unpacked.saturating_add(archive.by_index_raw(index)?.size());
    }
    if unpacked > HARMLESS {
        return Err(ArchiveError::TooLargeForMemory(HARMLESS >> 30));
    }
    super::guard::guarded(|| -> Result<(), ArchiveError> {
        let mut left = HARMLESS;
        for index in 0..archive.len() {
            let mut entry = archive.by_index(index)?;
            let name = String::from_utf8_lossy(entry.name_raw()).into_owned();
            if name.ends_with(".xml") || name.ends_with(".rels") {
                // the sizes in the directory can be wrong
                left -= io::copy(&mut entry.by_ref().take(left), &mut io::sink())?;
            }
        }
        if left == 0 { Err(ArchiveError::TooLargeForMemory(HARMLESS >> 30)) } else { Ok(()) }
    })?
}

fn tar(location: &Location, compression: Compression) -> Result<Archive, ArchiveError> {
    let file = location.open()?;
    let (reader, holder): (Box<dyn ReadSeek>, Holder) = match compression {
        Compression::None => (Box::new(BufReader::new(file)), Holder::Archive),
        _ => {
            let unpacked = unpack(file, compression)?;
            let reader = unpacked.try_clone()?;
            (Box::new(BufReader::new(reader)), Holder::Unpacked(Arc::new(Mutex::new(unpacked))))
        }
    };
    let mut found = Archive::default();
    let mut places: HashMap<PathBuf, usize> = HashMap::new();
    let mut archive = ::tar::Archive::new(reader);
    let mut count = 0;
    let (mut end, mut last) = (0, 0u64);
    for entry in archive.entries_with_seek()? {
        let entry = entry.map_err(ArchiveError::NotTar)?;
        count += 1;
        too_many(count)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        // of a file with holes, less is stored
        let stored = if kind.is_gnu_sparse() { entry.header().entry_size().unwrap_or(0) } else { entry.size() };
        last = last.max(entry.raw_file_position().saturating_add(stored));
        if kind.is_dir() || kind.is_pax_global_extensions() {
            continue;
        }
        let Some(within) = within(&name).filter(|_| kind.is_file() || kind.is_contiguous()) else {
            found.passed.push(name);
            continue;
        };
        let member = Arc::new(Member {
            archive: location.clone(),
            length: entry.size(),
            holder: holder.clone(),
            offset: entry.raw_file_position(),
            packed: entry.size(),
            packing: None,
        });
        end = end.max(member.offset.saturating_add(member.length));
        match places.get(&within).and_then(|at| found.files.get_mut(*at)) {
            // a later entry of a tar replaces an earlier one with the same path
            Some(before) => {
                before.member = member;
                found.passed.push(format!("{name} (an older version of it)"));
            }
            None => {
                places.insert(within.clone(), found.files.len());
                found.files.push(Entry { path: within, member });
            }
        }
    }
    let length = match &holder {
        Holder::Archive => location.stamp()?.length,
        Holder::Unpacked(file) => lock(file).metadata()?.len(),
    };
    if count == 0 && length > 0 && length < 512 {
        return Err(ArchiveError::CutHeader);
    }
    if end > length {
        return Err(ArchiveError::Cut);
    }
    if count > 0 {
        check_end(archive.into_inner(), last)?;
    }
    Ok(found)
}

/// Checks that a `.tar` has its end mark after the last entry, and nothing behind it: other entries would be missing.
fn check_end(mut reader: impl ReadSeek, last: u64) -> Result<(), ArchiveError> {
    const BLOCK: u64 = 512;
    reader.seek(SeekFrom::Start(last.div_ceil(BLOCK).saturating_mul(BLOCK)))?;
    let mut rest = vec![0; 64 << 10];
    let mut length = 0;
    loop {
        match reader.read(&mut rest) {
            Ok(0) if length < BLOCK => return Err(ArchiveError::Cut),
            Ok(0) => return Ok(()),
            Ok(read) if rest.get(..read).is_some_and(|bytes| bytes.iter().any(|byte| *byte != 0)) => {
                return Err(ArchiveError::AfterEnd);
            }
            Ok(read) => length += read as u64,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
}

trait ReadSeek: Read + Seek {}
impl<T: Read + Seek> ReadSeek for T {}

/// Decompresses a whole archive into an unnamed file.
fn unpack(file: OpenFile, compression: Compression) -> Result<File, ArchiveError> {
    let length = file.length()?;
    let mut reader: Box<dyn Read> = match compression {
        Compression::Zstd => Box::new(zstd::Decoder::new(file)?),
        _ => Box::new(flate2::read::MultiGzDecoder::new(BufReader::new(file))),
    };
    let mut out = tempfile::tempfile()?;
    let mut buffer = vec![0; 256 << 10];
    let mut unpacked = 0u64;
    loop {
        match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => {
                unpacked += read as u64;
                too_large(length, unpacked)?;
                out.write_all(buffer.get(..read).unwrap_or_default())?;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(ArchiveError::NotUnpacked(error)),
        }
    }
    out.rewind()?;
    Ok(out)
}

fn lock(file: &Mutex<File>) -> std::sync::MutexGuard<'_, File> {
    file.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The decompressed archives that plans from other processes read, by their names, lengths and times of change.
static SHARED: LazyLock<Mutex<HashMap<(PathBuf, Stamp), Copied>>> = LazyLock::new(Mutex::default);

type Copied = Weak<Mutex<File>>;

/// The decompressed archive, once for all that read it at the same time.
fn shared(archive: &Location) -> Result<Arc<Mutex<File>>, ArchiveError> {
    let version = (archive.path().to_owned(), archive.stamp()?);
    let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(open) = shared.get(&version).and_then(Weak::upgrade) {
        return Ok(open);
    }
    let Some(Kind::Tar(compression)) = kind(archive.path()) else { return Err(ArchiveError::NotAnArchive) };
    let open = Arc::new(Mutex::new(unpack(archive.open()?, compression)?));
    shared.retain(|_, open| open.strong_count() > 0);
    shared.insert(version, Arc::downgrade(&open));
    Ok(open)
}

impl Member {
    /// The same file, in an archive at this location.
    pub(super) fn at(self, archive: Location) -> Member {
        Member { archive, ..self }
    }

    /// Whether it is read from a decompressed copy of the archive.
    pub(super) fn is_in_copy(&self) -> bool {
        matches!(self.holder, Holder::Unpacked(_))
    }

    /// The same file, read from a decompressed copy of the archive.
    pub(super) fn in_copy(self) -> Result<Member, SourceError> {
        let file = shared(&self.archive).map_err(|reason| SourceError::unreadable(self.archive.path(), reason))?;
        Ok(Member { holder: Holder::Unpacked(file), ..self })
    }

    /// Whether its bytes must be read from the beginning. Those of a `.zip` are read so even if they are not compressed,
    /// since the checksum covers the whole file.
    pub(super) fn is_packed(&self) -> bool {
        self.packing.is_some()
    }

    /// Its bytes, starting at an offset.
    pub(super) fn reader(&self, from: u64) -> io::Result<Box<dyn Read + Send>> {
        let skipped = if self.packing.is_none() { from.min(self.packed) } else { 0 };
        let offset = self.offset + skipped;
        let left = self.packed - skipped;
        let raw: Box<dyn Read + Send> = match &self.holder {
            Holder::Archive => Box::new(self.archive.reader(offset, left)?.take(left)),
            Holder::Unpacked(file) => Box::new(Section { file: file.clone(), at: offset, left }),
        };
        let (unpacked, checksum): (Box<dyn Read + Send>, u32) = match self.packing {
            None => return Ok(raw),
            Some((Packing::Stored, checksum)) => (raw, checksum),
            Some((Packing::Deflated, checksum)) => (Box::new(DeflateDecoder::new(BufReader::new(raw))), checksum),
        };
        let mut reader = Checked { reader: unpacked, left: self.length, checksum, sum: Crc::new() };
        if from > 0 {
            io::copy(&mut reader.by_ref().take(from), &mut io::sink())?;
        }
        Ok(Box::new(reader))
    }
}

/// A part of a file that several readers share.
struct Section {
    file: Arc<Mutex<File>>,
    at: u64,
    left: u64,
}

impl Read for Section {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let mut file = lock(&self.file);
        file.seek(SeekFrom::Start(self.at))?;
        let read = file.read(buffer.get_mut(..most).unwrap_or_default())?;
        self.at += read as u64;
        self.left -= read as u64;
        Ok(read)
    }
}

/// Data that must have the length and the checksum recorded in the archive.
struct Checked {
    reader: Box<dyn Read + Send>,
    left: u64,
    checksum: u32,
    sum: Crc,
}

impl Read for Checked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        self.sum.update(buffer.get(..read).unwrap_or_default());
        match self.left.checked_sub(read as u64) {
            None => return Err(io::Error::other("it unpacks to more than the archive says")),
            Some(left) => self.left = left,
        }
        if read == 0 && !buffer.is_empty() && (self.left > 0 || self.sum.sum() != self.checksum) {
            return Err(io::Error::other("the archive is damaged: the checksum of the file in it does not fit"));
        }
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for name in ["a.zip", "a.ZIP", "a.tar", "a.tar.gz", "a.tgz", "a.tar.zst"] {
            assert!(is_archive(Path::new(name)), "{name}");
            assert_eq!(stem(name), Some("a"), "{name}");
        }
        for name in ["a.gz", "zip", "a.zip.gz", "a.json.gz"] {
            assert!(!is_archive(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn paths_stay_within() {
        assert_eq!(within("./a/b.csv"), Some("a/b.csv".into()));
        assert_eq!(within("a\\b.csv"), Some("a/b.csv".into()));
        for out in ["../a", "/etc/a", "a/../../b", "C:\\a", "\\\\host\\a", "", "."] {
            assert_eq!(within(out), None, "{out}");
        }
    }

    #[test]
    fn sizes() {
        assert!(too_large(1 << 10, 1 << 29).is_ok());
        assert!(too_large(1 << 10, 2 << 30).is_err());
        assert!(too_large(1 << 30, 20 << 30).is_ok());
        assert!(too_large(60 << 30, 65 << 30).is_err());
        assert!(too_many(MOST_ENTRIES).is_ok() && too_many(MOST_ENTRIES + 1).is_err());
    }
}

//! Files as bytes: formats and compressions by name, byte-order marks, and blocks of whole lines.

use super::archive::Member;
use super::compression::Compression;
use super::location::{Location, OpenFile, Stamp};
use crate::error::SourceError;
use serde::{Deserialize, Serialize};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The first bytes of a Windows event log.
pub(super) const EVTX_MAGIC: [u8; 8] = *b"ElfFile\0";

/// The format of a file's rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(super) enum Format {
    /// `.ndjson`, `.jsonl`, `.json`: the content determines the layout.
    Json {
        /// The name shows that every line is an object.
        lines: bool,
    },
    /// Delimited text with any delimiter.
    Csv,
    Parquet,
    Ipc,
    /// A Windows event log.
    Evtx,
    /// Lines of CEF, LEEF or syslog.
    Syslog,
    /// A log of Zeek, with its header.
    Zeek,
    /// A workbook of Excel.
    Workbook,
}

/// The format according to a file's extension.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Named {
    Is(Format),
    /// Some text: the content determines the format.
    Text,
}

impl Named {
    /// The name without the extension of the format, or of a rotated log: `conn.log.1`.
    pub(super) fn split(name: &str) -> Option<(&str, Named)> {
        let (stem, extension) = name.rsplit_once('.')?;
        let named = match extension.to_ascii_lowercase().as_str() {
            "ndjson" | "jsonl" => Named::Is(Format::Json { lines: true }),
            "json" => Named::Is(Format::Json { lines: false }),
            "csv" | "tsv" | "psv" => Named::Is(Format::Csv),
            "parquet" => Named::Is(Format::Parquet),
            "arrow" | "ipc" => Named::Is(Format::Ipc),
            "evtx" => Named::Is(Format::Evtx),
            "xlsx" | "xlsm" => Named::Is(Format::Workbook),
            "log" | "txt" | "cef" | "leef" | "syslog" => Named::Text,
            digits if digits.len() < 4 && digits.bytes().all(|b| b.is_ascii_digit()) => {
                return Named::split(stem).filter(|(_, named)| *named == Named::Text);
            }
            _ => return None,
        };
        Some((stem, named))
    }
}

/// A file of a table.
#[derive(Clone, Debug)]
pub(super) struct DataFile {
    /// Its path or URL in messages; for a file in an archive, after the archive's own path.
    pub path: PathBuf,
    /// Where its bytes are, or those of the archive that it is in.
    pub location: Location,
    pub format: Format,
    pub compression: Compression,
    /// Its position in an archive, if it is in one.
    pub member: Option<Arc<Member>>,
}

impl DataFile {
    /// The first bytes of the file, decompressed; empty if it cannot be read.
    pub(super) fn head(&self, length: u64) -> Vec<u8> {
        let mut head = Vec::new();
        // a pipe would wait for a writer
        if self.location.is_file()
            && let Ok(reader) = self.reader_of(0, length)
        {
            // an error such as a damaged archive is reported when the whole file is read
            let _ = reader.take(length).read_to_end(&mut head);
        }
        head
    }

    /// Whether the file, decompressed, begins with these bytes.
    pub(super) fn begins_with(&self, bytes: &[u8]) -> bool {
        self.head(bytes.len() as u64) == bytes
    }

    /// All bytes, decompressed.
    pub(super) fn read(&self) -> Result<Vec<u8>, SourceError> {
        let mut bytes = Vec::new();
        self.whole(0)?.read_to_end(&mut bytes).map_err(|e| self.unreadable(e))?;
        Ok(bytes)
    }

    /// The bytes after an offset, for keeping them all in memory: the decompressed size is limited.
    pub(super) fn whole(&self, from: u64) -> Result<Box<dyn Read + Send>, SourceError> {
        let reader = self.reader(from)?;
        Ok(if self.is_packed() { Box::new(Unpacked { reader, left: MOST_UNPACKED }) } else { reader })
    }

    /// The bytes after an offset, decompressed.
    pub(super) fn reader(&self, from: u64) -> Result<Box<dyn Read + Send>, SourceError> {
        self.reader_of(from, u64::MAX)
    }

    /// The bytes after an offset, decompressed; about `length` of them are needed.
    pub(super) fn reader_of(&self, from: u64, length: u64) -> Result<Box<dyn Read + Send>, SourceError> {
        let raw = |from| self.raw(from, length).map_err(|e| self.unreadable(e));
        let mut reader: Box<dyn Read + Send> = match self.compression {
            Compression::None => return raw(from),
            // several consecutive members or frames are one file
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(io::BufReader::new(raw(0)?))),
            Compression::Zstd => Box::new(zstd::Decoder::new(raw(0)?).map_err(|e| self.unreadable(e))?),
        };
        if from > 0 {
            io::copy(&mut reader.by_ref().take(from), &mut io::sink()).map_err(|e| self.unreadable(e))?;
        }
        Ok(reader)
    }

    /// The bytes after an offset, as they are stored in the folder or the archive.
    fn raw(&self, from: u64, length: u64) -> io::Result<Box<dyn Read + Send>> {
        match &self.member {
            Some(member) => member.reader(from),
            None => self.location.reader(from, length),
        }
    }

    /// Its length and the time of the last change, which show whether the file changes.
    ///
    /// # Errors
    /// [`SourceError::Unreadable`] if the file is not there; [`SourceError::Store`] if a request for the object has failed,
    /// whatever its reader made of that.
    pub(super) fn stamp(&self) -> Result<Stamp, SourceError> {
        match self.location.object().and_then(|object| object.failure()) {
            Some(failure) => Err(failure),
            None => self.location.stamp().map_err(|e| self.unreadable(e)),
        }
    }

    /// The time of its last change, in ticks.
    pub(super) fn changed(&self) -> Option<i64> {
        crate::time::of_system(self.stamp().ok()?.changed?)
    }

    /// Whether its bytes must be decompressed from the beginning, so that it cannot be read in parts.
    pub(super) fn is_packed(&self) -> bool {
        self.compression != Compression::None || self.member.as_ref().is_some_and(|member| member.is_packed())
    }

    /// Where other readers can read its bytes as they are.
    pub(super) fn plain(&self) -> Option<&Location> {
        (self.compression == Compression::None && self.member.is_none()).then_some(&self.location)
    }

    /// Whether it is a file of this computer that other readers can read as it is.
    fn is_on_disk(&self) -> bool {
        matches!(self.plain(), Some(Location::Disk(_)))
    }

    /// Its bytes at any offset, if other readers can read them as they are.
    pub(super) fn open_plain(&self) -> Result<Option<OpenFile>, SourceError> {
        self.plain().map(|location| location.open().map_err(|e| self.unreadable(e))).transpose()
    }

    /// The length of the file as stored in the folder; for a file in an archive, its decompressed length.
    pub(super) fn length(&self) -> Result<u64, SourceError> {
        match &self.member {
            Some(member) => Ok(member.length),
            None => Ok(self.location.stamp().map_err(|e| self.unreadable(e))?.length),
        }
    }

    pub(super) fn unreadable(&self, error: impl ToString) -> SourceError {
        SourceError::unreadable(&self.path, error)
    }

    /// The length of the byte-order mark. Text that is not in UTF-8 is refused here.
    pub(super) fn mark(&self) -> Result<u64, SourceError> {
        let mut head = Vec::new();
        self.reader_of(0, 4)?.take(4).read_to_end(&mut head).map_err(|e| self.unreadable(e))?;
        match head.as_slice() {
            [0xef, 0xbb, 0xbf, ..] => Ok(3),
            // with a byte-order mark, or two ASCII characters
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] | [0, 1..=255, 0, 1..=255] | [1..=255, 0, 1..=255, 0] => {
                Err(self.unreadable("the text is UTF-16; save it as UTF-8 and try again"))
            }
            _ => Ok(0),
        }
    }
}

/// A file as it was when its table was opened.
#[derive(Clone, Debug)]
pub(super) struct AsOpened {
    pub file: Arc<DataFile>,
    pub stamp: Stamp,
    /// Whether it is read up to its former end, so that appended data does no harm.
    pub may_grow: bool,
}

impl AsOpened {
    /// Refuses a file that has changed.
    pub(super) fn check(&self) -> Result<(), SourceError> {
        let AsOpened { file, stamp: before, may_grow } = self;
        let now = file.stamp()?;
        if now.is_like(*before, *may_grow && file.is_on_disk()) {
            return Ok(());
        }
        Err(SourceError::Changed(file.path.clone()))
    }

    /// Refuses a file that is another one than where the query was planned.
    pub(super) fn check_copy(&self) -> Result<(), SourceError> {
        let AsOpened { file, stamp: before, may_grow } = self;
        let now = file.stamp()?;
        if now.is_like(*before, *may_grow && file.is_on_disk()) {
            return Ok(());
        }
        Err(SourceError::OtherLength { path: file.path.clone(), found: now.length, expected: before.length })
    }
}

/// Bytes that are read at once: copied bytes are still in the processor's cache when they are examined.
const BLOCK: usize = 256 << 10;
/// Longer lines are not read, since a column could not hold them.
pub(super) const LONGEST: usize = 256 << 20;

/// A compressed file is not kept in memory if it is larger than this after decompression.
const MOST_UNPACKED: u64 = 1 << 30;

/// Decompressed data, up to a limit.
struct Unpacked {
    reader: Box<dyn Read + Send>,
    left: u64,
}

impl Read for Unpacked {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        match self.left.checked_sub(read as u64) {
            Some(left) => self.left = left,
            None => {
                return Err(io::Error::other(format!(
                    "it unpacks to more than {} GB, which is too much to read as one document",
                    MOST_UNPACKED >> 30
                )));
            }
        }
        Ok(read)
    }
}

/// Text without lines that are too long.
pub(super) struct ShortLines {
    pub reader: Box<dyn Read + Send>,
    /// Bytes since the last line end.
    pub length: usize,
}

impl Read for ShortLines {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.reader.read(buffer)?;
        let new = buffer.get(..read).unwrap_or_default();
        self.length = match memchr::memrchr(b'\n', new) {
            Some(at) => read - at,
            None => self.length.saturating_add(read),
        };
        if self.length > LONGEST {
            return Err(io::Error::other(format!("a line is longer than {} MB", LONGEST >> 20)));
        }
        Ok(read)
    }
}

/// Bytes of a file that are processed while more are read. The buffer is reused, so that it is not cleared or copied
/// needlessly.
#[derive(Default)]
pub(super) struct Buffer {
    room: Vec<u8>,
    /// Where the bytes begin and end.
    begin: usize,
    end: usize,
}

impl Buffer {
    pub(super) fn bytes(&self) -> &[u8] {
        self.room.get(self.begin..self.end).unwrap_or_default()
    }

    /// Drops the first bytes.
    pub(super) fn pass(&mut self, passed: usize) {
        self.begin = (self.begin + passed).min(self.end);
    }

    /// Reads up to `wanted` more bytes, fewer at the end; returns their number.
    pub(super) fn read(&mut self, reader: &mut impl Read, wanted: usize) -> io::Result<usize> {
        self.room.copy_within(self.begin..self.end, 0);
        self.end -= self.begin;
        self.begin = 0;
        let before = self.end;
        let end = before + wanted;
        if self.room.len() < end {
            self.room.resize(end, 0);
        }
        while let Some(free) = self.room.get_mut(self.end..end).filter(|free| !free.is_empty()) {
            match reader.read(free) {
                Ok(0) => break,
                Ok(read) => self.end += read.min(free.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(self.end - before)
    }
}

/// Reads blocks that end at line ends.
pub(super) struct Blocks {
    reader: Box<dyn Read + Send>,
    /// Bytes left in the part of the file to read.
    remaining: u64,
    buffer: Buffer,
    /// The end of the block: the next line begins there.
    end: usize,
}

impl Blocks {
    /// For a part of a file; up to the end of the file if `length` is `u64::MAX`.
    pub(super) fn new(file: &DataFile, from: u64, length: u64) -> Result<Blocks, SourceError> {
        let reader = file.reader_of(from, length)?;
        Ok(Blocks { reader, remaining: length, buffer: Buffer::default(), end: 0 })
    }

    pub(super) fn block(&self) -> &[u8] {
        self.buffer.bytes().get(..self.end).unwrap_or_default()
    }

    /// Goes to the next block; false at the end.
    pub(super) fn next(&mut self) -> io::Result<bool> {
        self.buffer.pass(self.end);
        loop {
            let searched = self.buffer.bytes().len();
            let wanted = usize::try_from(self.remaining).unwrap_or(BLOCK).min(BLOCK);
            let read = self.buffer.read(&mut self.reader, wanted)?;
            self.remaining -= read as u64;
            let bytes = self.buffer.bytes();
            self.end = bytes.len();
            if read < wanted || self.remaining == 0 {
                self.remaining = 0;
                return Ok(self.end > 0);
            }
            if let Some(at) = bytes.get(searched..).and_then(|new| memchr::memrchr(b'\n', new)) {
                self.end = searched + at + 1;
                return Ok(true);
            }
            if bytes.len() > LONGEST {
                return Err(io::Error::other(format!("a line is longer than {} MB", LONGEST >> 20)));
            }
        }
    }
}

/// Parts of a file that begin at line beginnings: offset and length.
pub(super) fn line_parts(file: &DataFile, from: u64, part: u64) -> Result<Vec<(u64, u64)>, SourceError> {
    if file.is_packed() {
        return Ok(vec![(from, u64::MAX)]);
    }
    let length = file.length()?;
    let (mut parts, mut start) = (Vec::new(), from);
    while start < length {
        let mut end = start + part;
        if end + part / 2 >= length {
            end = length;
        } else {
            // to the end of the line that contains the limit
            let mut reader = file.reader_of(end - 1, 1)?;
            let mut piece = vec![0; 1 << 14];
            end -= 1;
            loop {
                let read = reader.read(&mut piece).map_err(|e| file.unreadable(e))?;
                if read == 0 {
                    end = length;
                    break;
                }
                if let Some(at) = piece.get(..read).and_then(|p| memchr::memchr(b'\n', p)) {
                    end += at as u64 + 1;
                    break;
                }
                end += read as u64;
            }
        }
        parts.push((start, end - start));
        start = end;
    }
    Ok(parts)
}

/// The bytes of a file, decompressed, and its name without the extension of the compression. The format is not
/// examined.
pub(crate) fn unpacked(path: &Path) -> Result<(Vec<u8>, String), SourceError> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let (stem, compression) = Compression::split(&name);
    let location = Location::Disk(path.to_owned());
    let file = DataFile { path: path.to_owned(), location, format: Format::Csv, compression, member: None };
    Ok((file.read()?, stem.to_owned()))
}

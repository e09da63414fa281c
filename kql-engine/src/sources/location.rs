//! Where the bytes of a file are: on this computer, or in an object store.

use crate::error::SourceError;
use crate::stores::{Object, ObjectReader, SentObject, is_url};
use bytes::Bytes;
use parquet::errors::{ParquetError, Result as ParquetResult};
use parquet::file::reader::{ChunkReader, Length};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// The place of a file's bytes.
#[derive(Clone, Debug)]
pub(super) enum Location {
    Disk(PathBuf),
    Object(Arc<Object>),
}

/// A location as data, for other processes. Their credentials are those of their own environment.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum SentLocation {
    Disk(PathBuf),
    Object(SentObject),
}

impl SentLocation {
    /// The location for this process.
    ///
    /// # Errors
    /// [`SourceError::Store`] if the environment does not say how to reach the store.
    pub(super) fn opened(self) -> Result<Location, SourceError> {
        Ok(match self {
            SentLocation::Disk(path) => Location::Disk(path),
            SentLocation::Object(object) => Location::Object(object.opened()?),
        })
    }
}

/// What shows whether a file is still the same: its length, and the time of its last change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Stamp {
    pub length: u64,
    /// `None` if only the length counts: other hosts can have other times.
    pub changed: Option<SystemTime>,
}

impl Stamp {
    /// Whether the file is the same; `grown` if it can be longer.
    pub(super) fn is_like(self, before: Stamp, grown: bool) -> bool {
        let changed = before.changed.is_some() && self.changed != before.changed;
        (self.length == before.length && !changed) || (grown && self.length > before.length)
    }
}

/// The path from the root, for processes in other folders; URLs stay as they are.
pub(super) fn absolute(path: &Path) -> PathBuf {
    if is_url(path) {
        return path.to_owned();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl Location {
    /// The path or URL in messages.
    pub(super) fn path(&self) -> &Path {
        match self {
            Location::Disk(path) => path,
            Location::Object(object) => object.url(),
        }
    }

    /// Stands for a location that is not known yet.
    pub(super) fn nowhere() -> Location {
        Location::Disk(PathBuf::new())
    }

    /// The location as data: a path from the root, for processes in other folders.
    ///
    /// # Errors
    /// [`SourceError::Store`] for an object whose URL is signed: signatures stay in this process.
    pub(super) fn sent(&self) -> Result<SentLocation, SourceError> {
        Ok(match self {
            Location::Disk(path) => SentLocation::Disk(absolute(path)),
            Location::Object(object) => SentLocation::Object(object.sent()?),
        })
    }

    pub(super) fn object(&self) -> Option<&Arc<Object>> {
        match self {
            Location::Disk(_) => None,
            Location::Object(object) => Some(object),
        }
    }

    /// Whether it can be read: a pipe would wait for a writer.
    pub(super) fn is_file(&self) -> bool {
        match self {
            Location::Disk(path) => path.is_file(),
            Location::Object(_) => true,
        }
    }

    /// Its length and the time of its last change. An object has those of its listing: every request checks that they are
    /// still true.
    pub(super) fn stamp(&self) -> io::Result<Stamp> {
        match self {
            Location::Disk(path) => {
                let metadata = std::fs::metadata(path)?;
                Ok(Stamp { length: metadata.len(), changed: metadata.modified().ok() })
            }
            Location::Object(object) => Ok(Stamp { length: object.size(), changed: object.changed() }),
        }
    }

    /// Its bytes after an offset; about `length` of them are needed.
    pub(super) fn reader(&self, from: u64, length: u64) -> io::Result<Box<dyn Read + Send>> {
        match self {
            Location::Disk(path) => {
                let mut file = File::open(path)?;
                if from > 0 {
                    file.seek(SeekFrom::Start(from))?;
                }
                Ok(Box::new(file))
            }
            Location::Object(object) => Ok(Box::new(ObjectReader::new(object.clone(), from, length))),
        }
    }

    /// Opens it for reading at any offset.
    pub(super) fn open(&self) -> io::Result<OpenFile> {
        match self {
            Location::Disk(path) => Ok(OpenFile::Disk(File::open(path)?)),
            Location::Object(object) => Ok(OpenFile::Object(ObjectReader::new(object.clone(), 0, u64::MAX))),
        }
    }
}

/// A file that is read at any offset.
pub(super) enum OpenFile {
    Disk(File),
    Object(ObjectReader),
}

impl OpenFile {
    pub(super) fn length(&self) -> io::Result<u64> {
        match self {
            OpenFile::Disk(file) => Ok(file.metadata()?.len()),
            OpenFile::Object(reader) => Ok(reader.object().size()),
        }
    }
}

impl Read for OpenFile {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            OpenFile::Disk(file) => file.read(buffer),
            OpenFile::Object(reader) => reader.read(buffer),
        }
    }
}

impl Seek for OpenFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        match self {
            OpenFile::Disk(file) => file.seek(to),
            OpenFile::Object(reader) => reader.seek(to),
        }
    }
}

impl Length for OpenFile {
    fn len(&self) -> u64 {
        self.length().unwrap_or(0)
    }
}

impl ChunkReader for OpenFile {
    type T = BufReader<OpenFile>;

    fn get_read(&self, start: u64) -> ParquetResult<Self::T> {
        let mut file = match self {
            OpenFile::Disk(file) => OpenFile::Disk(file.try_clone()?),
            OpenFile::Object(reader) => OpenFile::Object(ObjectReader::new(reader.object().clone(), start, u64::MAX)),
        };
        file.seek(SeekFrom::Start(start))?;
        Ok(BufReader::new(file))
    }

    fn get_bytes(&self, start: u64, length: usize) -> ParquetResult<Bytes> {
        let bytes = match self {
            OpenFile::Disk(file) => file.get_bytes(start, length)?,
            OpenFile::Object(reader) => reader.object().bytes(start..start.saturating_add(length as u64))?,
        };
        match bytes.len() == length {
            true => Ok(bytes),
            false => Err(ParquetError::EOF(format!("expected {length} bytes at {start}, found {}", bytes.len()))),
        }
    }
}

//! Windows event logs in their native format (`.evtx`): a header of 4 KB, then chunks of 64 KB with records in binary XML.
//!
//! Each record is returned as the JSON that `evtx_dump -o json` writes, which `recognise/windows.rs` unwraps. Unreadable
//! parts are reported with the record's number or the position in the file, and reading continues after them.

use super::error::ReaderPanic;
use super::guard;
use super::input::{self, DataFile};
use super::scan_stats::rest_lost;
use crate::error::SourceError;
use evtx::err::{ChunkError, EvtxError};
use evtx::{EvtxChunkData, EvtxParser, IntoIterChunks, ParserSettings};
use std::collections::VecDeque;
use std::error::Error;
use std::io::{BufReader, Cursor, Read, Seek, SeekFrom};
use std::sync::Arc;

/// The name of the format in `kql data`.
pub(super) const NAME: &str = "Windows event log";

/// Lengths in bytes.
const HEADER: u64 = 4096;
const CHUNK: u64 = 65_536;

trait ReadSeek: Read + Seek + Send {}
impl<T: Read + Seek + Send> ReadSeek for T {}

/// An item of a log.
pub(super) enum Event {
    /// The number of the record, and its JSON.
    Record(u64, String),
    /// The number of a lost record, 0 if it is not known, and the reason.
    Lost(u64, String),
}

/// The events of a log, oldest first.
pub(super) struct Events {
    chunks: Option<IntoIterChunks<Box<dyn ReadSeek>>>,
    /// The incomplete chunk at the end of a file that is cut off, and its number.
    rest: Option<(u64, Vec<u8>)>,
    /// What the header counts and the file lacks, as text.
    missing: Option<String>,
    settings: Arc<ParserSettings>,
    waiting: VecDeque<Event>,
    /// Number of chunks that do not match their checksums.
    unsound: u64,
    count: Count,
}

/// Determines the number of missing records by their numbers.
#[derive(Default)]
struct Count {
    /// The number of the last record that is accounted for; `None` before the first.
    last: Option<u64>,
    /// Number of losses reported since then, in places with an unknown number of records.
    open: u64,
    /// The number of the last record in the log, if the header contains it.
    end: Option<u64>,
}

/// The maximum number of records in a chunk: a greater difference of numbers is damage.
const MOST_RECORDS: u64 = 2400;

impl Count {
    /// The number of missing records before this number, in addition to the reported ones.
    fn gap(&mut self, next: u64) -> u64 {
        let Some(last) = self.last.filter(|_| self.open > 0) else { return 0 };
        let missing = next.saturating_sub(last).saturating_sub(1);
        let lost = std::mem::take(&mut self.open);
        if missing > lost.saturating_mul(MOST_RECORDS) { 0 } else { missing.saturating_sub(lost) }
    }
}

impl Events {
    /// Reads the header.
    pub(super) fn open(file: &DataFile) -> Result<Events, SourceError> {
        let not_that = |reason: EventLogError| SourceError::not_that(&file.path, NAME, reason);
        // the file may be decompressed into memory, so it is first checked to be a log
        if !file.begins_with(&input::EVTX_MAGIC) {
            return Err(not_that(EventLogError::NotALog));
        }
        let mut bytes: Box<dyn ReadSeek> = match file.open_plain()? {
            Some(plain) => Box::new(BufReader::new(plain)),
            None => Box::new(Cursor::new(file.read()?)),
        };
        let length = bytes.seek(SeekFrom::End(0)).map_err(|e| file.unreadable(e))?;
        if length < HEADER {
            return Err(not_that(EventLogError::CutHeader(length)));
        }
        let whole = (length - HEADER) / CHUNK;
        let from = HEADER + whole * CHUNK;
        let mut rest = Vec::new();
        bytes.seek(SeekFrom::Start(from)).map_err(|e| file.unreadable(e))?;
        bytes.by_ref().take(CHUNK).read_to_end(&mut rest).map_err(|e| file.unreadable(e))?;
        bytes.rewind().map_err(|e| file.unreadable(e))?;
        let parser = guarded(|| Ok(EvtxParser::from_read_seek(bytes)?)).map_err(not_that)?;
        let there = whole + u64::from(!rest.is_empty());
        let counted = u64::from(parser.header().chunk_count);
        let header = parser.header();
        let end = header.next_record_id.checked_sub(1).filter(|_| header.validate_checksum());
        let missing = (counted > there)
            .then(|| format!("the file is cut off: it has {there} of the {counted} chunks that its header counts"));
        Ok(Events {
            chunks: Some(guarded(|| Ok(parser.into_chunks())).map_err(not_that)?),
            rest: (!rest.is_empty()).then_some((whole, rest)),
            missing,
            settings: Arc::new(ParserSettings::new()),
            waiting: VecDeque::new(),
            unsound: 0,
            count: Count { end, ..Count::default() },
        })
    }

    /// The next event, `None` at the end.
    pub(super) fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Some(event);
            }
            if let Some(chunks) = &mut self.chunks {
                match guarded(|| Ok(chunks.next())) {
                    Ok(Some(Ok(chunk))) => self.read(chunk, CHUNK),
                    Ok(Some(Err(error))) => {
                        self.count.open += 1;
                        self.waiting.push_back(lost(&error));
                    }
                    Ok(None) => self.chunks = None,
                    Err(reason) => {
                        self.chunks = None;
                        self.count.open += 1;
                        self.waiting.push_back(Event::Lost(0, rest_lost(&reason.to_string())));
                    }
                }
            } else if let Some((number, rest)) = self.rest.take() {
                self.read_rest(number, rest);
            } else if let Some(reason) = self.missing.take() {
                self.count.open += 1;
                self.waiting.push_back(Event::Lost(0, reason));
            } else {
                let gap = self.count.end.map_or(0, |end| self.count.gap(end.saturating_add(1)));
                if gap == 0 {
                    return None;
                }
                self.lose(gap, "the log counts this record, and it is in no chunk that can be read");
            }
        }
    }

    /// A note about the log, in addition to its events.
    pub(super) fn note(&self) -> Option<String> {
        let (chunks, fit) = if self.unsound == 1 { ("1 chunk", "does") } else { ("chunks", "do") };
        let count = if self.unsound == 1 { String::new() } else { format!("{} ", self.unsound) };
        (self.unsound > 0).then(|| {
            format!(
                "{count}{chunks} {fit} not fit the checksum, as in a log that was copied while it was written; \
                 the records are read nevertheless"
            )
        })
    }

    /// Reports lost records.
    fn lose(&mut self, count: u64, reason: &str) {
        self.waiting.extend((0..count).map(|_| Event::Lost(0, reason.to_owned())));
    }

    /// Reads the records of a chunk that are within its first bytes.
    fn read(&mut self, mut chunk: EvtxChunkData, within: u64) {
        let place = chunk.number.map(place);
        let (first, last) = (chunk.header.first_event_record_id, chunk.header.last_event_record_id);
        let counted = last.wrapping_sub(first).wrapping_add(1);
        let counted = Some(counted).filter(|n| *n <= MOST_RECORDS && chunk.validate_header_checksum());
        if counted.is_some() {
            let gap = self.count.gap(first);
            self.lose(gap, "the log counts this record, and it is in no chunk that can be read");
        }
        let before = self.waiting.len();
        let waiting = &mut self.waiting;
        let settings = self.settings.clone();
        let unsound = &mut self.unsound;
        let done = guarded(|| {
            if within == CHUNK {
                *unsound += u64::from(!chunk.validate_checksum());
            }
            let mut records = chunk.parse(settings)?;
            for record in records.iter() {
                let end = |offset: u64, size: u32| offset.saturating_add(u64::from(size)).saturating_add(4);
                match record {
                    Ok(record) if end(record.binxml_offset, record.binxml_size) > within => break,
                    Ok(record) => {
                        let number = record.event_record_id;
                        waiting.push_back(match record.into_json() {
                            Ok(record) => Event::Record(number, record.data),
                            Err(error) => lost(&error),
                        });
                    }
                    // a record after the end is reported once, by the caller
                    Err(_) if within < CHUNK => break,
                    Err(error) => waiting.push_back(lost(&error)),
                }
            }
            Ok(())
        });
        if let Err(reason) = done {
            let place = place.as_ref().map_or_else(String::new, |place| format!("{place}: "));
            waiting.push_back(Event::Lost(0, format!("{place}{reason}; the rest of the chunk is not read")));
        }
        let found = (self.waiting.len() - before) as u64;
        match counted {
            Some(counted) if within == CHUNK => {
                let place = place.as_deref().unwrap_or("the chunk");
                self.lose(counted.saturating_sub(found), &format!("{place} counts this record, and it is not there"));
                self.count.last = Some(last);
            }
            _ => {
                let read = self.waiting.iter().rev().find_map(|event| match event {
                    Event::Record(number, _) => Some(*number),
                    Event::Lost(..) => None,
                });
                self.count.last = read.or(counted.map(|_| first.saturating_sub(1))).or(self.count.last);
            }
        }
    }

    /// Reads the complete records of a chunk that is cut off by the end of the file.
    fn read_rest(&mut self, number: u64, mut rest: Vec<u8>) {
        let within = rest.len() as u64;
        rest.resize(CHUNK as usize, 0);
        if let Ok(Ok(mut chunk)) = guarded(|| Ok(EvtxChunkData::new(rest, false))) {
            chunk.number = Some(number);
            self.read(chunk, within);
        }
        // the missing part can be the empty rest of the last chunk
        if self.count.end.is_some() && self.count.last == self.count.end {
            return;
        }
        self.count.open += 1;
        let reason = format!("the file is cut off in {}: its records from there on are lost", place(number));
        self.waiting.push_back(Event::Lost(0, reason));
    }
}

/// The position of a chunk, for messages.
fn place(number: u64) -> String {
    format!("chunk {number}, at byte {}", number.saturating_mul(CHUNK).saturating_add(HEADER))
}

/// An error of the reader as a lost record.
fn lost(error: &EvtxError) -> Event {
    match error {
        EvtxError::FailedToParseRecord { record_id, source } => Event::Lost(*record_id, cause(source)),
        EvtxError::FailedToParseChunk { chunk_id, source } => {
            Event::Lost(0, format!("{}: {}; its records are not read", place(*chunk_id), cause(source)))
        }
        EvtxError::FailedToReadRecordAt { chunk, offset, source } => {
            let at = chunk.unwrap_or(0).saturating_mul(CHUNK).saturating_add(HEADER).saturating_add(*offset);
            Event::Lost(0, format!("the record at byte {at}: {}", cause(source)))
        }
        other => Event::Lost(0, cause(other)),
    }
}

/// The message of an error's root cause; those around it only say that there was an error.
fn cause(mut error: &dyn Error) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

/// Runs the reader. It is meant to be safe on any input; should it not be, the file is at fault and not the query.
fn guarded<T>(read: impl FnOnce() -> Result<T, EventLogError>) -> Result<T, EventLogError> {
    guard::guarded(read).unwrap_or_else(|panic| Err(panic.into()))
}

/// Why an event log, or a chunk of it, cannot be read.
#[derive(Debug, thiserror::Error)]
enum EventLogError {
    /// The file begins with other bytes than a log.
    #[error("it does not begin with ElfFile")]
    NotALog,
    /// The file has fewer bytes than a header: this many.
    #[error("it ends within its header, after {0} bytes")]
    CutHeader(u64),
    /// The reader of the log reports an error.
    #[error("{}", cause(.0))]
    Log(#[from] EvtxError),
    /// The reader of a chunk reports an error.
    #[error("{}", cause(.0))]
    Chunk(#[from] ChunkError),
    /// The reader panicked.
    #[error(transparent)]
    Panic(#[from] ReaderPanic),
}

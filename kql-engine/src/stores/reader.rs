//! An object as a file: bytes in order, with read-ahead. The parts are requests of their own, several at once.

use super::object::{HEAD, Object};
use super::problem::Problem;
use super::work::{self, Pending};
use bytes::Bytes;
use std::collections::VecDeque;
use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;

/// The size of a part that is read ahead.
const PART: u64 = 4 << 20;
/// The size of the first part after a jump: often only a few bytes are needed there.
const FIRST: u64 = HEAD;
/// The number of parts that are read ahead.
const AHEAD: usize = 3;

/// Reads an object. Dropping it ends its requests.
pub(crate) struct ObjectReader {
    object: Arc<Object>,
    at: u64,
    /// The part that contains the position, and its offset.
    part: (u64, Bytes),
    /// The parts after it.
    ahead: VecDeque<Ahead>,
    /// The size of the next request.
    step: u64,
    /// The end of the object.
    end: u64,
    /// Nothing after this is read ahead.
    needed: u64,
}

/// A part that was asked for: its offset and its size.
struct Ahead {
    from: u64,
    size: u64,
    bytes: Pending<Result<Bytes, Problem>>,
}

impl ObjectReader {
    /// Starts at an offset; about `length` bytes are needed, but all can be read.
    pub(crate) fn new(object: Arc<Object>, from: u64, length: u64) -> ObjectReader {
        let (end, needed) = (object.size(), from.saturating_add(length));
        ObjectReader { object, at: from, part: (0, Bytes::new()), ahead: VecDeque::new(), step: FIRST, end, needed }
    }

    /// The object that is read.
    pub(crate) fn object(&self) -> &Arc<Object> {
        &self.object
    }

    fn request(&mut self, from: u64) -> io::Result<()> {
        // not much more than what is needed
        let needed = self.needed.saturating_sub(from).max(FIRST);
        let size = if from == 0 { FIRST } else { self.step.min(needed) }.min(self.end.saturating_sub(from));
        let object = self.object.clone();
        let work = async move { if from == 0 { object.head().await } else { object.fetch(from..from + size).await } };
        let bytes = work::start(work)?;
        self.ahead.push_back(Ahead { from, size, bytes });
        self.step = (self.step * 4).min(PART);
        Ok(())
    }

    /// Gets the part that contains the position.
    fn advance(&mut self) -> io::Result<()> {
        let holds = |from: u64, size: u64, at: u64| from <= at && at < from + size;
        while self.ahead.front().is_some_and(|part| !holds(part.from, part.size, self.at)) {
            self.ahead.pop_front();
        }
        let jumped = self.ahead.is_empty();
        if jumped {
            let follows = self.at != 0 && self.at == self.part.0 + self.part.1.len() as u64;
            if !follows {
                self.step = FIRST;
            }
            // near the beginning, which may be at hand
            let from = if self.at < HEAD.min(self.end) { 0 } else { self.at };
            self.request(from)?;
        }
        // reading ahead begins with the second part in order
        let sequential = !jumped || self.step > FIRST * 4;
        while sequential
            && self.ahead.len() < AHEAD
            && let Some(next) = self.ahead.back().map(|part| part.from + part.size)
            && next < self.end.min(self.needed)
        {
            self.request(next)?;
        }
        let Some(Ahead { from, bytes, .. }) = self.ahead.pop_front() else { return Ok(()) };
        self.part = (from, bytes.wait()??);
        Ok(())
    }
}

impl Read for ObjectReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.end || buffer.is_empty() {
            return Ok(0);
        }
        let inside = |(from, bytes): &(u64, Bytes), at: u64| *from <= at && at < from + bytes.len() as u64;
        if !inside(&self.part, self.at) {
            self.advance()?;
        }
        let offset = usize::try_from(self.at.saturating_sub(self.part.0)).unwrap_or(usize::MAX);
        let rest = self.part.1.get(offset..).unwrap_or_default();
        let most = rest.len().min(buffer.len());
        let (Some(from), Some(to)) = (rest.get(..most), buffer.get_mut(..most)) else { return Ok(0) };
        if most == 0 {
            return Err(io::Error::other("the store sent fewer bytes than the object has"));
        }
        to.copy_from_slice(from);
        self.at += most as u64;
        Ok(most)
    }
}

impl Seek for ObjectReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(offset) => self.object.size().checked_add_signed(offset),
            SeekFrom::Current(offset) => self.at.checked_add_signed(offset),
        };
        self.at =
            at.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the position is before the beginning"))?;
        Ok(self.at)
    }
}

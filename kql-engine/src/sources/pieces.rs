//! Text files in pieces that are read on their own, on all processors.
//!
//! What a query can name has to be known before it is bound, and only all rows of a file tell it: which columns no
//! schema declares, their types, whether days or months come first in dates. Reading a large file for that alone would
//! double the time of a query. So of a large file only samples are read first ([`Pieces::sample`]); whoever scans a
//! piece surveys it in passing, and when the query has run, the pieces that nobody scanned are surveyed too
//! ([`Pieces::complete`]). Where the whole says otherwise than the samples did, the query runs anew.

use super::csv::{CsvLayout, PieceReader};
use super::input::{DataFile, line_parts};
use super::lines::LineReader;
use super::sink::{Mapping, RowReader, Sink};
use super::survey::{Declared, Survey};
use super::{OpenOptions, SourceError};
use crate::engine::run_error;
use datafusion::common::DataFusionError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

/// Line numbers of a piece before which there is an unknown number of lines have this bit, the piece, and the line in it.
const UNKNOWN: u64 = 1 << 63;
const LINE_BITS: u32 = 40;

/// A text file in pieces.
#[derive(Debug)]
pub(super) struct Pieces {
    pub file: Arc<DataFile>,
    pub declared: Declared,
    pub text: Text,
    /// Where each piece begins, and its length; the last one may have `u64::MAX`.
    bounds: Vec<(u64, u64)>,
    surveys: Vec<OnceLock<Survey>>,
    /// Lines before the first piece.
    head: u64,
}

/// How the rows of a text file are written.
#[derive(Debug)]
pub(super) enum Text {
    /// An object a line.
    Lines,
    Csv(CsvLayout),
}

impl Pieces {
    /// Of NDJSON from an offset on.
    pub(super) fn lines(
        file: &Arc<DataFile>,
        from: u64,
        declared: &Declared,
        options: &OpenOptions,
    ) -> Result<Pieces, SourceError> {
        Ok(Pieces::new(file, declared, Text::Lines, line_parts(file, from, options.piece)?, 0))
    }

    /// Of CSV; where its rows begin is found by looking around the places where pieces would end.
    pub(super) fn csv(
        file: &Arc<DataFile>,
        mark: u64,
        declared: &Declared,
        options: &OpenOptions,
    ) -> Result<Pieces, SourceError> {
        let layout = CsvLayout::read(file, mark)?;
        let bounds = layout.cut(file, options.piece)?;
        let head = layout.head_lines;
        Ok(Pieces::new(file, declared, Text::Csv(layout), bounds, head))
    }

    fn new(file: &Arc<DataFile>, declared: &Declared, text: Text, bounds: Vec<(u64, u64)>, head: u64) -> Pieces {
        let surveys = bounds.iter().map(|_| OnceLock::new()).collect();
        Pieces { file: file.clone(), declared: declared.clone(), text, bounds, surveys, head }
    }

    /// The same as one piece, which begins where rows begin for sure.
    pub(super) fn uncut(&self) -> Pieces {
        let from = self.bounds.first().map_or(0, |(from, _)| *from);
        let text = match &self.text {
            Text::Lines => Text::Lines,
            Text::Csv(layout) => Text::Csv(layout.clone()),
        };
        Pieces::new(&self.file, &self.declared, text, vec![(from, u64::MAX)], self.head)
    }

    pub(super) fn count(&self) -> usize {
        self.bounds.len()
    }

    /// Offset and length of a piece.
    pub(super) fn bounds(&self, piece: usize) -> (u64, u64) {
        self.bounds.get(piece).copied().unwrap_or_default()
    }

    /// How many bytes a piece has, roughly.
    pub(super) fn bytes(&self, piece: usize) -> u64 {
        match self.bounds(piece) {
            (from, u64::MAX) => self.file.length().unwrap_or(0).saturating_sub(from),
            (_, length) => length,
        }
    }

    pub(super) fn is_surveyed(&self, piece: usize) -> bool {
        self.surveys.get(piece).is_some_and(|s| s.get().is_some())
    }

    pub(super) fn is_complete(&self) -> bool {
        self.surveys.iter().all(|s| s.get().is_some())
    }

    /// Takes what a reader of the whole piece found; who comes first counts.
    pub(super) fn surveyed(&self, piece: usize, survey: Survey) {
        if let Some(place) = self.surveys.get(piece) {
            let _ = place.set(survey);
        }
    }

    /// The number of lines before a piece; a number that [`Pieces::line`] can tell later where it is not known yet.
    pub(super) fn lines_before(&self, piece: usize) -> u64 {
        match self.known_lines_before(piece) {
            Some(lines) => lines,
            None => UNKNOWN | (piece as u64) << LINE_BITS,
        }
    }

    fn known_lines_before(&self, piece: usize) -> Option<u64> {
        let before = self.surveys.get(..piece)?;
        before.iter().try_fold(self.head, |lines, s| Some(lines + s.get()?.lines))
    }

    /// The line of a place, once all is surveyed.
    pub(super) fn line(&self, line: u64) -> u64 {
        if line & UNKNOWN == 0 {
            return line;
        }
        let piece = (line & !UNKNOWN) >> LINE_BITS;
        let within = line & ((1 << LINE_BITS) - 1);
        within + self.known_lines_before(piece as usize).unwrap_or(0)
    }

    /// What the beginnings of some pieces hold. Damaged rows are not counted.
    pub(super) fn sample(&self, bytes: u64) -> Result<Survey, SourceError> {
        let step = self.count().div_ceil(SAMPLES).max(1);
        let mut all = Survey::default();
        for piece in (0..self.count()).step_by(step) {
            if let Some(survey) = self.surveys.get(piece).and_then(OnceLock::get) {
                all.append(survey.clone());
                continue;
            }
            let (from, length) = self.bounds(piece);
            let only =
                Pieces { bounds: vec![(from, length.min(bytes))], surveys: vec![OnceLock::new()], ..self.uncut() };
            let only = Arc::new(only);
            only.survey(0)?;
            if let Some(survey) = only.surveys.first().and_then(OnceLock::get) {
                // the last row is cut off
                all.append(Survey { refused: 0, places: Vec::new(), ..survey.clone() });
            }
        }
        if let Text::Csv(layout) = &self.text
            && all.names.is_empty()
        {
            all.names = layout.header.iter().map(|name| (name.clone(), Default::default())).collect();
        }
        Ok(all)
    }

    /// Surveys the pieces that were not yet, on all processors.
    pub(super) fn complete(self: &Arc<Self>) -> Result<(), SourceError> {
        let open: Vec<usize> = (0..self.count()).filter(|i| !self.is_surveyed(*i)).collect();
        let next = AtomicUsize::new(0);
        let failed = OnceLock::new();
        let work = || {
            while let Some(piece) = open.get(next.fetch_add(1, Ordering::Relaxed)) {
                if let Err(error) = self.survey(*piece) {
                    let _ = failed.set(error);
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, usize::from).min(open.len());
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(work);
            }
            work();
        });
        failed.into_inner().map_or(Ok(()), Err)
    }

    fn survey(self: &Arc<Self>, piece: usize) -> Result<(), SourceError> {
        let mut reader = self.open(piece, Arc::default())?;
        let mut sink = Sink::counting();
        while reader.fill(&mut sink).map_err(|e| self.failure(e))? {
            sink = Sink::counting();
        }
        Ok(())
    }

    pub(super) fn failure(&self, error: DataFusionError) -> SourceError {
        match run_error(error) {
            crate::engine::Error::Data(error) => error,
            other => self.file.unreadable(other),
        }
    }

    /// All of the file, or none where the pieces do not begin where rows begin.
    pub(super) fn whole(&self) -> Option<Survey> {
        let mut all = Survey { lines: self.head, ..Survey::default() };
        let mut end = self.bounds(0).0;
        for (survey, (from, _)) in self.surveys.iter().zip(&self.bounds) {
            if *from != end {
                return None;
            }
            all.append(survey.get()?.clone());
            end = all.end;
        }
        Some(all)
    }

    /// Opens a piece for reading.
    pub(super) fn open(
        self: &Arc<Self>,
        piece: usize,
        mapping: Arc<Mapping>,
    ) -> Result<Box<dyn RowReader>, SourceError> {
        Ok(match &self.text {
            Text::Lines => Box::new(LineReader::open(self.clone(), piece, mapping)?),
            Text::Csv(_) => Box::new(PieceReader::open(self.clone(), piece, mapping)?),
        })
    }
}

/// So many pieces are sampled.
const SAMPLES: usize = 16;
